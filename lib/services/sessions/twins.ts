import type { Clock } from '../../async/index.js';
import type { Connection } from '../../transport/index.js';
import type { EndpointId } from '../../wire/index.js';
import { directPaths, type Routed } from './paths.js';

/** A session that comes back within this time belongs to a live process. */
const WINDOW_MS = 10 * 60_000;
/** How often a session must come back: once may be a laptop that changes its network, twice are two live processes. */
const RETURNS = 2;
/** Endpoints that are watched at once. If there are more, the one that was replaced longest ago is forgotten. */
const MAX_WATCHED = 1_000;
/** Paths of one endpoint that are kept. */
const MAX_PATHS = 16;

interface Watched {
  /** The paths of replaced sessions, and when they were replaced. */
  replaced: Map<string, number>;
  /** When a session came back over one of them. */
  returns: number[];
  sharedAt: number | null;
}

/**
 * Detects that two live processes have one identity: their sessions replace each other in turn. A process that is
 * killed and started again comes from another port each time, and never from an earlier one.
 */
export class Twins {
  readonly #clock: Clock;
  readonly #watched = new Map<EndpointId, Watched>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Notes a new session.
   * @param replaced - the direct paths of the sessions that it replaced; `null`: there were none
   * @returns whether the identity is shared and this was not known before
   */
  note(session: Pick<Connection, 'remoteId'> & Routed, replaced: readonly string[] | null): boolean {
    if (replaced === null) return false;
    const id = session.remoteId;
    const now = this.#clock.now();
    const watched: Watched = this.#watched.get(id) ?? { replaced: new Map(), returns: [], sharedAt: null };
    const isKnown = this.sharedAt(id) !== null;
    const isBack = directPaths(session).some((path) => isRecent(watched.replaced.get(path), now));
    if (isBack) watched.returns.push(now);
    watched.returns = watched.returns.filter((at) => isRecent(at, now)).slice(-RETURNS);
    for (const left of replaced) watched.replaced.set(left, now);
    for (const old of [...watched.replaced.keys()].slice(0, -MAX_PATHS)) watched.replaced.delete(old);
    if (watched.returns.length >= RETURNS) watched.sharedAt = now;
    // The newest last.
    this.#watched.delete(id);
    this.#watched.set(id, watched);
    for (const old of [...this.#watched.keys()].slice(0, -MAX_WATCHED)) this.#watched.delete(old);
    return watched.sharedAt === now && !isKnown;
  }

  /** When it was last detected that two processes have this identity, unix milliseconds; `null`: not recently. */
  sharedAt(id: EndpointId): number | null {
    const at = this.#watched.get(id)?.sharedAt ?? null;
    return at !== null && isRecent(at, this.#clock.now()) ? at : null;
  }
}

/** Whether a detection is recent enough to be shown. @param at - unix milliseconds, as `now` */
export function isRecentlyShared(at: number | null, now: number): boolean {
  return isRecent(at ?? undefined, now);
}

function isRecent(at: number | undefined, now: number): boolean {
  return at !== undefined && Math.abs(now - at) < WINDOW_MS;
}
