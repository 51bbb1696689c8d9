import type { Connection } from '../../transport/index.js';
import { CLOSE_NORMAL, type EndpointId } from '../../wire/index.js';
import { MAX_SESSIONS_PER_ENDPOINT } from '../constants.js';

/** Which endpoints have a live session. */
export class Presence {
  readonly #sessions = new Map<EndpointId, Set<Connection>>();

  isOnline(id: EndpointId): boolean {
    return this.#sessions.has(id);
  }

  /** The endpoint's newest session. */
  connection(id: EndpointId): Connection | null {
    return [...(this.#sessions.get(id) ?? [])].at(-1) ?? null;
  }

  /** Idempotent. Beyond the limit the endpoint's oldest session is closed: it is most likely dead. */
  enter(connection: Connection): void {
    const sessions = this.#sessions.get(connection.remoteId) ?? new Set();
    sessions.add(connection);
    this.#sessions.set(connection.remoteId, sessions);
    if (sessions.size <= MAX_SESSIONS_PER_ENDPOINT) return;
    const [oldest] = sessions;
    oldest?.close(CLOSE_NORMAL, 'Replaced by a newer session');
    if (oldest !== undefined) sessions.delete(oldest);
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
}
