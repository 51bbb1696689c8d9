import { parseArgs } from 'node:util';
import { agrees as agreesWithPair, officialSaysDirect } from '../../test/lab/harness/agreement.js';
import type { Case, Truth } from '../../test/lab/harness/case.js';
import {
  expectTruth,
  inLab,
  isByChance,
  MEASURED,
  pairOf,
  RELAY_TARGETS,
} from '../../test/lab/harness/case.js';
import { hasFarEnd } from '../../test/lab/harness/far-end.js';
import { officialReport } from '../../test/lab/harness/official.js';
import { CHANCE_TRIES, type PairResult } from '../../test/lab/harness/pair.js';
import { agreesWithTries, PeerTrial, type Tried } from '../../test/lab/harness/peer-trial.js';
import { Places } from '../../test/lab/harness/places.js';
import { RelayCa } from '../../test/lab/harness/relays.js';
import { Reporter } from '../../test/lab/harness/reporter.js';
import { Witness, type Witnessed } from '../../test/lab/harness/witness.js';
import type { WitnessSaid } from '../../test/lab/harness/witness-here.js';
import { CHAPTERS } from '../../test/lab/topologies/index.js';
import { machine } from '../support/machine.js';
import { officialMs } from '../support/official.js';

const USAGE = `node bench/run.js topologies [--only TEXT]… [--at-once 6] [--platform] [--peer]

Every network of the lab once: what is true in it, what a pair of real endpoints does there, what our report and the official
one say, how long ours takes until its colour is final and until it is whole, and how long the official client's
\`net_diagnostics\` takes; then how many agree with the pair. Needs root, the lab's programs and cargo (see test/lab/README.md).
  --only     networks whose name contains this, or one of these
  --at-once  networks that stand beside each other; two of them measure at a time
  --platform beside it, what a platform on the Internet says that has dialled an app in the network back
  --peer     beside it, what a report says that tries a peer behind an ordinary router`;

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
  /** The report that tries a peer; null: nobody wanted it. */
  tried: Tried | null;
  /** Whether its colour says what the pair does, or did once where chance has a say. */
  triedAgrees: boolean;
  /** Why it does not; null: it does. */
  triedException: string | null;
}

/** What all networks are measured with. */
interface Tools {
  ca: RelayCa;
  reporter: Reporter;
  /** null: no platform is asked. */
  witness: Witness | null;
  /** null: no peer is tried. */
  trial: PeerTrial | null;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [''] },
      'at-once': { type: 'string', default: '6' },
      platform: { type: 'boolean', default: false },
      peer: { type: 'boolean', default: false },
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
  const trial = values.peer ? await PeerTrial.build(ca, reporter) : null;
  const cases = CHAPTERS.flatMap((chapter) => chapter.cases).filter(({ name }) =>
    values.only.some((text) => name.includes(text)),
  );
  const places = new Places(Number(values['at-once']));
  const tools = { ca, reporter, witness, trial };
  let rows: Row[];
  try {
    rows = await Promise.all(cases.map((each) => places.one(() => toldOf(each, tools))));
  } finally {
    await Promise.all([reporter.remove(), witness?.remove(), trial?.remove()]);
    ca.remove();
  }
  const parts = [
    [machine()],
    table(rows, columnsOf(tools)),
    totals(rows),
    platformTotals(rows),
    peerTotals(rows),
  ];
  console.log(
    parts
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n'),
  );
}

/** Each row as soon as it is there, so that a run that is broken off was not for nothing. */
async function toldOf(wanted: Case, tools: Tools): Promise<Row> {
  const row = await measure(wanted, tools);
  process.stderr.write(`${line(columnsOf(tools).map(([, cell]) => cell(row)))}\n`);
  return row;
}

