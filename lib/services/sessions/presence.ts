import { Condition } from '../../async/index.js';
import type { Connection } from '../../transport/index.js';
import { CLOSE_NORMAL, type EndpointId, REASON_REPLACED } from '../../wire/index.js';
import { MAX_SESSIONS_PER_ENDPOINT } from '../constants.js';
import { directPaths, sharePath } from './paths.js';

/** Which endpoints have a live session. */
export class Presence {
  readonly #sessions = new Map<EndpointId, Set<Connection>>();
  readonly #entered = new Condition();
  /** The endpoint whose session is just beginning. */
  #entering: EndpointId | null = null;

  isOnline(id: EndpointId): boolean {
    return this.#sessions.has(id);
  }

  /** The endpoint's newest session. */
  connection(id: EndpointId): Connection | null {
    return [...(this.#sessions.get(id) ?? [])].at(-1) ?? null;
  }

  /**
   * Adds a session. Idempotent. Closes older sessions of the endpoint that come from another socket: a process that was
   * killed did not close its own, and would look alive until that has been idle for half a minute.
   * @returns the direct paths of the sessions from another socket; `null`: there were none
   */
  enter(connection: Connection): string[] | null {
    const id = connection.remoteId;
    const sessions = this.#sessions.get(id) ?? new Set();
    if (sessions.has(connection)) return null;
    const older = [...sessions];
    const replaced = older.filter((session) => !sharePath(session, connection));
    const tooMany = older.length - replaced.length + 1 - MAX_SESSIONS_PER_ENDPOINT;
    const surplus = older.filter((session) => !replaced.includes(session)).slice(0, Math.max(0, tooMany));
    // Read now: a closed connection has no paths.
    const paths = replaced.length === 0 ? null : replaced.flatMap(directPaths);
    for (const session of [...replaced, ...surplus]) {
      session.close(CLOSE_NORMAL, REASON_REPLACED);
      sessions.delete(session);
    }
    sessions.add(connection);
    this.#sessions.set(id, sessions);
    this.#entering = id;
    this.#entered.changed();
    this.#entering = null;
    return paths;
  }

  /** @returns whether this was the endpoint's last session */
  leave(connection: Connection): boolean {
    const sessions = this.#sessions.get(connection.remoteId);
    if (sessions === undefined || !sessions.delete(connection) || sessions.size > 0) return false;
    return this.#sessions.delete(connection.remoteId);
  }

  /** Closes all sessions of an endpoint. */
  close(id: EndpointId, code: number, reason: string): void {
    for (const connection of this.#sessions.get(id) ?? []) connection.close(code, reason);
  }

  /** Resolves when the next session of the endpoint begins, or `signal` fires. Never rejects. */
  next(id: EndpointId, signal: AbortSignal): Promise<void> {
    return this.#entered.until(() => this.#entering === id, signal);
  }
}
