import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { SocketAddr } from '../../../lib/wire/index.js';
import { ipv6ToBytes } from '../../../lib/wire/ip-address.js';

const COOKIE = Buffer.from('2112a442', 'hex');

/** An attribute with its padding. Written here and not in lib/: the client never sends any of these. */
export function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

export function plainAddress(type: number, addr: SocketAddr): Buffer {
  return attribute(type, addressValue(addr));
}

export function xorAddress(addr: SocketAddr, transactionId: Buffer, type = 0x0020): Buffer {
  const mask = Buffer.concat([Buffer.alloc(2), COOKIE.subarray(0, 2), COOKIE, transactionId]);
  return attribute(type, Buffer.from(addressValue(addr).map((byte, i) => byte ^ (mask[i] ?? 0))));
}

/** A Binding success. */
export function response(transactionId: Buffer, ...attributes: Buffer[]): Buffer {
  const body = Buffer.concat(attributes);
  const head = Buffer.from([0x01, 0x01, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([head, COOKIE, transactionId, body]);
}

export function errorResponse(transactionId: Buffer, code: number): Buffer {
  const value = Buffer.from([0, 0, Math.floor(code / 100), code % 100]);
  const bytes = response(transactionId, attribute(0x0009, value));
  bytes.writeUInt16BE(0x0111, 0);
  return bytes;
}

function addressValue({ family, ip, port }: SocketAddr): Buffer {
  const octets = family === 4 ? ip.split('.').map(Number) : [...(ipv6ToBytes(ip) ?? [])];
  return Buffer.from([0, family === 4 ? 1 : 2, port >> 8, port & 0xff, ...octets]);
}

/** What a request asked for. */
export interface Asked {
  transactionId: Buffer;
  change: { ip: boolean; port: boolean } | null;
  from: SocketAddr;
  /** How many requests came before. */
  nth: number;
  raw: Buffer;
}

/** Answers to one request: which socket sends what. */
export type Answers = readonly { via: SocketName; bytes: Buffer }[];
export type SocketName = 'main' | 'otherPort' | 'otherIp';

/** A STUN server on loopback with two IP addresses and two ports, as RFC 5780 wants it; `behave` decides what it says. */
export class FakeStunServer {
  readonly asked: Asked[] = [];
  readonly #sockets = new Map<SocketName, Socket>();

  static async start(behave: (asked: Asked, server: FakeStunServer) => Answers): Promise<FakeStunServer> {
    const server = new FakeStunServer();
    for (const [name, ip] of [
      ['main', '127.0.0.1'],
      ['otherPort', '127.0.0.1'],
      ['otherIp', '127.0.0.2'],
    ] as const) {
      const socket = createSocket('udp4');
      socket.bind(0, ip);
      await once(socket, 'listening');
      server.#sockets.set(name, socket);
    }
    server.#sockets.get('main')?.on('message', (bytes, remote) => server.#answer(bytes, remote, behave));
    return server;
  }

  address(name: SocketName): SocketAddr {
    const { address, port } = this.#socket(name).address();
    return { family: 4, ip: address, port };
  }

  get label(): string {
    return `127.0.0.1:${this.address('main').port}`;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #answer(raw: Buffer, remote: RemoteInfo, behave: (asked: Asked, server: FakeStunServer) => Answers): void {
    const flags = raw.length >= 28 && raw.readUInt16BE(20) === 3 ? raw.readUInt32BE(24) : null;
    const asked: Asked = {
      transactionId: Buffer.from(raw.subarray(8, 20)),
      change: flags === null ? null : { ip: (flags & 4) !== 0, port: (flags & 2) !== 0 },
      from: { family: 4, ip: remote.address, port: remote.port },
      nth: this.asked.length,
      raw: Buffer.from(raw),
    };
    this.asked.push(asked);
    for (const { via, bytes } of behave(asked, this)) {
      this.#socket(via).send(bytes, remote.port, remote.address);
    }
  }

  #socket(name: SocketName): Socket {
    const socket = this.#sockets.get(name);
    if (socket === undefined) throw new Error(`${name} is closed`);
    return socket;
  }
}

/** What an honest server says, from where it was asked to; `other`: what it names as OTHER-ADDRESS. */
export function honest(
  { transactionId, from, change }: Asked,
  server: FakeStunServer,
  other: SocketAddr | null = server.address('otherIp'),
): Answers {
  const via = change === null ? 'main' : change.ip ? 'otherIp' : change.port ? 'otherPort' : 'main';
  const parts = [xorAddress(from, transactionId), plainAddress(0x0001, from)];
  if (other !== null) parts.push(plainAddress(0x802c, other));
  return [{ via, bytes: response(transactionId, ...parts) }];
}
