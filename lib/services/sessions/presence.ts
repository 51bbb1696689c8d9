import { Condition, monotonicMs, type Sleep, systemSleep } from '../../async/index.js';
import type { Connection } from '../../transport/index.js';
import {
  CLOSE_NORMAL,
  CLOSE_UNAUTHORIZED,
  type EndpointId,
  REASON_DIAL_AGAIN,
  REASON_REPLACED,
  REASON_UNAUTHORIZED,
} from '../../wire/index.js';
import { PATHS_LOOK_MS, PATHS_SETTLE_MS } from '../constants.js';
import type { ProjectId } from '../records.js';
import { directPaths, isElsewhere, isOfOtherFamily, shareSocket } from './paths.js';

/** Who opened a session. */
export interface Holder {
  project: ProjectId;
  issuer: EndpointId;
}

/** Which endpoints have a live session, or can be reached without one. */
export class Presence {
  readonly #sessions = new Map<EndpointId, Set<Connection>>();
  /** With which secret each was opened. */
  readonly #holders = new WeakMap<Connection, Holder>();
  /** When each was entered first. */
  readonly #since = new WeakMap<Connection, number>();
  /** In which projects endpoints count as online that have no session (yet) and were reached by a call. */
  readonly #reached = new Map<EndpointId, Set<ProjectId>>();
  readonly #entered = new Condition();
  readonly #sleep: Sleep;
  readonly #now: () => number;
  readonly #perEndpoint: number;
  /** The endpoint whose session is just beginning. */
  #entering: EndpointId | null = null;

  /** @param perEndpoint - sessions that one endpoint may have at once @param now - in milliseconds */
  constructor(perEndpoint: number, sleep: Sleep = systemSleep, now: () => number = monotonicMs) {
    this.#perEndpoint = perEndpoint;
    this.#sleep = sleep;
    this.#now = now;
  }

  /** Whether it has a session, or was reached without one; with a project: in that project. */
  isOnline(id: EndpointId, project?: ProjectId): boolean {
    return this.#hasSession(id, project) || this.isReached(id, project);
  }

  /** Notes that it can be reached, although it has no session. Holds until its next session begins. */
  reached(id: EndpointId, project: ProjectId): void {
    this.#reached.set(id, (this.#reached.get(id) ?? new Set()).add(project));
  }

  /** Notes that it cannot be reached without a session (any more). @returns whether it is offline now, and was not before */
  notReached(id: EndpointId, project: ProjectId): boolean {
    if (!this.isReached(id, project)) return false;
    const projects = this.#reached.get(id);
    projects?.delete(project);
    if (projects?.size === 0) this.#reached.delete(id);
    return !this.#hasSession(id, project);
  }

  /** Whether it counts as online without a session; with a project: in that project. */
  isReached(id: EndpointId, project?: ProjectId): boolean {
    const projects = this.#reached.get(id);
    return projects !== undefined && (project === undefined || projects.has(project));
  }

  #hasSession(id: EndpointId, project?: ProjectId): boolean {
    if (project === undefined) return this.#sessions.has(id);
    return [...(this.#sessions.get(id) ?? [])].some(
      (session) => this.#holders.get(session)?.project === project,
    );
  }

