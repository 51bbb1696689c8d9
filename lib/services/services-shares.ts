import { type Clock, Semaphore, systemClock, Throttle } from '../async/index.js';
import { readOption } from '../settings/index.js';
import { RouterPlaces } from '../transport/index.js';
import {
  HANDSHAKE_PLACES,
  REFUSALS_TOLD_AT_ONCE,
  REFUSALS_TOLD_PER_MINUTE,
  REQUEST_STALLS_MS,
} from './constants.js';
import { limitsOption, type ServicesLimitOptions, type ServicesLimits } from './limits.js';
import { Rates, SharedPlaces, Unauthenticated, UnreadStreams } from './sessions/index.js';

/** How much of a process is in use now. */
export interface SharesInUse {
  /** Authorised sessions. */
  sessions: number;
  /** Connections that have shown no token yet. */
  strangers: number;
  /** Requests that have begun and have not arrived whole. */
  openRequests: number;
  /** Dial-backs that are under way. */
  runs: number;
}

/**
 * What one process takes on, and how it is shared out. A process that holds several identities has one for all of their
 * hosts: its memory and its processors do not grow with their number.
 *
 * @example
 * const shares = new ServicesShares({ sessions: 10_000 });
 * const hosts = endpoints.map((endpoint) => ServicesHost.start({ endpoint, store, shares }));
 */
export class ServicesShares {
  /** How much it takes on. */
  readonly limits: ServicesLimits;
  /** @internal Connections, handshakes included. */
  readonly connections: RouterPlaces;
  /** @internal Places of authorised sessions, counted by API secret. */
  readonly places: SharedPlaces;
  /** @internal Places of requests that have not arrived whole. */
  readonly openRequests: SharedPlaces;
  /** @internal Places of large requests. */
  readonly largeRequests: Semaphore;
  /** @internal */
  readonly rates: Rates;
  /** @internal */
  readonly unauthenticated: Unauthenticated;
  /** @internal Connections that could hold what nobody reads. */
  readonly unread = new UnreadStreams();
  /** @internal Limits the events about refused connections without a token. */
  readonly refusals: Throttle;
  /** @internal Dial-backs that are under way. */
  readonly runs = new Set<object>();

  /**
   * @param given - the limits. Default: enough for a fleet of some thousand apps
   * @throws SettingError (`ERR_SETTING`) for a limit that is none
   */
  constructor(given?: ServicesLimitOptions, clock: Clock = systemClock) {
    const limits = readOption('new ServicesShares()', 'limits', limitsOption(), given);
    this.limits = limits;
    this.connections = new RouterPlaces(limits.sessions + limits.strangers + HANDSHAKE_PLACES);
    this.places = new SharedPlaces(limits.sessions, {
      mayDisplaceOwn: false,
      share: limits.sessionsPerSecret,
    });
    this.openRequests = new SharedPlaces(limits.openRequests, {
      mayDisplaceOwn: true,
      graceMs: REQUEST_STALLS_MS,
    });
    this.largeRequests = new Semaphore(limits.largeRequests, { share: limits.largeRequestsPerSecret });
    this.rates = new Rates(clock, limits);
    this.unauthenticated = new Unauthenticated(limits.strangers);
    this.refusals = new Throttle(REFUSALS_TOLD_AT_ONCE, REFUSALS_TOLD_PER_MINUTE, clock);
  }

  /** How much is in use now, to be compared with {@link limits}. */
  get inUse(): SharesInUse {
    return {
      sessions: this.places.taken,
      strangers: this.unauthenticated.size,
      openRequests: this.openRequests.taken,
      runs: this.runs.size,
    };
  }
}
