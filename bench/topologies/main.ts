import { parseArgs } from 'node:util';
import type { Case, Truth } from '../../test/lab/harness/case.js';
import { expectTruth, inLab, RELAY_TARGETS } from '../../test/lab/harness/case.js';
import { RelayCa } from '../../test/lab/harness/relays.js';
import { Reporter } from '../../test/lab/harness/reporter.js';
import { CHAPTERS } from '../../test/lab/topologies/index.js';
import { machine } from '../support/machine.js';
import { officialMs } from '../support/official.js';

const USAGE = `node bench/run.js topologies [--only TEXT]

Every network of the lab once: what is true in it, what our report says, and how long ours and the official client's
\`net_diagnostics\` take there, one after the other. Needs root, the lab's programs and cargo (see test/lab/README.md).
  --only  networks whose name contains this`;

/** One network: the official client is not asked where there is no relay, since it knows nothing else to ask. */
interface Row {
  name: string;
  truth: string;
  verdict: string;
  agrees: boolean;
  ours: number;
  official: number | null;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { only: { type: 'string', default: '' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const ca = new RelayCa();
  const reporter = await Reporter.build();
  const cases = CHAPTERS.flatMap((chapter) => chapter.cases).filter(({ name }) => name.includes(values.only));
  const rows: Row[] = [];
  try {
    for (const each of cases) {
      process.stderr.write(`${each.name} …\n`);
      rows.push(await measure(each, { ca, reporter }));
    }
  } finally {
    await reporter.remove();
    ca.remove();
  }
  console.log([machine(), '', ...table(rows)].join('\n'));
}

function measure(wanted: Case, tools: { ca: RelayCa; reporter: Reporter }): Promise<Row> {
  return inLab(wanted, tools, async (result, lab) => {
    const relays = wanted.report?.relays ?? RELAY_TARGETS;
    const official = relays.length === 0 ? null : await officialMs(lab, { relays, caFile: tools.ca.file });
    const { natType } = result.report.verdict;
    return {
      name: wanted.name,
      truth: told(wanted.truth),
      verdict: `${result.report.summary.colour}, ${natType.value}`,
      agrees: agrees(wanted, result),
      ours: result.ms,
      official,
    };
  });
}

function agrees(...args: Parameters<typeof expectTruth>): boolean {
  try {
    expectTruth(...args);
    return true;
  } catch {
    return false;
  }
}

function told({ colour, natType, ipv4, ipv6, upstreamNat, captivePortal }: Truth): string {
  const families = Object.entries({ ipv4, ipv6 }).flatMap(([family, facts]) =>
    Object.entries(facts ?? {})
      // Addresses are in the declarations; here they would drown the rest.
      .filter(([name]) => name !== 'publicAddress')
      .map(([name, value]) => `${family} ${name}: ${value}`),
  );
  const beyond = [
    ...(upstreamNat === undefined ? [] : [`NAT beyond: ${upstreamNat}`]),
    ...(captivePortal === undefined ? [] : [`portal: ${captivePortal}`]),
  ];
  return [[colour, natType].filter(Boolean).join(', '), ...families, ...beyond].join('; ');
}

function table(rows: readonly Row[]): string[] {
  return [
    '| network | truth | verdict | as in truth | ours ms | official ms |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ name, truth, verdict, agrees, ours, official }) =>
        `| ${name} | ${truth} | ${verdict} | ${agrees ? 'yes' : 'NO'} | ${ours.toFixed(0)} | ${official?.toFixed(0) ?? '–'} |`,
    ),
  ];
}
