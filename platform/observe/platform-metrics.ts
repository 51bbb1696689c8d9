import type { PlatformEvent } from 'iroh-net-diagnostics/services';
import type { LossReason } from '../identities/index.js';
import type { RunEnd } from '../runs/index.js';
import type { Statement } from '../store/sql-database.js';
import { PLATFORM_VERSION } from '../version.js';
import { Instruments } from './instruments.js';
import { processMetrics } from './process-metrics.js';
import { type Sources, showReadings } from './readings.js';

/** Seconds. SQLite answers in microseconds; a statement of PostgreSQL is given up after eight seconds. */
const STATEMENT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2, 8];
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** A run takes seconds; one that waits for its app up to a minute and a half. */
const RUN_BUCKETS = [0.25, 0.5, 1, 2, 3, 5, 10, 30, 90];

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
  readonly #make = new Instruments();
  readonly #sessionsOpened = this.#make.counter('sessions_opened_total', 'Sessions of endpoints that began.');
  readonly #sessionsClosed = this.#make.counter(
    'sessions_closed_total',
    'Endpoints whose last session ended.',
  );
  readonly #sessionsRefused = this.#make.counter(
    'sessions_refused_total',
    'Connections of endpoints that were refused, by the code that they were closed with.',
    ['code'],
  );
  readonly #requestsRefused = this.#make.counter(
    'session_requests_refused_total',
    'Requests of endpoints that were refused, by their kind.',
    ['request'],
  );
  readonly #reports = this.#make.counter(
    'reports_total',
    'Reports that were stored, by where they come from.',
    ['source'],
  );
  readonly #pushes = this.#make.counter('metric_pushes_total', 'Pushes of metrics that were stored.');
  readonly #warnings = this.#make.counter('warnings_total', 'Warnings in the log.');
  readonly #runs = this.#make.counter('runs_total', 'Runs that are over, by what came of them.', ['outcome']);
  readonly #runSeconds = this.#make.histogram(
    'run_duration_seconds',
    'How long this process carried out runs.',
    RUN_BUCKETS,
    [],
  );
  readonly #leasesLost = this.#make.counter(
    'leases_lost_total',
    'Identities that this process no longer holds, although it did not give them back.',
    ['reason'],
  );
  readonly #statementSeconds = this.#make.histogram(
    'database_statement_duration_seconds',
    'How long statements took, by whether they wrote.',
    STATEMENT_BUCKETS,
    ['kind'],
  );
  readonly #statementsFailed = this.#make.counter(
    'database_statements_failed_total',
    'Statements that the database refused or did not answer.',
  );
  readonly #requests = this.#make.counter('http_requests_total', 'Requests of pages and the API.', [
    'method',
    'route',
    'status',
  ]);
  readonly #requestSeconds = this.#make.histogram(
    'http_request_duration_seconds',
    'How long requests took; without streams.',
    REQUEST_BUCKETS,
    ['route'],
  );

  constructor() {
    for (const reason of LOSSES) this.#leasesLost.inc({ reason }, 0);
    for (const outcome of RUN_ENDS) this.#runs.inc({ outcome }, 0);
    this.#make
      .gauge('build_info', 'The version of the platform; always 1.', ['version'])
      .set({ version: PLATFORM_VERSION }, 1);
  }

  /** Shows what is read when somebody asks. To be called once. */
  read(sources: Sources): void {
    showReadings(this.#make, sources);
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
    const [own, ofProcess] = await Promise.all([this.#make.registry.metrics(), processMetrics().metrics()]);
    return `${own}\n${ofProcess}`;
  }

  get contentType(): string {
    return this.#make.registry.contentType;
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** All that there can be, so that each begins at 0: `increase()` does not see what begins at 1. */
const LOSSES: readonly LossReason[] = ['taken', 'removed', 'frozen', 'unanswered', 'failed'];
const RUN_ENDS: readonly RunEnd[] = [
  ...(['done', 'unreachable', 'not-served', 'token-refused', 'missing-capability', 'vetoed'] as const),
  ...(['app-failed', 'timed-out', 'bad-answer', 'cancelled', 'platform-failed'] as const),
];
