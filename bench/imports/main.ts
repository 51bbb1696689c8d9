import { parseArgs } from 'node:util';
import { Platform } from '../../lib/platform/index.js';
import { assertBuilt, inFreshProcess, onLoopback } from '../support/built.js';
import { machine } from '../support/machine.js';
import { median, quantile } from '../support/statistics.js';
import {
  BARE,
  CASES,
  type Case,
  ENDPOINT_SCRIPT,
  type EndpointSample,
  type Sample,
  script,
} from './cases.js';

const USAGE = `node bench/run.js imports [--runs 21]

What each entry of the built package costs to import, in milliseconds and in memory, beside Node alone and beside the frameworks;
and the memory of a process whose endpoint is in a session with a platform on this machine.
  --runs  of each, every one in a fresh process, in turns`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { runs: { type: 'string', default: '21' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  assertBuilt();
  const samples = new Map<Case, Sample[]>(CASES.map((each) => [each, []]));
  const endpoints: EndpointSample[] = [];
  const platform = await Platform.start({ dataDir: ':memory:', dashboard: false });
  try {
    const env = onLoopback(await platform.createApiSecret('bench'));
    for (let run = 0; run < Number(values.runs); run++) {
      process.stderr.write(`${run + 1} of ${values.runs}\r`);
      for (const [each, taken] of samples) taken.push(await inFreshProcess(script(each)));
      const endpoint = await inFreshProcess<EndpointSample>(ENDPOINT_SCRIPT, env);
      if (endpoint.state !== 'online') throw new Error(`the endpoint did not get online: ${endpoint.state}`);
      endpoints.push(endpoint);
    }
  } finally {
    await platform.stop();
  }
  const bare = median((samples.get(BARE) ?? []).map(({ rss }) => rss));
  const rows = [...samples].map(([each, taken]) => row(each, taken, before(each, samples)));
  console.log(
    [
      `${machine()}; ${values.runs} runs. Medians, with quartiles in brackets.`,
      '',
      line('', 'import ms', 'MB above what was there'),
      line('---', '---', '---'),
      ...rows,
      '',
      line('', 'MB above Node alone'),
      line('---', '---'),
      line(
        'endpoint bound, session online',
        spread(
          endpoints.map(({ online }) => online - bare),
          megabytes,
        ),
      ),
      line(
        'after its first report',
        spread(
          endpoints.map(({ reported }) => reported - bare),
          megabytes,
        ),
      ),
    ].join('\n'),
  );
}

/** What a process weighs without what the case adds: its framework's, or bare Node's. */
function before(each: Case, samples: ReadonlyMap<Case, readonly Sample[]>): number {
  const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join();
  const base = CASES.find(({ first, timed }) => first.length === 0 && same(timed, each.first)) ?? BARE;
  return median((samples.get(base) ?? []).map(({ rss }) => rss));
}

function row(each: Case, taken: readonly Sample[], base: number): string {
  if (each === BARE) {
    const [lowest = 0, highest = 0] = [0.25, 0.75].map((p) =>
      quantile(
        taken.map(({ rss }) => rss),
        p,
      ),
    );
    return line(each.name, '', `(${megabytes(base)} in all, ${megabytes(lowest)}–${megabytes(highest)})`);
  }
  return line(
    each.name,
    spread(
      taken.map(({ ms }) => ms),
      (ms) => ms.toFixed(1),
    ),
    spread(
      taken.map(({ rss }) => rss - base),
      megabytes,
    ),
  );
}

function spread(values: readonly number[], show: (value: number) => string): string {
  const [low = 0, high = 0] = [0.25, 0.75].map((p) => quantile(values, p));
  return `${show(median(values))} (${show(low)}–${show(high)})`;
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

const line = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
