import type { PlatformEvent, SharesInUse } from 'iroh-net-diagnostics/services';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LossReason } from '../identities/index.js';
import type { RunEnd } from '../runs/index.js';
import type { EndpointCount } from '../store/endpoint-counts.js';
import type { PlatformCounts } from '../store/platform-counts.js';
import type { Statement } from '../store/sql-database.js';
import type { WriteFigures } from '../store/write-queue.js';
import { PLATFORM_VERSION } from '../version.js';
import { shownProjects, summed } from './fleet-figures.js';
import { processMetrics } from './process-metrics.js';
import type { Beat } from './pulse.js';

const PREFIX = 'iroh_platform_';
/** Seconds. SQLite answers in microseconds; a statement of PostgreSQL is given up after eight seconds. */
const STATEMENT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2, 8];
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** A run takes seconds; one that waits for its app up to a minute and a half. */
const RUN_BUCKETS = [0.25, 0.5, 1, 2, 3, 5, 10, 30, 90];

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

/** One request that was answered, or left. */
export interface AnsweredRequest {
  method: string;
  /** The route's pattern; `none`: there is none. */
  route: string;
  /** 499: left before it was answered. */
  status: number;
  durationMs: number;
  /** An answer that stays open, so that its time says nothing. */
  isStream: boolean;
}

/**
 * What Prometheus is told. Every label has few values, whatever strangers send: routes, methods, statuses, codes and outcomes
 * of fixed lists, and at most {@link MAX_PROJECTS} projects. The guide on observability lists the names, which are stable.
 */
