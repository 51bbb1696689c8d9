import { parseArgs } from 'node:util';
import { agrees as agreesWithPair, officialSaysDirect } from '../../test/lab/harness/agreement.js';
import type { Case, Truth } from '../../test/lab/harness/case.js';
import { expectTruth, inLab, MEASURED, pairOf, RELAY_TARGETS } from '../../test/lab/harness/case.js';
import { hasFarEnd } from '../../test/lab/harness/far-end.js';
import { officialReport } from '../../test/lab/harness/official.js';
import type { PairResult } from '../../test/lab/harness/pair.js';
import { Places } from '../../test/lab/harness/places.js';
import { RelayCa } from '../../test/lab/harness/relays.js';
import { Reporter } from '../../test/lab/harness/reporter.js';
import { Witness, type Witnessed } from '../../test/lab/harness/witness.js';
import type { WitnessSaid } from '../../test/lab/harness/witness-here.js';
import { CHAPTERS } from '../../test/lab/topologies/index.js';
import { machine } from '../support/machine.js';
import { officialMs } from '../support/official.js';

const USAGE = `node bench/run.js topologies [--only TEXT]… [--at-once 6] [--platform]

Every network of the lab once: what is true in it, what a pair of real endpoints does there, what our report and the official
one say, how long ours takes until its colour is final and until it is whole, and how long the official client's
\`net_diagnostics\` takes; then how many agree with the pair. Needs root, the lab's programs and cargo (see test/lab/README.md).
  --only     networks whose name contains this, or one of these
  --at-once  networks that stand beside each other; two of them measure at a time
  --platform beside it, what a platform on the Internet says that has dialled an app in the network back`;

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
  /** What a platform says; null: nobody asked it. */
  platform: Witnessed | null;
  /** Why it cannot know, or why the pair is now this and now that; null: it can. */
  platformException: string | null;
  /** Whether its declaration says that it cannot. */
  isExcused: boolean;
}

/** What all networks are measured with. */
interface Tools {
  ca: RelayCa;
  reporter: Reporter;
  /** null: no platform is asked. */
  witness: Witness | null;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [''] },
      'at-once': { type: 'string', default: '6' },
      platform: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const ca = new RelayCa();
  const reporter = await Reporter.build();
  const witness = values.platform ? await Witness.build(ca) : null;
  const cases = CHAPTERS.flatMap((chapter) => chapter.cases).filter(({ name }) =>
    values.only.some((text) => name.includes(text)),
  );
  const places = new Places(Number(values['at-once']));
  const tools = { ca, reporter, witness };
  let rows: Row[];
  try {
    rows = await Promise.all(cases.map((each) => places.one(() => toldOf(each, tools))));
  } finally {
    await Promise.all([reporter.remove(), witness?.remove()]);
    ca.remove();
  }
  console.log([machine(), '', ...table(rows), '', ...totals(rows), '', ...platformTotals(rows)].join('\n'));
}

/** Each row as soon as it is there, so that a run that is broken off was not for nothing. */
async function toldOf(wanted: Case, tools: Tools): Promise<Row> {
  const row = await measure(wanted, tools);
  process.stderr.write(`| ${cells(row).join(' | ')} |\n`);
  return row;
}

function measure(wanted: Case, tools: Tools): Promise<Row> {
  const timed = { ...wanted, report: { ...wanted.report, timesColour: true } };
  return inLab(timed, tools, async (result, lab, running) => {
    const relays = wanted.report?.relays ?? RELAY_TARGETS;
    const asked = { relays, caFile: tools.ca.file };
    const official = relays.length === 0 ? null : await MEASURED.one(() => officialMs(lab, asked));
    const net = official === null ? null : await officialReport(lab, wanted, tools.ca);
    const pair = await pairOf(wanted, running);
    const { witness } = tools;
    const isAsked = witness !== null && relays.length > 0 && hasFarEnd(wanted.topology);
    const platform = isAsked ? await witness.ask(lab, wanted, { reports: true }) : null;
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
      platform,
      platformException: wanted.platformCannotKnow ?? byChance(wanted),
      isExcused: wanted.platformCannotKnow !== undefined,
    };
  });
}

/** What the pair does here only chance knows: nobody can know it before. */
function byChance({ oneSideCannotKnow }: Case): string | null {
  return oneSideCannotKnow?.isByChance === true ? oneSideCannotKnow.reason : null;
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
    '| network | truth | pair | pair ms | verdict | as in truth | as the pair | official | as the pair | colour ms | whole ms | official ms | platform | as the pair | in a session, colour ms | its colour |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
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
    row.platform === null ? '–' : opinion(row.platform.said),
    row.platform === null ? '–' : platformAgrees(row) ? 'yes' : (row.platformException ?? 'NO'),
    row.platform?.own == null ? '–' : row.platform.own.colourMs.toFixed(0),
    row.platform?.own == null ? '–' : row.platform.own.colour,
  ];
}

/** The platform's level, its NAT type and by whom it is known, and what it saw. */
function opinion(said: WitnessSaid): string {
  if (said.state === 'failed') return `no report: ${said.why}`;
  if (said.state === 'offline') return said.state;
  const { level, natType, natTypeBy } = said.facts;
  const by = natTypeBy === 'platform' ? ' (by the platform)' : '';
  const alone = said.sighting?.relayPath === false ? ', no relay beside it' : '';
  return `${level}, ${natType}${by}; seen: ${said.sighting?.path ?? 'nothing'}${alone}`;
}

function platformAgrees({ platform, pair }: Row): boolean {
  if (platform === null || platform.said.state === 'failed') return false;
  const { said } = platform;
  return agreesWithPair(said.state === 'offline' ? said.state : said.facts.level, pair.outcome);
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

function platformTotals(rows: readonly Row[]): string[] {
  const asked = rows.filter(({ platform }) => platform !== null);
  if (asked.length === 0) return [];
  const idle = asked.filter((row) => platformAgrees(row) && row.isExcused);
  return [
    `The platform agrees with the pair in ${share(asked, platformAgrees)} networks with relays;`,
    `our report does in ${share(asked, ({ oursAgrees }) => oursAgrees)} of them, the official one in ${share(asked, officialAgrees)}.`,
    ...asked.flatMap((row) =>
      platformAgrees(row) || row.platform === null
        ? []
        : [
            `- ${row.name}: ${opinion(row.platform.said)}; pair ${row.pair.outcome}: ${row.platformException ?? 'NO REASON'}`,
          ],
    ),
    ...idle.map(({ name }) => `- ${name}: agrees, and is excused`),
  ];
}

function share(rows: readonly Row[], holds: (row: Row) => boolean): string {
  return `${rows.filter(holds).length} of ${rows.length}`;
}
