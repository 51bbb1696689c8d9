import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { monotonicMs } from '../../async/index.js';
import { canonicalIp } from '../../wire/index.js';
import type { Connection } from './connection/connection.js';
import { destinationOf } from './packets/header.js';

interface Entry {
  connection: Connection;
  ip: string;
  port: number;
  /** The socket itself failed, or the kernel refused a datagram. */
  onError(error: Error): void;
}

/**
 * One UDP socket for connections to many relays: if they see different addresses, the NAT made the difference. A
 * datagram finds its connection by its id, and must come from the address that was asked.
 */
export class QadSocket {
  readonly family: 4 | 6;
  readonly #socket: Socket;
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  #closed: Promise<void> | null = null;

  private constructor(family: 4 | 6, socket: Socket, now: () => number) {
    this.family = family;
    this.#socket = socket;
    this.#now = now;
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    socket.on('error', (error) => {
      for (const entry of [...this.#entries.values()]) entry.onError(error);
    });
  }

  /**
   * Binds a port of the kernel's choice on all addresses.
   * @param now - milliseconds, monotonic
   */
  static bind(family: 4 | 6, now: () => number = monotonicMs): Promise<QadSocket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket(family === 4 ? { type: 'udp4' } : { type: 'udp6', ipv6Only: true });
      const failed = (error: Error) => {
        socket.close();
        reject(error);
      };
      socket.once('error', failed);
      // Otherwise workers of node:cluster would share one port.
      socket.bind({ port: 0, exclusive: true }, () => {
        socket.off('error', failed);
        resolve(new QadSocket(family, socket, now));
      });
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** How many connections it serves. */
  get size(): number {
    return this.#entries.size;
  }

  /** From now on, datagrams from this address with the connection's id go to this connection. */
  attach(connection: Connection, ip: string, port: number, onError: (error: Error) => void): void {
    const plain = canonicalIp(ip) ?? ip;
    this.#entries.set(connection.id.toString('hex'), { connection, ip: plain, port, onError });
  }

  detach(connection: Connection): void {
    this.#entries.delete(connection.id.toString('hex'));
  }

  /** @param onError - called if the kernel refused it, not if the datagram is lost later */
  send(datagram: Buffer, ip: string, port: number, onError: (error: Error) => void): void {
    if (this.#closed !== null) return;
    this.#socket.send(datagram, port, ip, (error) => {
      if (error !== null) onError(error);
    });
  }

  /** Lets go of all connections. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      for (const { connection } of this.#entries.values()) connection.abandon();
      this.#entries.clear();
      this.#socket.close(() => resolve());
    });
    return this.#closed;
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const atMs = this.#now();
    const isFrom = ({ ip, port }: Entry) => port === from.port && ip === withoutZone(from.address);
    const entry = this.#entries.get(destinationOf(datagram)?.toString('hex') ?? '');
    if (entry !== undefined) {
      if (isFrom(entry)) entry.connection.receive(datagram, atMs);
      return;
    }
    // A stateless reset does not have our connection id.
    for (const other of this.#entries.values()) {
      if (isFrom(other) && other.connection.isReset(datagram)) other.connection.receive(datagram, atMs);
    }
  }
}

function withoutZone(ip: string): string {
  const [bare = ''] = ip.split('%');
  return bare;
}