export class PlatformMetrics {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly #sessionsOpened = this.#counter('sessions_opened_total', 'Sessions of endpoints that began.');
  readonly #sessionsClosed = this.#counter('sessions_closed_total', 'Endpoints whose last session ended.');
  readonly #sessionsRefused = this.#counter(
    'sessions_refused_total',
    'Connections of endpoints that were refused, by the code that they were closed with.',
    ['code'],
  );
  readonly #requestsRefused = this.#counter(
    'session_requests_refused_total',
    'Requests of endpoints that were refused, by their kind.',
    ['request'],
  );
  readonly #reports = this.#counter('reports_total', 'Reports that were stored, by where they come from.', [
    'source',
  ]);
  readonly #pushes = this.#counter('metric_pushes_total', 'Pushes of metrics that were stored.');
  readonly #warnings = this.#counter('warnings_total', 'Warnings in the log.');
  readonly #runs = this.#counter('runs_total', 'Runs that are over, by what came of them.', ['outcome']);
  readonly #runSeconds = this.#histogram(
    'run_duration_seconds',
    'How long this process carried out runs.',
    RUN_BUCKETS,
    [],
  );
  readonly #leasesLost = this.#counter(
    'leases_lost_total',
    'Identities that this process no longer holds, although it did not give them back.',
    ['reason'],
  );
  readonly #statementSeconds = this.#histogram(
    'database_statement_duration_seconds',
    'How long statements took, by whether they wrote.',
    STATEMENT_BUCKETS,
    ['kind'],
  );
  readonly #statementsFailed = this.#counter(
    'database_statements_failed_total',
    'Statements that the database refused or did not answer.',
  );
  readonly #requests = this.#counter('http_requests_total', 'Requests of pages and the API.', [
    'method',
    'route',
    'status',
  ]);
  readonly #requestSeconds = this.#histogram(
    'http_request_duration_seconds',
    'How long requests took; without streams.',
    REQUEST_BUCKETS,
    ['route'],
  );

  constructor() {
    for (const reason of LOSSES) this.#leasesLost.inc({ reason }, 0);
    for (const outcome of RUN_ENDS) this.#runs.inc({ outcome }, 0);
    this.#gauge('build_info', 'The version of the platform; always 1.', ['version']).set(
      { version: PLATFORM_VERSION },
      1,
    );
  }

  /** Shows what is read when somebody asks. To be called once. */
  read(sources: Sources): void {
    const { limits, inUse, writes } = sources;
    this.#reading('sessions', 'Sessions of endpoints now.', () => inUse().sessions);
    this.#reading('sessions_limit', 'Sessions that this process takes.', () => limits.sessions);
    this.#reading('strangers', 'Connections without a token yet.', () => inUse().strangers);
    this.#reading(
      'session_requests_open',
      'Requests that have not arrived whole.',
      () => inUse().openRequests,
    );
    this.#reading('runs_active', 'Runs that this process carries out.', () => inUse().runs);
    this.#reading('runs_limit', 'Runs that it carries out at once.', () => limits.runs);
    this.#reading('identities_held', 'Identities that this process holds.', sources.held);
    this.#reading('http_streams', 'Live streams of browsers and programs.', sources.streams);
    this.#reading('store_writes_waiting', 'Writes that are not on disk yet.', () => writes.waiting);
    this.#readingTotals(
      'store_transactions_total',
      'Transactions of the store, by what came of them.',
      () => [
        ['done', writes.transactions.done],
        ['failed', writes.transactions.failed],
      ],
    );
    this.#readDatabase(sources);
    if (sources.endpoints !== null) this.#readFleet(sources.endpoints);
    const { certificateEndsAt } = sources;
    this.#lines(
      'tls_certificate_expiry_timestamp_seconds',
      'When the certificate of the pages ends.',
      [],
      () => {
        const at = certificateEndsAt();
        return at === null ? [] : [[{}, at / 1000]];
      },
    );
  }

  #readDatabase({ beat, counts }: Sources): void {
    this.#lines('database_up', 'Whether the database answered just now: 1 or 0.', [], async () => [
      [{}, (await beat()).isAnswered ? 1 : 0],
    ]);
    this.#lines('database_response_seconds', 'How long it took to answer.', [], async () => [
      [{}, (await beat()).durationMs / 1000],
    ]);
    const each = [
      ['identities', 'Identities of the platform, in whosever hands.', 'identities'],
      ['identities_taken', 'Those that a process holds.', 'held'],
      ['runs_queued', 'Runs of all processes that wait to be begun.', 'queuedRuns'],
    ] as const;
    for (const [name, help, key] of each)
      this.#lines(name, help, [], async () => [[{}, (await counts())[key]]]);
  }

  #readFleet(endpoints: () => Promise<EndpointCount[]>): void {
    const by = (label: string, name: string, help: string, wordOf: (one: EndpointCount) => string) => {
      this.#lines(name, help, ['project', label], async () => {
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

  noteEvent(event: PlatformEvent): void {
    switch (event.type) {
      case 'session-opened':
        this.#sessionsOpened.inc();
        break;
      case 'session-closed':
        this.#sessionsClosed.inc();
        break;
      case 'session-refused':
        this.#sessionsRefused.inc({ code: event.code }, 1 + event.suppressed);
        break;
      case 'request-refused':
        this.#requestsRefused.inc({ request: event.request });
        break;
      case 'report':
        this.#reports.inc({ source: event.source });
        break;
      case 'metrics':
        this.#pushes.inc();
        break;
      case 'warning':
        this.#warnings.inc();
        break;
    }
  }

  noteStatement({ sql, durationMs, isFailed }: Statement): void {
    const isRead = /^(?:select|with)\b/i.test(sql);
    this.#statementSeconds.observe({ kind: isRead ? 'read' : 'write' }, durationMs / 1000);
    if (isFailed) this.#statementsFailed.inc();
  }

  noteRun(end: RunEnd, ms: number | null): void {
    this.#runs.inc({ outcome: end });
    if (ms !== null) this.#runSeconds.observe(ms / 1000);
  }

  noteLoss(reason: LossReason): void {
    if (reason !== 'stopped') this.#leasesLost.inc({ reason });
  }

  noteRequest({ method, route, status, durationMs, isStream }: AnsweredRequest): void {
    // A method that a route does not have is the asker's word.
    const isKnown = METHODS.has(method) && status !== 405;
    this.#requests.inc({ method: isKnown ? method : 'other', route, status });
    if (!isStream) this.#requestSeconds.observe({ route }, durationMs / 1000);
  }

  /** Everything, in Prometheus' text format. */
  async text(): Promise<string> {
    const [own, ofProcess] = await Promise.all([this.#registry.metrics(), processMetrics().metrics()]);
    return `${own}\n${ofProcess}`;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: this.#registers });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[],
  ): Histogram<Label> {
    return new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: this.#registers });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name: PREFIX + name, help, labelNames, registers: this.#registers });
  }

  #reading(name: string, help: string, value: () => number): void {
    this.#lines(name, help, [], () => [[{}, value()]]);
  }

  /** A gauge that is read when somebody asks. What cannot be read has no line: a zero would be a lie. */
  #lines(name: string, help: string, labelNames: readonly string[], read: Read): void {
    const gauge: Gauge = new Gauge({
      ...{ name: PREFIX + name, help, labelNames, registers: this.#registers },
      collect: async () => {
        const lines = await (async () => read())().catch(() => []);
        gauge.reset();
        if (lines.length === 0) gauge.remove();
        for (const [labels, value] of lines) gauge.set(labels, value);
      },
    });
  }

  #readingTotals(name: string, help: string, read: () => [outcome: string, value: number][]): void {
    const counter: Counter<'outcome'> = new Counter({
      ...{ name: PREFIX + name, help, labelNames: ['outcome'] as const, registers: this.#registers },
      collect: () => {
        counter.reset();
        for (const [outcome, value] of read()) counter.inc({ outcome }, value);
      },
    });
  }
}

type Lines = [labels: Record<string, string>, value: number][];
type Read = () => Lines | Promise<Lines>;

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** All that there can be, so that each begins at 0: `increase()` does not see what begins at 1. */
const LOSSES: readonly LossReason[] = ['taken', 'removed', 'frozen', 'unanswered', 'failed'];
const RUN_ENDS: readonly RunEnd[] = [
  ...(['done', 'unreachable', 'not-served', 'token-refused', 'missing-capability', 'vetoed'] as const),
  ...(['app-failed', 'timed-out', 'bad-answer', 'cancelled', 'platform-failed'] as const),
];
