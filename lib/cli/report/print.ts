import { type LocalReport, redactReport, renderText } from '../../report/index.js';
import type { Shell } from '../shell.js';
import { wrap } from '../wrap.js';
import { changesOf } from './changes.js';

/** How reports are printed. */
export interface PrintOptions {
  json: boolean;
  redact: boolean;
  /** One JSON document a line. */
  compact: boolean;
}

/** Prints a report. As text, a report that follows another shows only what has changed. */
export function printReport(
  local: LocalReport,
  previous: LocalReport | null,
  options: PrintOptions,
  shell: Shell,
): void {
  const shown = options.redact ? redactReport(local) : local;
  if (options.json) {
    shell.out(`${options.compact ? JSON.stringify(shown) : JSON.stringify(shown, null, 2)}\n`);
  } else if (previous === null) {
    shell.out(wrap(renderText(shown, { colour: shell.hasColour }), shell.columns));
  } else shell.out(wrap(news(local, previous, options.redact), shell.columns));
}

function news(local: LocalReport, previous: LocalReport, redact: boolean): string {
  const { colour, sentence } = (redact ? redactReport(local) : local).summary;
  const changes = changesOf(previous, local);
  const headline = `\n${local.startedAt}  ${colour.toUpperCase()}: ${sentence}\n`;
  if (changes.length === 0) return `${headline}  nothing changed\n`;
  // The tokens of two redacted reports cannot be compared, so only the names of changes are printed.
  const lines = redact
    ? changes.map(({ name }) => `  * ${URL.canParse(name) ? 'a relay' : name}: changed\n`)
    : changes.map(({ name, before, after }) => `  * ${name}: ${before} -> ${after}\n`);
  return headline + lines.join('');
}
