import type { PathSnapshot } from '../report/index.js';
import type { Connection } from '../transport/index.js';

/** The paths of all open connections, for the report: a live direct path shows that UDP works. */
export class LivePaths {
  readonly #connections = new Set<Connection>();

  /** Follows a connection until it ends; returns it. */
  follow(connection: Connection): Connection {
    this.#connections.add(connection);
    void connection.closed().then(() => this.#connections.delete(connection));
    return connection;
  }

  /** The paths as they are now, each once. */
  snapshot(): PathSnapshot[] {
    const paths = new Map<string, PathSnapshot>();
    for (const connection of this.#connections) {
      if (connection.closeReason !== null) continue;
      for (const { remoteAddr, isRelay, received } of connection.paths()) {
        const key = `${isRelay} ${remoteAddr}`;
        paths.set(key, { remoteAddr, isRelay, ...most(received, paths.get(key)?.received) });
      }
    }
    return [...paths.values()];
  }
}

/** The larger count: each connection has its own, and the path is one. */
function most(...counts: (number | undefined)[]): { received?: number } {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? {} : { received: Math.max(...known) };
}
