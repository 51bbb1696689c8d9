import type { Setting } from './setting.js';
import { SETTINGS } from './table.js';

/** The settings table as Markdown, for the README. */
export function settingsMarkdown(): string {
  const rows = Object.entries<Setting<unknown, unknown>>(SETTINGS).map(([option, setting]) => {
    const variable = setting.variable === null ? '–' : `\`${setting.variable}\``;
    return [`\`${option}\``, variable, setting.defaultText, setting.description];
  });
  return [['option', 'variable', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}
