import { parseArgs } from 'node:util';
import { agrees as agreesWithPair, officialSaysDirect } from '../../test/lab/harness/agreement.js';
import type { Case, Truth } from '../../test/lab/harness/case.js';
import { expectTruth, inLab, MEASURED, pairOf, RELAY_TARGETS } from '../../test/lab/harness/case.js';
import { officialReport } from '../../test/lab/harness/official.js';
import type { PairResult } from '../../test/lab/harness/pair.js';
import { Places } from '../../test/lab/harness/places.js';
import { RelayCa } from '../../test/lab/harness/relays.js';
import { Reporter } from '../../test/lab/harness/reporter.js';
import { CHAPTERS } from '../../test/lab/topologies/index.js';
import { machine } from '../support/machine.js';
import { officialMs } from '../support/official.js';

const USAGE = `node bench/run.js topologies [--only TEXT] [--at-once 6]

Every network of the lab once: what is true in it, what a pair of real endpoints does there, what our report and the official
one say, how long ours takes until its colour is final and until it is whole, and how long the official client's
\`net_diagnostics\` takes; then how many agree with the pair. Needs root, the lab's programs and cargo (see test/lab/README.md).
  --only     networks whose name contains this
  --at-once  networks that stand beside each other; two of them measure at a time`;

/** One network: the official client is not asked where there is no relay, since it knows nothing else to ask. */
interface Row {
  name: string;
  truth: string;
  verdict: string;
  agrees: boolean;
  pair: PairResult;
  /** Whether our colour says what the pair does. */
  oursAgrees: boolean;
  /** Why one side alone cannot know; null: it can. */
  exception: string | null;
  /** Whether the official net report says "direct"; null: it is not asked. */
  officialDirect: boolean | null;
  /** Milliseconds until the colour was final. */
  colour: number;
  /** Milliseconds until the report was whole. */
  ours: number;
  official: number | null;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: '' },
      'at-once': { type: 'string', default: '6' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const ca = new RelayCa();
  const reporter = await Reporter.build();
  const cases = CHAPTERS.flatMap((chapter) => chapter.cases).filter(({ name }) => name.includes(values.only));
  const places = new Places(Number(values['at-once']));
  const tools = { ca, reporter };
  let rows: Row[];
  try {
    rows = await Promise.all(cases.map((each) => places.one(() => measure(each, tools))));
  } finally {
    await reporter.remove();
    ca.remove();
  }
  console.log([machine(), '', ...table(rows), '', ...totals(rows)].join('\n'));
}

function measure(wanted: Case, tools: { ca: RelayCa; reporter: Reporter }): Promise<Row> {
  process.stderr.write(`${wanted.name} …\n`);
  const timed = { ...wanted, report: { ...wanted.report, timesColour: true } };
  return inLab(timed, tools, async (result, lab, running) => {
    const relays = wanted.report?.relays ?? RELAY_TARGETS;
    const asked = { relays, caFile: tools.ca.file };
    const official = relays.length === 0 ? null : await MEASURED.one(() => officialMs(lab, asked));
    const net = official === null ? null : await officialReport(lab, wanted, tools.ca);
    const pair = await pairOf(wanted, running);
    const { natType } = result.report.verdict;
    return {
      name: wanted.name,
      truth: told(wanted.truth),
      verdict: `${result.report.summary.colour}, ${natType.value}`,
      agrees: agrees(wanted, result),
      pair,
      oursAgrees: agreesWithPair(result.report.summary.colour, pair.outcome),
      exception: wanted.oneSideCannotKnow?.reason ?? null,
      officialDirect: official === null ? null : officialSaysDirect(net),
      colour: result.colourMs ?? result.ms,
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
    '| network | truth | pair | pair ms | verdict | as in truth | as the pair | official | as the pair | colour ms | whole ms | official ms |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${cells(row).join(' | ')} |`),
  ];
}

function cells(row: Row): string[] {
  const { pair, officialDirect } = row;
  const isSo = (holds: boolean) => (holds ? 'yes' : 'NO');
  return [
    row.name,
    row.truth,
    pair.family === undefined ? pair.outcome : `${pair.outcome}, IPv${pair.family}`,
    pair.ms?.toFixed(0) ?? '–',
    row.verdict,
    isSo(row.agrees),
    row.oursAgrees ? 'yes' : (row.exception ?? 'NO'),
    officialDirect === null ? '–' : officialDirect ? 'direct' : 'not direct',
    officialDirect === null ? '–' : isSo(officialAgrees(row)),
    row.colour.toFixed(0),
    row.ours.toFixed(0),
    row.official?.toFixed(0) ?? '–',
  ];
}

/** It knows two words of this: direct, or not. */
function officialAgrees({ officialDirect, pair }: Row): boolean {
  return officialDirect === (pair.outcome === 'direct');
}

function totals(rows: readonly Row[]): string[] {
  const asked = rows.filter(({ officialDirect }) => officialDirect !== null);
  const ours = rows.filter(({ oursAgrees }) => oursAgrees);
  const late = asked.filter(({ colour, official }) => colour > (official ?? colour));
  return [
    `Ours agrees with the pair in ${ours.length} of ${rows.length} networks, and in ${share(asked, (row) => row.oursAgrees)} of those`,
    `where the official report can be asked; the official report in ${share(asked, officialAgrees)}.`,
    'The official report is taken to say "direct" where UDP works in a family and its mapping is not known to vary.',
    ...rows.flatMap(({ name, oursAgrees, exception }) =>
      oursAgrees ? [] : [`- ${name}: ${exception ?? 'NO REASON'}`],
    ),
    '',
    `The colour is final no later than the official report is done in ${asked.length - late.length} of ${asked.length}; it is not in`,
    ...late.map(
      ({ name, colour, official }) =>
        `- ${name}: ${colour.toFixed(0)} ms, official ${official?.toFixed(0)} ms`,
    ),
  ];
}

function share(rows: readonly Row[], holds: (row: Row) => boolean): string {
  return `${rows.filter(holds).length} of ${rows.length}`;
}