  /** The endpoint's newest session. */
  connection(id: EndpointId): Connection | null {
    return [...(this.#sessions.get(id) ?? [])].at(-1) ?? null;
  }

  /** All sessions, those included that begin while they are gone through. */
  *all(): Generator<Connection, undefined> {
    for (const sessions of this.#sessions.values()) yield* sessions;
  }

  /** The API secret with which a session was opened; `null`: it is none (any more). */
  issuerOf(connection: Connection): EndpointId | null {
    return this.#holders.get(connection)?.issuer ?? null;
  }

  /** Milliseconds since a session began; `null`: it is none (any more). */
  ageMs(connection: Connection): number | null {
    const since = this.#since.get(connection);
    const isLive = this.#sessions.get(connection.remoteId)?.has(connection) === true;
    return since === undefined || !isLive ? null : this.#now() - since;
  }

  /**
   * Adds a session, at once. Idempotent. Later closes older sessions of the endpoint that come from another socket: a
   * process that was killed did not close its own, and would look alive until that has been idle for half a minute. If
   * only the address family differs, iroh may be wrong: then the app is asked to dial again, and is not told of another
   * process.
   * @param isShared - whether two processes are known to have this identity
   * @param signal - fires when the session has ended
   * @returns the direct paths of the sessions from another socket; `null`: there were none. Never rejects
   */
  async enter(
    connection: Connection,
    holder: Holder,
    isShared: () => boolean,
    signal: AbortSignal,
  ): Promise<string[] | null> {
    const id = connection.remoteId;
    const sessions = this.#sessions.get(id) ?? new Set();
    this.#holders.set(connection, holder);
    if (sessions.has(connection)) return null;
    this.#since.set(connection, this.#now());
    this.notReached(id, holder.project);
    const older = [...sessions];
    const tooMany = older.length + 1 - this.#perEndpoint;
    for (const session of older.splice(0, Math.max(0, tooMany))) this.#end(session, REASON_REPLACED);
    sessions.add(connection);
    this.#sessions.set(id, sessions);
    this.#entering = id;
    this.#entered.changed();
    this.#entering = null;
    const others = await this.#fromElsewhere(connection, older, signal).catch(() => []);
    if (others.length === 0 || signal.aborted) return null;
    // Read now: a closed connection has no paths.
    const paths = others.flatMap(directPaths);
    for (const session of others) {
      const isUnclear = isOfOtherFamily(connection, session) && !isShared();
      this.#end(session, isUnclear ? REASON_DIAL_AGAIN : REASON_REPLACED);
    }
    return paths;
  }

  /**
   * Which older sessions come from another process than this one. iroh learns a session's paths, and moves it to the
   * best one, in its own time: those of one process come together soon, those of two never.
   * @throws `ERR_ABORTED`
   */
  async #fromElsewhere(
    newer: Connection,
    older: readonly Connection[],
    signal: AbortSignal,
  ): Promise<Connection[]> {
    let apart = older;
    for (let waited = 0; waited < PATHS_SETTLE_MS && apart.length > 0; waited += PATHS_LOOK_MS) {
      await this.#sleep(PATHS_LOOK_MS, signal);
      const live = this.#sessions.get(newer.remoteId);
      // One that has ended needs no more looks: there would be forty, for each session that is opened again and again.
      apart = apart.filter((session) => live?.has(session) && !shareSocket(newer, session));
    }
    return apart.filter((session) => isElsewhere(newer, session));
  }

  #end(session: Connection, reason: string): void {
    session.close(CLOSE_NORMAL, reason);
    this.#sessions.get(session.remoteId)?.delete(session);
  }

  /** Also of a session that was closed for a newer one. @returns whether this was the endpoint's last session in its project */
  leave(connection: Connection): boolean {
    const id = connection.remoteId;
    const holder = this.#holders.get(connection);
    if (holder === undefined) return false;
    this.#holders.delete(connection);
    const sessions = this.#sessions.get(id);
    sessions?.delete(connection);
    if (sessions?.size === 0) this.#sessions.delete(id);
    return !this.isOnline(id, holder.project);
  }

  /** Closes all sessions of an endpoint. */
  close(id: EndpointId, code: number, reason: string): void {
    for (const connection of this.#sessions.get(id) ?? []) connection.close(code, reason);
  }

  /** Closes all sessions that were opened with a secret. */
  closeOf(issuer: EndpointId): void {
    for (const session of [...this.#sessions.values()].flatMap((sessions) => [...sessions]))
      if (this.#holders.get(session)?.issuer === issuer)
        session.close(CLOSE_UNAUTHORIZED, REASON_UNAUTHORIZED);
  }

  /** Resolves when the next session of the endpoint begins, or `signal` fires. Never rejects. */
  next(id: EndpointId, signal: AbortSignal): Promise<void> {
    return this.#entered.until(() => this.#entering === id, signal);
  }
}
