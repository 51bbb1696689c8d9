/**
 * One-way streams: nothing in this protocol uses them, and QUIC would keep up to a megabyte of each of a hundred that a peer
 * opens. To wait for one is a call of the binding that lasts as long as the connection does, and each wake of the event loop
 * looks at all such calls: with 5,000 sessions of two calls that was 38 % of the CPU time. So the bytes are counted instead, which
 * costs two microseconds, and only a connection that brings more than its requests explain is waited on.
 */
import type { Connection } from '../../transport/index.js';
import {
  DATAGRAM_OVERHEAD,
  UNEXPLAINED_BYTES,
  UNEXPLAINED_BYTES_PER_SECOND,
  UNREAD_LOOKS,
  UNREAD_ROUND_MS,
} from '../constants.js';

/** A connection, and what is known of its bytes. */
interface Watched {
  connection: Connection;
  /** Bytes of the requests that were read from it until now. */
  explained: () => number;
  /** Of the bytes until the last look those that nothing explains; they are forgiven little by little. */
  unexplained: number;
  /** At the last look. */
  at: number;
  /** What it had received then that requests had to explain, and what they explained. */
  counted: number;
}

/** Looks at all connections in turn. */
export class UnreadStreams {
  readonly #watched = new Map<Connection, Watched>();
  #turn: Iterator<Watched> | null = null;
  #timer: NodeJS.Timeout | null = null;

  /**
   * Watches a connection from now on.
   * @param explained - how many bytes of requests were read from it
   */
  enter(connection: Connection, explained: () => number): void {
    const traffic = connection.traffic();
    if (traffic === null) {
      connection.refuseUniStreams();
      return;
    }
    this.#watched.set(connection, {
      ...{ connection, explained, unexplained: 0, at: performance.now() },
      counted: countedIn(connection) - explained(),
    });
    this.#timer ??= setInterval(() => this.#look(), UNREAD_ROUND_MS / UNREAD_LOOKS).unref();
  }

  leave(connection: Connection): void {
    this.#watched.delete(connection);
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** A part of them at a time: all at once would hold up the event loop. */
  #look(): void {
    const now = performance.now();
    for (let left = Math.ceil(this.#watched.size / UNREAD_LOOKS); left > 0; left -= 1) {
      this.#turn ??= this.#watched.values();
      const next = this.#turn.next();
      if (next.done === true) this.#turn = null;
      else if (isSuspicious(next.value, now)) this.#suspect(next.value.connection);
    }
  }

  /** From now on the first one-way stream ends it, also one that is open already. */
  #suspect(connection: Connection): void {
    this.#watched.delete(connection);
    connection.refuseUniStreams();
  }
}

function isSuspicious(watched: Watched, now: number): boolean {
  const counted = countedIn(watched.connection) - watched.explained();
  const forgiven = ((now - watched.at) / 1000) * UNEXPLAINED_BYTES_PER_SECOND;
  watched.unexplained = Math.max(0, watched.unexplained + counted - watched.counted - forgiven);
  watched.at = now;
  watched.counted = counted;
  return watched.unexplained > UNEXPLAINED_BYTES;
}

/** The bytes that came, without what each datagram has of them for itself. */
function countedIn(connection: Connection): number {
  const { bytes, datagrams } = connection.traffic() ?? { bytes: 0, datagrams: 0 };
  return bytes - datagrams * DATAGRAM_OVERHEAD;
}
