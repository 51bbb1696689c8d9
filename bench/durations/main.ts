import { parseArgs } from 'node:util';
import { RELAY_TARGETS } from '../../test/lab/harness/case.js';
import { Lab } from '../../test/lab/harness/lab.js';
import { RELAY_NAMES, RelayCa } from '../../test/lab/harness/relays.js';
import { Reporter, type ReportOptions } from '../../test/lab/harness/reporter.js';
import { machine } from '../support/machine.js';
import { officialMs } from '../support/official.js';
import { median, quantile } from '../support/statistics.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

const USAGE = `node bench/run.js durations [--runs 10] [--only TEXT] [--json]

How long a whole report takes, ours and that of the official client (\`net_diagnostics\`), in the same network, one after the other
in turns. Needs root, the lab's programs and cargo (see test/lab/README.md).
  --runs  of each in each network
  --only  networks whose name contains this`;

/** Reports of one process whose first and last are compared. */
const WARM_RUNS = 10;

interface Result {
  name: string;
  /** First report of a fresh process. */
  cold: number[];
  /** Of a fresh process, until its colour is final. */
  colour: number[];
  /** Tenth report of a process. */
  warm: number[];
  official: number[];
  bar: number | null;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '10' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const ca = new RelayCa();
  const reporter = await Reporter.build();
  const results: Result[] = [];
  try {
    for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.only))) {
      process.stderr.write(`${scenario.name} …\n`);
      results.push(await measure(scenario, Number(values.runs), ca, reporter));
    }
  } finally {
    await reporter.remove();
    ca.remove();
  }
  console.log(values.json ? JSON.stringify({ machine: machine(), results }) : table(results));
}

async function measure(
  { name, topology, services, bar }: Scenario,
  runs: number,
  ca: RelayCa,
  reporter: Reporter,
): Promise<Result> {
  const lab = await Lab.start({ names: RELAY_NAMES, ...topology });
  try {
    for (const service of services) await service.start(lab, ca);
    const ours: ReportOptions = {
      relays: RELAY_TARGETS,
      probes: ['route', 'qad', 'https', 'relay', 'captive-portal', 'pcp', 'nat-pmp', 'upnp'],
      ca: [ca.pem],
      timesColour: true,
    };
    const theirs = { relays: RELAY_TARGETS, caFile: ca.file };
    const result: Result = { name, cold: [], colour: [], warm: [], official: [], bar };
    for (let run = 0; run < runs; run += 1) {
      const [first] = await reporter.reports(lab, 'cli', ours, 1);
      result.cold.push(first?.ms ?? Number.NaN);
      result.colour.push(first?.colourMs ?? Number.NaN);
      result.official.push(await officialMs(lab, theirs));
    }
    // The tenth of a process, where that does not take half a minute.
    if (median(result.cold) < 2000) {
      const warm = Math.min(runs, WARM_RUNS);
      for (let run = 0; run < warm; run += 1) {
        const reports = await reporter.reports(lab, 'cli', ours, WARM_RUNS);
        result.warm.push(reports.at(-1)?.ms ?? Number.NaN);
      }
    }
    return result;
  } finally {
    await lab.close();
  }
}

function table(results: readonly Result[]): string {
  return [
    machine(),
    '',
    '| network | ours, first of a process | its colour | ours, tenth | official | official ÷ ours | bar |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...results.map(({ name, cold, colour, warm, official, bar }) => {
      const ratio = (median(official) / median(cold)).toFixed(1);
      const verdict = bar === null ? '' : `${bar} ${median(cold) <= bar ? 'met' : 'MISSED'}`;
      return `| ${name} | ${spread(cold)} | ${spread(colour)} | ${spread(warm)} | ${spread(official)} | ${ratio} | ${verdict} |`;
    }),
  ].join('\n');
}

/** Median with the lowest and the highest. */
function spread(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const [low, middle, high] = [0, 0.5, 1].map((p) => quantile(values, p).toFixed(0));
  return `${middle} (${low}–${high})`;
}
