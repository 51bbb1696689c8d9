import { createHash, createPrivateKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { Reader, u16, u32, varint, vector } from '../../../../lib/probes/qad/bytes.js';
import { encodeAck, encodeCrypto, FrameType } from '../../../../lib/probes/qad/connection/frames.js';
import {
  type Level,
  type ProtectedPacket,
  packetsOf,
  retryTag,
} from '../../../../lib/probes/qad/packets/header.js';
import { initialSecrets, PacketKeys, type Secrets } from '../../../../lib/probes/qad/packets/packet-keys.js';
import { openPacket, sealPacket } from '../../../../lib/probes/qad/packets/protection.js';
import { finishedMac, KeyExchange, KeySchedule } from '../../../../lib/probes/qad/tls/key-schedule.js';
import { encodeMessage } from '../../../../lib/probes/qad/tls/messages.js';

/** Where the server departs from what a relay does. */
export interface ServerScript {
  /** Answers the first datagram instead of the server. */
  answerFirst?: (packet: ProtectedPacket, datagram: Buffer) => Buffer | null;
  sendRetry?: boolean;
  helloRandom?: Buffer;
  /** Whole transport parameters, from the right ones. */
  parameters?: (right: ReadonlyMap<bigint, Buffer>) => ReadonlyMap<bigint, Buffer>;
  /** Handshake messages after ServerHello, from the right ones. */
  flight?: (right: Buffer[]) => Buffer[];
  /** Frames of the 1-RTT packet in the first flight; default: OBSERVED_ADDRESS. */
  applicationFrames?: (observed: Buffer) => Buffer;
  /** Seals 1-RTT packets with updated keys. */
  isKeyUpdated?: boolean;
  /** Silence after this many datagrams from a client. */
  deafAfter?: number;
}

export const RESET_TOKEN = Buffer.alloc(16, 0xab);

interface Connection {
  remote: RemoteInfo;
  clientId: Buffer;
  id: Buffer;
  originalId: Buffer;
  retryId: Buffer | null;
  keys: Map<Level, { send: PacketKeys; receive: PacketKeys }>;
  numbers: Map<Level, number>;
  received: Map<Level, number>;
  datagrams: Buffer[][];
  finished: Buffer;
  serverHello: Buffer;
  flight: Buffer;
  isDone: boolean;
  timers: NodeJS.Timeout[];
}

/**
 * A relay's address discovery for tests: the handshake of one client per connection id. Repeats its flight when asked
 * again, and a few times by itself. Built on the client's codecs, which the RFC's vectors and other people's
 * servers hold; what is of its own is the server's side of things, and the ways to do them wrong.
 */
export class QadServer {
  readonly closes: { code: number; reason: string }[] = [];
  /** Key phases of the client's 1-RTT packets, in order. */
  readonly phases: (0 | 1)[] = [];
  datagrams = 0;
  readonly #socket: Socket;
  readonly #connections = new Map<string, Connection>();
  readonly #chain: readonly Buffer[];
  readonly #key: KeyObject;
  readonly #script: ServerScript;

  private constructor(socket: Socket, chain: readonly Buffer[], key: string, script: ServerScript) {
    this.#socket = socket;
    this.#chain = chain;
    this.#key = createPrivateKey(key);
    this.#script = script;
    socket.on('message', (datagram, remote) => this.#receive(datagram, remote));
  }

  static async start(
    chain: readonly Buffer[],
    key: string,
    script: ServerScript = {},
    address = '127.0.0.1',
    port = 0,
  ): Promise<QadServer> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((bound) => socket.bind(port, address, bound));
    return new QadServer(socket, chain, key, script);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): Promise<void> {
    for (const { timers } of this.#connections.values()) timers.forEach(clearTimeout);
    return new Promise((closed) => this.#socket.close(closed));
  }

  /** Sends to every client it knows. */
  sendToAll(datagram: Buffer): void {
    for (const connection of new Set(this.#connections.values())) this.#send(connection, datagram);
  }

  #receive(datagram: Buffer, remote: RemoteInfo): void {
    this.datagrams++;
    if (this.datagrams > (this.#script.deafAfter ?? Number.POSITIVE_INFINITY)) return;
    for (const packet of packetsOf(datagram)) {
      if (packet.kind !== 'protected') continue;
      const connection = this.#connections.get(packet.destinationId.toString('hex'));
      if (connection !== undefined) this.#takePacket(connection, packet);
      else if (packet.level === 'initial') this.#takeFirst(packet, datagram, remote);
    }
  }

  #takeFirst(packet: ProtectedPacket, datagram: Buffer, remote: RemoteInfo): void {
    const answer = this.#script.answerFirst?.(packet, datagram);
    if (answer === null) return;
    if (answer !== undefined) {
      this.#socket.send(answer, remote.port, remote.address);
      return;
    }
    const retryId = this.#script.sendRetry === true ? randomBytes(8) : null;
    const connection: Connection = {
      remote,
      clientId: Buffer.from(packet.sourceId ?? []),
      id: randomBytes(8),
      originalId: Buffer.from(packet.destinationId),
      retryId,
      keys: new Map(),
      numbers: new Map(),
      received: new Map(),
      datagrams: [],
      finished: Buffer.alloc(0),
      serverHello: Buffer.alloc(0),
      flight: Buffer.alloc(0),
      isDone: false,
      timers: [],
    };
    this.#install(connection, 'initial', initialSecrets(retryId ?? connection.originalId));
    this.#connections.set(connection.id.toString('hex'), connection);
    this.#connections.set((retryId ?? connection.originalId).toString('hex'), connection);
    if (retryId === null) this.#takePacket(connection, packet);
    else this.#sendRetry(connection, retryId);
  }

  #sendRetry({ remote, clientId, originalId }: Connection, retryId: Buffer): void {
    const head = [Buffer.of(0xf0), u32(1), vector(1, clientId), vector(1, retryId), Buffer.from('a token')];
    const packet = Buffer.concat(head);
    this.#socket.send(Buffer.concat([packet, retryTag(packet, originalId)]), remote.port, remote.address);
  }

  #install(connection: Connection, level: Level, { client, server }: Secrets): void {
    connection.keys.set(level, { send: new PacketKeys(server), receive: new PacketKeys(client) });
  }

  #takePacket(connection: Connection, packet: ProtectedPacket): void {
    const keys = connection.keys.get(packet.level);
    const largest = connection.received.get(packet.level) ?? -1;
    const opened = keys === undefined ? null : openPacket(packet, [keys.receive], largest);
    if (opened === null) return;
    if (packet.level === 'application') this.phases.push(opened.keys.phase);
    connection.received.set(packet.level, Math.max(largest, opened.packetNumber));
    this.#takeFrames(connection, packet.level, new Reader(opened.payload));
  }

  #takeFrames(connection: Connection, level: Level, reader: Reader): void {
    let isAsked = false;
    while (reader.left > 0) {
      const type = reader.varintNumber();
      if (type === FrameType.PING) isAsked = true;
      else if (type === FrameType.ACK) skipAck(reader);
      else if (type === FrameType.CRYPTO) {
        reader.varint();
        this.#takeCrypto(connection, level, reader.bytes(reader.varintNumber()));
      } else if (type === FrameType.CONNECTION_CLOSE || type === FrameType.CONNECTION_CLOSE_APPLICATION) {
        const code = reader.varintNumber();
        if (type === FrameType.CONNECTION_CLOSE) reader.varint();
        this.closes.push({ code, reason: reader.bytes(reader.varintNumber()).toString() });
        connection.timers.forEach(clearTimeout);
      } else if (type !== FrameType.PADDING) return;
    }
    if (isAsked && level === 'application') this.#sendApplication(connection);
    else if (isAsked) this.#sendFlight(connection);
  }

  #takeCrypto(connection: Connection, level: Level, message: Buffer): void {
    if (level === 'initial') {
      if (connection.flight.length === 0) this.#handshake(connection, message);
      this.#sendFlight(connection);
    } else if (level === 'handshake' && message.equals(connection.finished)) {
      connection.isDone = true;
      this.#sendApplication(connection, Buffer.of(FrameType.HANDSHAKE_DONE));
    }
  }

  #handshake(connection: Connection, clientHello: Buffer): void {
    const transcript = createHash('sha256').update(clientHello);
    const hash = () => transcript.copy().digest();
    const exchange = new KeyExchange();
    const schedule = new KeySchedule(exchange.shared(keyShareOf(clientHello)));
    connection.serverHello = encodeMessage(
      2,
      ...[u16(0x0303), this.#script.helloRandom ?? randomBytes(32), vector(1), u16(0x1301), Buffer.of(0)],
      vector(2, extension(43, u16(0x0304)), extension(51, u16(0x1d), vector(2, exchange.publicKey))),
    );
    transcript.update(connection.serverHello);
    const handshake = schedule.handshakeSecrets(hash());
    this.#install(connection, 'handshake', handshake);

    const alpn = extension(16, vector(2, vector(1, Buffer.from('/iroh-qad/0'))));
    const entries = this.#chain.map((der) => Buffer.concat([vector(3, der), vector(2)]));
    const messages = [
      encodeMessage(8, vector(2, alpn, extension(57, this.#parameters(connection)))),
      encodeMessage(11, vector(1), vector(3, ...entries)),
    ];
    for (const message of messages) transcript.update(message);
    messages.push(encodeMessage(15, this.#certificateVerify(hash())));
    transcript.update(messages[2] ?? '');
    messages.push(encodeMessage(20, finishedMac(handshake.server, hash())));
    transcript.update(messages[3] ?? '');
    connection.flight = Buffer.concat(this.#script.flight?.(messages) ?? messages);
    this.#install(connection, 'application', schedule.applicationSecrets(hash()));
    connection.finished = encodeMessage(20, finishedMac(handshake.client, hash()));
    for (const ms of [300, 900, 1500]) {
      const again = () =>
        connection.isDone ? this.#sendApplication(connection) : this.#sendFlight(connection);
      connection.timers.push(setTimeout(again, ms));
    }
  }

  #certificateVerify(transcriptHash: Buffer): Buffer {
    const context = Buffer.concat([
      Buffer.alloc(64, 0x20),
      Buffer.from('TLS 1.3, server CertificateVerify\0'),
    ]);
    const signature = sign('sha256', Buffer.concat([context, transcriptHash]), this.#key);
    return Buffer.concat([u16(0x0403), vector(2, signature)]);
  }

  #parameters({ originalId, id, retryId }: Connection): Buffer {
    const right = new Map<bigint, Buffer>([
      [0x00n, originalId],
      [0x02n, RESET_TOKEN],
      [0x0fn, id],
      ...(retryId === null ? [] : [[0x10n, retryId] as const]),
      [0x9f81a176n, varint(0)],
      [27n + 31n * 0x3fff_ffff_ffff_fffn, Buffer.from('grease')],
    ]);
    const chosen = this.#script.parameters?.(right) ?? right;
    return Buffer.concat(
      [...chosen].flatMap(([number, value]) => [varint(number), varint(value.length), value]),
    );
  }

  #sendFlight(connection: Connection): void {
    const { serverHello, flight } = connection;
    const hello = Buffer.concat([
      encodeAck([{ from: 0, to: connection.received.get('initial') ?? 0 }], 0),
      encodeCrypto(0, serverHello),
    ]);
    const first = this.#seal(connection, 'initial', hello);
    let room = 1200 - first.length - 80;
    let packets = [first];
    for (let at = 0; at < flight.length; at += room, room = 1100) {
      const part = flight.subarray(at, at + room);
      packets.push(this.#seal(connection, 'handshake', encodeCrypto(at, part)));
      this.#send(connection, Buffer.concat(packets));
      packets = [];
      if (part.length < room) break;
    }
    this.#sendApplication(connection);
  }

  #sendApplication(connection: Connection, before = Buffer.alloc(0)): void {
    const observed = observedAddress(connection.remote);
    const frames = this.#script.applicationFrames?.(observed) ?? observed;
    const acked = connection.received.get('application');
    const ack = acked === undefined ? [] : [encodeAck([{ from: acked, to: acked }], 0)];
    const payload = Buffer.concat([...ack, before, frames, Buffer.alloc(4)]);
    this.#send(connection, this.#seal(connection, 'application', payload));
  }

  #seal(connection: Connection, level: Level, payload: Buffer): Buffer {
    const packetNumber = connection.numbers.get(level) ?? 0;
    connection.numbers.set(level, packetNumber + 1);
    const keys = connection.keys.get(level)?.send;
    if (keys === undefined) return Buffer.alloc(0);
    const { clientId: destinationId, id: sourceId } = connection;
    const fields = { level, destinationId, sourceId, token: Buffer.alloc(0), packetNumber };
    const isUpdated = level === 'application' && this.#script.isKeyUpdated === true;
    return sealPacket(fields, payload, isUpdated ? keys.next() : keys);
  }

  #send({ remote }: Connection, datagram: Buffer): void {
    if (datagram.length > 0) this.#socket.send(datagram, remote.port, remote.address);
  }
}

function skipAck(reader: Reader): void {
  reader.varint();
  reader.varint();
  const more = reader.varintNumber();
  reader.varint();
  for (let index = 0; index < 2 * more; index++) reader.varint();
}

function extension(type: number, ...body: Buffer[]): Buffer {
  return Buffer.concat([u16(type), vector(2, ...body)]);
}

function keyShareOf(clientHello: Buffer): Buffer {
  const reader = new Reader(clientHello.subarray(4 + 2 + 32));
  reader.vector(1);
  reader.vector(2);
  reader.vector(1);
  const extensions = new Reader(reader.vector(2));
  while (extensions.left > 0) {
    const type = extensions.u16();
    const value = extensions.vector(2);
    if (type === 51) return value.subarray(-32);
  }
  throw new Error('no key share');
}

/** As a relay with one socket for both families sends it on IPv4: IPv4 in IPv6's frame would do as well. */
export function observedAddress({ address, port }: { address: string; port: number }): Buffer {
  if (!address.includes(':')) {
    const ip = Buffer.from(address.split('.').map(Number));
    return Buffer.concat([varint(FrameType.OBSERVED_ADDRESS_V4), varint(0), ip, u16(port)]);
  }
  const loopback = Buffer.concat([Buffer.alloc(15), Buffer.of(1)]);
  return Buffer.concat([varint(FrameType.OBSERVED_ADDRESS_V6), varint(0), loopback, u16(port)]);
}
