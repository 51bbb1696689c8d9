import { type Clock, MAX_TIMER_MS, notify, type Sleep, systemClock, systemSleep } from '../async/index.js';
import {
  callback,
  group,
  milliseconds,
  objectWith,
  option,
  type Row,
  readOptions,
  wholeNumber,
} from '../settings/index.js';
import { beginServing, type Connection, type ConnectionHandler } from '../transport/index.js';
import { PEER_ALPN } from '../wire/index.js';
import { DEFAULT_PEER_LIMITS, type PeerLimits } from './limits.js';
import { PeerVisit, type VisitParts } from './peer-visit.js';
import type { PeerVisitEvent } from './visit-event.js';

/** Options of a {@link PeerHost}. */
export interface PeerHostOptions {
  /**
   * Whether direct connections should work from where this endpoint is: `isGoodPeer(verdict)` of its own report. Asked at
   * each visit; `null`, and what throws: not known. A visitor that gets no direct path blames its own network only when this is `true`.
   * Default: not known.
   */
  isWell?: (() => boolean | null) | undefined;
  /** Called with every visit when it is over; what it throws is ignored. Default: none. */
  onVisit?: ((visit: PeerVisitEvent) => void) | undefined;
  /** What strangers may use. */
  limits?: Partial<PeerLimits> | undefined;
  /** @internal For tests. */
  clock?: Clock | undefined;
  /** @internal For tests. */
  sleep?: Sleep | undefined;
}

const LIMITS = {
  maxConnections: option(
    wholeNumber('a whole number', 1, Number.MAX_SAFE_INTEGER),
    DEFAULT_PEER_LIMITS.maxConnections,
  ),
  visitMs: option(milliseconds(1, MAX_TIMER_MS), DEFAULT_PEER_LIMITS.visitMs),
  maxEchoBytes: option(
    wholeNumber('a whole number', 0, Number.MAX_SAFE_INTEGER),
    DEFAULT_PEER_LIMITS.maxEchoBytes,
  ),
} satisfies { [Name in keyof PeerLimits]: Row<number> };

const OPTIONS = {
  isWell: option(callback<NonNullable<PeerHostOptions['isWell']>>(), () => null),
  onVisit: option(callback<NonNullable<PeerHostOptions['onVisit']>>(), null),
  limits: option(group('an object of limits', LIMITS), DEFAULT_PEER_LIMITS),
  clock: option(objectWith<Clock>('a Clock', 'now'), systemClock),
  sleep: option(callback<Sleep>(), systemSleep),
} satisfies { [Name in keyof Required<PeerHostOptions>]: Row<unknown, unknown> };

/**
 * Lets reports of other machines try this endpoint as their peer: it tells them whether its own network is well, and sends
 * back what they send, so that they see whether a direct path comes up and keeps carrying data. The program
 * `iroh-net-diagnostics peer` is this one; an app may be a peer as well, on its own endpoint.
 *
 * Anybody who knows the endpoint's id may visit. What one can use is little: see {@link PeerLimits}.
 *
 * @example
 * const host = new PeerHost({ onVisit: ({ remoteId, path }) => console.log(remoteId, path) });
 * diagnostics.handle(PEER_ALPN, host.handler);
 */
export class PeerHost {
  readonly #onVisit: ((visit: PeerVisitEvent) => void) | null;
  readonly #clock: Clock;
  readonly #parts: VisitParts;
  /** The oldest first. */
  readonly #visits = new Set<PeerVisit>();

  /** @throws SettingError (`ERR_SETTING`) for a malformed or an unknown option */
  constructor(options: PeerHostOptions = {}) {
    const { isWell, onVisit, limits, clock, sleep } = readOptions('new PeerHost()', OPTIONS, options);
    this.#onVisit = onVisit;
    this.#clock = clock;
    this.#parts = { facts: () => ({ isWell: answerOf(isWell) }), limits, sleep };
  }

  /** Visits being served. */
  get active(): number {
    return this.#visits.size;
  }

  /**
   * Serves one connection until it is over. For `handle(PEER_ALPN, …)` of `NetDiagnostics` or of a `Router`, or for an
   * accept loop of your own: then pass a signal that fires when the app stops.
   * @throws `ERR_ALPN` for a connection of another protocol
   */
  readonly handler: ConnectionHandler = async (connection, { signal }) => {
    await this.serve(connection, signal);
  };

  /**
   * As {@link handler}.
   * @returns the event that `onVisit` got
   */
  async serve(connection: Connection, signal: AbortSignal): Promise<PeerVisitEvent> {
    beginServing(connection, { alpn: PEER_ALPN, who: 'the peer host', signal });
    const at = this.#clock.now();
    const visit = this.#admit(connection);
    const result = await visit.serve(signal).finally(() => this.#visits.delete(visit));
    const durationMs = this.#clock.now() - at;
    const event = { remoteId: connection.remoteId, ...result, at, durationMs };
    notify(this.#onVisit, event);
    return event;
  }

  /** Silent strangers in all places must not keep a report out, so the oldest of all goes. */
  #admit(connection: Connection): PeerVisit {
    if (this.#visits.size >= this.#parts.limits.maxConnections) {
      const [oldest] = this.#visits;
      oldest?.giveWay();
      if (oldest !== undefined) this.#visits.delete(oldest);
    }
    const visit = new PeerVisit(connection, this.#parts);
    this.#visits.add(visit);
    return visit;
  }
}

/** The app's answer, which may be no answer. */
function answerOf(isWell: () => unknown): boolean | null {
  try {
    const answer = isWell();
    return typeof answer === 'boolean' ? answer : null;
  } catch {
    return null;
  }
}
