import { MAX_WAITING_PACKETS } from '../constants.js';
import { type Level, type Packet, type ProtectedPacket, packetsOf } from '../packets/header.js';
import { initialSecrets } from '../packets/packet-keys.js';
import { openPacket } from '../packets/protection.js';
import { decodeFrames, type Frame, isAckEliciting } from './frames.js';
import type { PacketSpace } from './packet-space.js';
import type { Peer } from './peer.js';

/** A frame of an authentic packet. */
export interface Arrival {
  frame: Frame;
  level: Level;
}

/** Turns the server's datagrams into frames (RFC 9000 §12): which packets count, and which keys open them. */
export class Incoming {
  readonly #ownId: Buffer;
  readonly #spaces: Readonly<Record<Level, PacketSpace>>;
  readonly #peer: Peer;
  /** Packets that came before the one with their keys (RFC 9001 §5.7). */
  #waiting: ProtectedPacket[] = [];

  constructor(ownId: Buffer, spaces: Readonly<Record<Level, PacketSpace>>, peer: Peer) {
    this.#ownId = ownId;
    this.#spaces = spaces;
    this.#peer = peer;
  }

  /**
   * The frames of one datagram, and of earlier packets that can be read now. A frame may bring the keys of the next
   * packet, so each frame must be handled before the next is asked for.
   *
   * @throws {@link QadError}
   */
  *frames(datagram: Buffer, atMs: number): Generator<Arrival, void, undefined> {
    for (const packet of packetsOf(datagram)) {
      if (!packet.destinationId.equals(this.#ownId)) continue;
      switch (packet.kind) {
        case 'version-negotiation':
          this.#peer.takeVersionNegotiation(packet);
          break;
        case 'retry':
          this.#takeRetry(packet);
          break;
        case 'protected':
          yield* this.#open(packet, atMs);
          yield* this.#openWaiting(atMs);
      }
    }
  }

  #takeRetry(packet: Extract<Packet, { kind: 'retry' }>): void {
    if (!this.#peer.takeRetry(packet)) return;
    this.#spaces.initial.install(initialSecrets(this.#peer.destinationId));
    this.#spaces.initial.resendCrypto();
  }

  *#open(packet: ProtectedPacket, atMs: number): Generator<Arrival, void, undefined> {
    const { level, sourceId } = packet;
    const space = this.#spaces[level];
    if (space.isDiscarded || !this.#peer.isSender(sourceId)) return;
    if (space.keys === null) {
      if (this.#waiting.length < MAX_WAITING_PACKETS) this.#waiting.push(packet);
      return;
    }
    const opened = openPacket(packet, space.keys.receive, space.received.largest);
    if (opened === null) return;
    if (!space.keys.receive.includes(opened.keys)) space.update(opened.keys);
    this.#peer.settle(sourceId);
    if (space.received.has(opened.packetNumber)) return;
    const frames = decodeFrames(opened.payload, level);
    space.arrived(opened.packetNumber, frames.some(isAckEliciting), atMs);
    for (const frame of frames) yield { frame, level };
  }

  *#openWaiting(atMs: number): Generator<Arrival, void, undefined> {
    const hasKeys = ({ level }: ProtectedPacket) => this.#spaces[level].keys !== null;
    while (this.#waiting.some(hasKeys)) {
      const ready = this.#waiting.filter(hasKeys);
      this.#waiting = this.#waiting.filter((packet) => !hasKeys(packet));
      for (const packet of ready) yield* this.#open(packet, atMs);
    }
  }
}
