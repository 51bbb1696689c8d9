import { group, option, type Row, type Values, wholeNumber } from '../settings/index.js';

/**
 * How much one process of the platform takes on, and how much of that one API secret and one endpoint may have. All are
 * whole numbers of at least 1.
 */
export interface ServicesLimitOptions {
  /**
   * Sessions at once. If one more comes, the API secret with the most sessions loses the one that was silent longest; if
   * the new one's own API secret has the most, it is refused. Default: 5000.
   */
  sessions?: number | undefined;
  /** Sessions of one API secret at once; more are refused. Default: as many as there are. */
  sessionsPerSecret?: number | undefined;
  /** Sessions of one endpoint at once; the oldest gives way. Default: 4. */
  sessionsPerEndpoint?: number | undefined;
  /** Connections at once that have shown no valid token yet, in addition to the sessions; the oldest gives way. Default: 1024. */
  strangers?: number | undefined;
  /**
   * Requests at once that have begun and have not arrived whole. For each of them QUIC may keep 1.25 MB. If one more comes,
   * the API secret with the most loses the session of its oldest one, if that began five seconds ago. Default: 512.
   */
  openRequests?: number | undefined;
  /** Requests of one endpoint in ten seconds; more have to wait. Default: 100. */
  requestsPerEndpoint?: number | undefined;
  /**
   * Requests of all endpoints of one API secret in ten seconds, evenly; more have to wait. Large ones count more, and a new
   * session counts five. After as many sessions as this number, new ones come at a quarter of that pace, until there were
   * fewer for a while. Default: 10000.
   */
  requestsPerSecret?: number | undefined;
  /** Requests of more than 64 KiB that are read at once; others wait. Default: 16. */
  largeRequests?: number | undefined;
  /** The same of one API secret. Default: 4. */
  largeRequestsPerSecret?: number | undefined;
  /**
   * Endpoints of one API secret that are known. If one more comes, the one that was seen longest ago is forgotten; if all
   * are online, the new one is refused. Default: 20000.
   */
  endpointsPerSecret?: number | undefined;
  /** Bytes of reports and metrics that are stored of one endpoint. Default: 16777216 (16 MiB). */
  storedBytesPerEndpoint?: number | undefined;
  /** The same of all endpoints of one API secret. Default: 17179869184 (16 GiB). */
  storedBytesPerSecret?: number | undefined;
  /** Dial-backs at once, over all endpoints. Default: 64. */
  runs?: number | undefined;
}

/** {@link ServicesLimitOptions} with their defaults. */
export type ServicesLimits = Values<typeof LIMITS>;

/** The names of all limits. */
export type LimitName = keyof ServicesLimitOptions;

const count = () => wholeNumber('a whole number', 1, Number.MAX_SAFE_INTEGER);

/** The defaults are for a fleet of some thousand apps on a machine with two cores and 2 GiB (bench/fleet/RESULTS.md). */
export const LIMITS = {
  // A third of a core and half a gigabyte, measured.
  sessions: option(count(), 5_000),
  // Most platforms have one API secret, which needs all places.
  sessionsPerSecret: option(count(), Number.MAX_SAFE_INTEGER),
  // Our client and the official one may run in the same app, and each may just be changing its connection.
  sessionsPerEndpoint: option(count(), 4),
  // Each app needs its place until its token is read: some round trips, and seconds where the processors are busy, in which a
  // fleet goes on coming. One costs 90 KB, and has ten seconds: of a flood these two cores take 400 handshakes a second.
  strangers: option(count(), 1_024),
  // 640 MB at worst, however many attack. An app sends one request at a time.
  openRequests: option(count(), 512),
  // An app sends ten when it connects, and one in ten seconds then. Each may cause a write to disk.
  requestsPerEndpoint: option(count(), 100),
  // 5,000 apps send 2,500. When they come back together, each second takes two hundred of them: half of a core.
  requestsPerSecret: option(count(), 10_000),
  // Each is decoded in one go: sixteen of a megabyte hold up the others for a fifth of a second.
  largeRequests: option(count(), 16),
  largeRequestsPerSecret: option(count(), 4),
  // A fleet of ten thousand, each reinstalled once.
  endpointsPerSecret: option(count(), 20_000),
  // 100 reports of the largest size and their metrics are less.
  storedBytesPerEndpoint: option(count(), 16 * 1024 ** 2),
  // 10,000 endpoints with all that they may have of usual reports, about 1 MB each, and room.
  storedBytesPerSecret: option(count(), 16 * 1024 ** 3),
  // A rollout is looked at by fifty dial-backs. One costs a connection and a report.
  runs: option(count(), 64),
} satisfies { [Name in LimitName]-?: Row<number> };

/** The option `limits`, as `ServicesHost.start` and `Platform.start` take it. */
export function limitsOption(): Row<ServicesLimits> {
  const kind = group('an object of limits', LIMITS);
  return option(kind, kind.fromValue({}));
}