function measure(wanted: Case, tools: Tools): Promise<Row> {
  const timed = {
    ...wanted,
    report: { ...wanted.report, timesColour: true },
    ...(tools.trial !== null && isByChance(wanted) && { mostTries: CHANCE_TRIES }),
  };
  return inLab(timed, tools, async (result, lab, running) => {
    const relays = wanted.report?.relays ?? RELAY_TARGETS;
    const asked = { relays, caFile: tools.ca.file };
    const official = relays.length === 0 ? null : await MEASURED.one(() => officialMs(lab, asked));
    const net = official === null ? null : await officialReport(lab, wanted, tools.ca);
    const pair = await pairOf(wanted, running);
    const { witness } = tools;
    const isAsked = witness !== null && relays.length > 0 && hasFarEnd(wanted.topology);
    const platform = isAsked ? await witness.ask(lab, wanted, { reports: true }) : null;
    const { trial } = tools;
    const tried = trial === null ? null : await trial.report(lab, wanted);
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
      tried,
      triedAgrees: tried !== null && agreesWithTries(tried.report, pair, isByChance(wanted)),
      triedException: wanted.peerCannotKnow ?? byChance(wanted),
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

/** A column: its title, and what stands in it. */
type Column = readonly [title: string, cell: (row: Row) => string];

const isSo = (holds: boolean) => (holds ? 'yes' : 'NO');

const COLUMNS: readonly Column[] = [
  ['network', ({ name }) => name],
  ['truth', ({ truth }) => truth],
  ['pair', ({ pair }) => (pair.family === undefined ? pair.outcome : `${pair.outcome}, IPv${pair.family}`)],
  ['pair ms', ({ pair }) => pair.ms?.toFixed(0) ?? '–'],
  ['verdict', ({ verdict }) => verdict],
  ['as in truth', ({ agrees: holds }) => isSo(holds)],
  ['as the pair', ({ oursAgrees, exception }) => (oursAgrees ? 'yes' : (exception ?? 'NO'))],
  [
    'official',
    ({ officialDirect }) => (officialDirect === null ? '–' : officialDirect ? 'direct' : 'not direct'),
  ],
  ['as the pair', (row) => (row.officialDirect === null ? '–' : isSo(officialAgrees(row)))],
  ['colour ms', ({ colour }) => colour.toFixed(0)],
  ['whole ms', ({ ours }) => ours.toFixed(0)],
  ['official ms', ({ official }) => official?.toFixed(0) ?? '–'],
];

const PLATFORM_COLUMNS: readonly Column[] = [
  ['platform', ({ platform }) => (platform === null ? '–' : opinion(platform.said))],
  [
    'as the pair',
    (row) => (row.platform === null ? '–' : platformAgrees(row) ? 'yes' : (row.platformException ?? 'NO')),
  ],
  ['in a session, colour ms', ({ platform }) => platform?.own?.colourMs.toFixed(0) ?? '–'],
  ['its colour', ({ platform }) => platform?.own?.colour ?? '–'],
];

const PEER_COLUMNS: readonly Column[] = [
  ['with a peer', ({ tried }) => (tried === null ? '–' : trialTold(tried))],
  [
    'as the pair',
    ({ tried, triedAgrees, triedException }) =>
      tried === null ? '–' : triedAgrees ? 'yes' : (triedException ?? 'NO'),
  ],
  ['colour ms', ({ tried }) => (tried === null ? '–' : (tried.colourMs ?? tried.ms).toFixed(0))],
];

function columnsOf({ witness, trial }: Tools): readonly Column[] {
  return [...COLUMNS, ...(witness === null ? [] : PLATFORM_COLUMNS), ...(trial === null ? [] : PEER_COLUMNS)];
}

function table(rows: readonly Row[], columns: readonly Column[]): string[] {
  const titles = columns.map(([title]) => title);
  return [
    line(titles),
    line(titles.map(() => '---')),
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ];
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
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

/** The colour of a report that tried a peer, and what it saw of it. */
function trialTold({ report, peer }: Tried): string {
  const [seen] = report.probes.flatMap(({ observation }) => observation?.peers ?? []);
  const what = seen?.reached ?? (peer === null ? 'nobody to try' : 'not tried');
  return `${report.summary.colour}; peer: ${what}`;
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

function peerTotals(rows: readonly Row[]): string[] {
  const asked = rows.filter(({ tried }) => tried !== null);
  if (asked.length === 0) return [];
  const told = ({ name, tried, pair }: Row) =>
    `${name}: ${tried === null ? '' : `${trialTold(tried)} ("${tried.report.summary.sentence}")`}, pair ${outcomes(pair)}`;
  const hollow = asked.filter(
    (row) =>
      row.tried?.report.summary.colour === 'green' &&
      row.pair.tries.every(({ outcome }) => outcome !== 'direct'),
  );
  return [
    `With a peer, ours agrees with the pair in ${share(asked, ({ triedAgrees }) => triedAgrees)} networks;`,
    'where the pair does now the one, now the other, with one of its tries;',
    `with the most of its tries in ${share(asked, agreesWithMost)}, and without a peer in ${share(asked, ({ oursAgrees }) => oursAgrees)}.`,
    `Green without a direct pair: ${hollow.length}.`,
    ...asked.flatMap((row) =>
      row.triedAgrees ? [] : [`- ${told(row)}: ${row.triedException ?? 'NO REASON'}`],
    ),
    ...hollow.map((row) => `- ${told(row)}: HOLLOW`),
  ];
}

function agreesWithMost({ tried, pair }: Row): boolean {
  return tried !== null && agreesWithPair(tried.report.summary.colour, pair.outcome);
}

function outcomes({ tries }: PairResult): string {
  return tries.map(({ outcome }) => outcome).join(', ');
}

function share(rows: readonly Row[], holds: (row: Row) => boolean): string {
  return `${rows.filter(holds).length} of ${rows.length}`;
}
