import type { SharesInUse } from 'iroh-net-diagnostics/services';
import type { EndpointCount } from '../store/endpoint-counts.js';
import type { PlatformCounts } from '../store/platform-counts.js';
import type { WriteFigures } from '../store/write-queue.js';
import { shownProjects, summed } from './fleet-figures.js';
import type { Instruments } from './instruments.js';
import type { Beat } from './pulse.js';

/** Where the figures come from that are read when somebody asks. */
export interface Sources {
  /** Of the processes' limits: sessions, runs. */
  limits: { sessions: number; runs: number };
  inUse(): SharesInUse;
  /** Identities that this process holds. */
  held(): number;
  streams(): number;
  writes: WriteFigures;
  beat(): Promise<Beat>;
  /** Rejects when the database does not say. */
  counts(): Promise<PlatformCounts>;
  /** `null`: the fleet is not shown. Rejects when the database does not say. */
  endpoints: (() => Promise<EndpointCount[]>) | null;
  /** When the certificate of the dashboard's TLS ends, in unix milliseconds; `null`: it has none. */
  certificateEndsAt(): number | null;
}

/** Shows what is read when somebody asks. To be called once. */
export function showReadings(make: Instruments, sources: Sources): void {
  const { limits, inUse, writes } = sources;
  make.reading('sessions', 'Sessions of endpoints now.', () => inUse().sessions);
  make.reading('sessions_limit', 'Sessions that this process takes.', () => limits.sessions);
  make.reading('strangers', 'Connections without a token yet.', () => inUse().strangers);
  make.reading('session_requests_open', 'Requests that have not arrived whole.', () => inUse().openRequests);
  make.reading('runs_active', 'Runs that this process carries out.', () => inUse().runs);
  make.reading('runs_limit', 'Runs that it carries out at once.', () => limits.runs);
  make.reading('identities_held', 'Identities that this process holds.', sources.held);
  make.reading('http_streams', 'Live streams of browsers and programs.', sources.streams);
  make.reading('store_writes_waiting', 'Writes that are not on disk yet.', () => writes.waiting);
  make.readingTotals('store_transactions_total', 'Transactions of the store, by what came of them.', () => [
    ['done', writes.transactions.done],
    ['failed', writes.transactions.failed],
  ]);
  readDatabase(make, sources);
  if (sources.endpoints !== null) readFleet(make, sources.endpoints);
  const { certificateEndsAt } = sources;
  make.lines(
    'tls_certificate_expiry_timestamp_seconds',
    'When the certificate of the pages ends.',
    [],
    () => {
      const at = certificateEndsAt();
      return at === null ? [] : [[{}, at / 1000]];
    },
  );
}

function readDatabase(make: Instruments, { beat, counts }: Sources): void {
  make.lines('database_up', 'Whether the database answered just now: 1 or 0.', [], async () => [
    [{}, (await beat()).isAnswered ? 1 : 0],
  ]);
  make.lines('database_response_seconds', 'How long it took to answer.', [], async () => [
    [{}, (await beat()).durationMs / 1000],
  ]);
  const each = [
    ['identities', 'Identities of the platform, in whosever hands.', 'identities'],
    ['identities_taken', 'Those that a process holds.', 'held'],
    ['runs_queued', 'Runs of all processes that wait to be begun.', 'queuedRuns'],
  ] as const;
  for (const [name, help, key] of each) make.lines(name, help, [], async () => [[{}, (await counts())[key]]]);
}

function readFleet(make: Instruments, endpoints: () => Promise<EndpointCount[]>): void {
  const by = (label: string, name: string, help: string, wordOf: (one: EndpointCount) => string) => {
    make.lines(name, help, ['project', label], async () => {
      const counts = await endpoints();
      const shown = shownProjects(counts);
      const sums = summed(counts, (one) => [shown(one.project), wordOf(one)]);
      return sums.map(({ project, value, count }) => [{ project, [label]: value }, count]);
    });
  };
  by('state', 'fleet_endpoints', 'Endpoints that are known.', ({ isOnline }) =>
    isOnline ? 'online' : 'offline',
  );
  by(
    'colour',
    'fleet_endpoints_by_colour',
    'Endpoints by the colour of their newest report.',
    (one) => one.level,
  );
  by(
    'button',
    'fleet_endpoints_by_button',
    'Endpoints by whether they let themselves be dialled back.',
    (one) => (one.canDialBack ? 'granted' : 'none'),
  );
}
