/** What the platform keeps, and for how long. */
import { group, option, type Values, wholeNumber } from 'iroh-net-diagnostics/services';
import { DAY_MS, HOUR_MS, type TierAges } from '../metrics/tiers.js';
import type { Limits } from '../store/sweep.js';

/** How long reports are kept, and how many. What is first reached counts; the oldest go first. */
export interface ReportRetentionOptions {
  /** Days. Default: 90. */
  days?: number | undefined;
  /** Reports of one endpoint. Default: 100. */
  perEndpoint?: number | undefined;
  /** Reports of a project. Default: 1000000. */
  perProject?: number | undefined;
}

/** How long the history of metrics is kept, and how finely. */
export interface MetricRetentionOptions {
  /** Hours that every push is kept, at most one in ten seconds; 2 or more. Default: 3. */
  rawHours?: number | undefined;
  /** Days that points of ten minutes are kept. Default: 3. */
  minutesDays?: number | undefined;
  /** Days that points of an hour are kept; 2 or more. Default: 30. */
  hoursDays?: number | undefined;
  /** Days that points of a day (UTC) are kept. Default: 400. */
  days?: number | undefined;
  /** Points of a project; of more, the endpoint with the most loses its oldest. Default: 20000000. */
  rowsPerProject?: number | undefined;
}

/** What is kept, and for how long. It is cleaned in the background; how often does not matter. */
export interface RetentionOptions {
  reports?: ReportRetentionOptions | undefined;
  metrics?: MetricRetentionOptions | undefined;
  /** Days that runs of diagnostics are listed, ended or not. Default: 30. */
  runsDays?: number | undefined;
  /**
   * Days after which an endpoint that was not seen any more is forgotten. When it comes back it is as a new one: it needs
   * no new API secret. Default: 400, when nothing of what it had is kept any more.
   */
  endpointsDays?: number | undefined;
  /** Days that it is kept who did what. Default: 365. */
  auditDays?: number | undefined;
  /**
   * Entries of who did what, 100 or more; a tenth of them at most are sign-ins that failed, so that nobody drives out the
   * others by guessing. Default: 100000.
   */
  auditEntries?: number | undefined;
}

const days = (min = 1) => wholeNumber('a whole number of days', min, 36_500);
const count = () => wholeNumber('a whole number', 1, Number.MAX_SAFE_INTEGER);

const REPORT_ROWS = {
  days: option(days(), 90),
  perEndpoint: option(count(), 100),
  perProject: option(count(), 1_000_000),
};

const METRIC_ROWS = {
  // An hour is rolled up after it is over, and at the latest when the next one is.
  rawHours: option(wholeNumber('a whole number of hours', 2, 24 * 7), 3),
  minutesDays: option(days(), 3),
  // A day is made from its hours.
  hoursDays: option(days(2), 30),
  days: option(days(), 400),
  rowsPerProject: option(count(), 20_000_000),
};

const TOP_ROWS = {
  runsDays: option(days(), 30),
  endpointsDays: option(days(), 400),
  auditDays: option(days(), 365),
  auditEntries: option(wholeNumber('a whole number', 100, Number.MAX_SAFE_INTEGER), 100_000),
};

const REPORTS = group('an object of options', REPORT_ROWS);
const METRICS = group('an object of options', METRIC_ROWS);

const RETENTION = {
  reports: option(REPORTS, REPORTS.fromValue({})),
  metrics: option(METRICS, METRICS.fromValue({})),
  ...TOP_ROWS,
};

/** Every number, as one writes it on a command line: `reports.days`. */
export const RETENTION_NUMBERS = Object.fromEntries([
  ...Object.entries(REPORT_ROWS).map(([name, row]) => [`reports.${name}`, row] as const),
  ...Object.entries(METRIC_ROWS).map(([name, row]) => [`metrics.${name}`, row] as const),
  ...Object.entries(TOP_ROWS),
]);

/** The options with one of {@link RETENTION_NUMBERS} set. */
export function withNumber(options: RetentionOptions, name: string, value: number): RetentionOptions {
  const [first = '', second] = name.split('.');
  if (second === undefined) return { ...options, [first]: value };
  return first === 'reports'
    ? { ...options, reports: { ...options.reports, [second]: value } }
    : { ...options, metrics: { ...options.metrics, [second]: value } };
}

/** {@link RetentionOptions} with their defaults. */
export type Retention = Values<typeof RETENTION>;

/** The bytes that an endpoint and an API secret may have. */
export interface KeptBytes {
  perEndpoint: number;
  perSecret: number;
}

/** The option `retention` of `Platform.start`. */
export function retention() {
  const kind = group('an object of options', RETENTION);
  return option(kind, kind.fromValue({}));
}

/** How long the points of each tier are kept. */
export function agesOf({ metrics }: Retention): TierAges {
  return [
    metrics.rawHours * HOUR_MS,
    metrics.minutesDays * DAY_MS,
    metrics.hoursDays * DAY_MS,
    metrics.days * DAY_MS,
  ];
}

/** What is beyond the limits at that time. */
export function limitsAt(retention: Retention, bytes: KeptBytes, now: number): Limits {
  const { reports, metrics, runsDays, endpointsDays, auditDays, auditEntries } = retention;
  return {
    reportsSince: now - reports.days * DAY_MS,
    reportsPerEndpoint: reports.perEndpoint,
    reportsPerProject: reports.perProject,
    pointsPerProject: metrics.rowsPerProject,
    runsSince: now - runsDays * DAY_MS,
    auditSince: now - auditDays * DAY_MS,
    auditEntries,
    now,
    endpointsSeenSince: now - endpointsDays * DAY_MS,
    bytesPerEndpoint: bytes.perEndpoint,
    bytesPerSecret: bytes.perSecret,
  };
}
