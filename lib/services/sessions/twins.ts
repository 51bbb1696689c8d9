import type { Clock } from '../../async/index.js';
import type { Connection } from '../../transport/index.js';
import type { EndpointId } from '../../wire/index.js';
import { directPaths, type Routed } from './paths.js';

/** Sessions that come back within it are those of processes that live. */
const WINDOW_MS = 10 * 60_000;
/** How many come back: one that does may be a laptop between two networks; two push each other off. */
const RETURNS = 2;
/** Endpoints that are watched at once; the one whose sessions were replaced longest ago is forgotten. */
const MAX_WATCHED = 1_000;
/** Paths of one endpoint that are remembered. */
const MAX_PATHS = 16;

interface Watched {
  /** The paths of sessions that were replaced, and when. */
  replaced: Map<string, number>;
  /** When a session came back over one of them. */
  returns: number[];
  sharedAt: number | null;
}

/**
 * Notices that two live processes have one identity: their sessions replace each other in turns. A process that is
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
   * @param replaced - the direct paths of those that it made void; `null`: there were none
   * @returns whether it is news that the identity is shared
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

  /** When it was seen last that two processes have this identity, unix milliseconds; `null`: not of late. */
  sharedAt(id: EndpointId): number | null {
    const at = this.#watched.get(id)?.sharedAt ?? null;
    return at !== null && isRecent(at, this.#clock.now()) ? at : null;
  }
}

function isRecent(at: number | undefined, now: number): boolean {
  return at !== undefined && Math.abs(now - at) < WINDOW_MS;
}
