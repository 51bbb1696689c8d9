import { median, quantile } from '../support/statistics.js';
import { BARE, CASES, type Case, type EndpointSample, type Sample } from './cases.js';

type Imports = ReadonlyMap<Case, readonly Sample[]>;

/** Markdown: one line a case; its memory is what it adds to its framework's process, or to bare Node. */
export function importTable(imports: Imports): string {
  const rows = [...imports].map(([each, samples]) => {
    if (each === BARE) return line(each.name, '', '', `(${megabytes(rssOf(BARE, imports))} in all)`);
    const base = rssOf(whatWasThere(each), imports);
    return line(
      each.name,
      spread(
        samples.map(({ ms }) => ms),
        milliseconds,
      ),
      spread(
        samples.map(({ cpuMs }) => cpuMs),
        milliseconds,
      ),
      spread(
        samples.map(({ rss }) => rss - base),
        megabytes,
      ),
    );
  });
  return [line('', 'ms', 'ms of CPU', 'MB more'), line('---', '---', '---', '---'), ...rows].join('\n');
}

export function endpointTable(imports: Imports, endpoints: readonly EndpointSample[]): string {
  const bare = rssOf(BARE, imports);
  const row = (name: string, of: (sample: EndpointSample) => number) =>
    line(
      name,
      spread(
        endpoints.map((sample) => of(sample) - bare),
        megabytes,
      ),
    );
  return [
    line('', 'MB above Node alone'),
    line('---', '---'),
    row('endpoint bound, session online', ({ online }) => online),
    row('after its first report', ({ reported }) => reported),
  ].join('\n');
}

function whatWasThere({ first }: Case): Case {
  return CASES.find((other) => other.first.length === 0 && other.timed.join() === first.join()) ?? BARE;
}

function rssOf(each: Case, imports: Imports): number {
  return median((imports.get(each) ?? []).map(({ rss }) => rss));
}

function spread(values: readonly number[], show: (value: number) => string): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((p) => show(quantile(values, p)));
  return `${middle} (${low}–${high})`;
}

const milliseconds = (ms: number) => ms.toFixed(0);

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

const line = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
