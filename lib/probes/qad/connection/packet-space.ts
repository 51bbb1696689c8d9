import { MAX_RANGES } from '../constants.js';
import { PacketKeys, type Secrets } from '../packets/packet-keys.js';
import { protocolError } from '../qad-error.js';
import { CryptoReceiver } from './crypto-receiver.js';
import { encodeAck, encodeCrypto, PING, type Range } from './frames.js';

/** A packet of ours that may still be acknowledged. */
interface SentPacket {
  atMs: number;
  isEliciting: boolean;
  hasCrypto: boolean;
  /** Its number in the exchange, if it is a full-size datagram. */
  fullNumber: number | null;
}

/** The frames for one packet. */
export interface Outgoing {
  payload: Buffer;
  isEliciting: boolean;
  hasCrypto: boolean;
}

/** What an acknowledgement says. */
interface Acknowledged {
  isNews: boolean;
  measuredFromMs: number | null;
  fullNumbers: readonly number[];
}

/** Keys of both directions. `receive`: the newest, then those that they replaced. */
interface Keys {
  receive: readonly [PacketKeys, PacketKeys?];
  send: PacketKeys;
}

/** One packet number space with its keys and its part of the handshake (RFC 9000 §12.3). */
export class PacketSpace {
  keys: Keys | null = null;
  /** Its keys were thrown away (RFC 9001 §4.9). */
  isDiscarded = false;
  readonly received = new ReceivedPackets();
  readonly cryptoIn = new CryptoReceiver();
  /** Frames that will be sent once; they are not repeated. */
  readonly #queue: Buffer[] = [];
  #cryptoOut = Buffer.alloc(0);
  #isCryptoSent = true;
  #isCryptoAcked = true;
  #isAckDue = false;
  #largestAtMs = 0;
  #nextNumber = 0;
  #sent = new Map<number, SentPacket>();

  install({ client, server }: Secrets): void {
    this.keys = { send: new PacketKeys(client), receive: [new PacketKeys(server)] };
  }

  /** The server has updated its keys: ours follow, as it expects (RFC 9001 §6.2). */
  update(receive: PacketKeys): void {
    if (this.keys !== null)
      this.keys = { send: this.keys.send.next(), receive: [receive, this.keys.receive[0]] };
  }

  discard(): void {
    this.keys = null;
    this.isDiscarded = true;
    this.#sent.clear();
  }

  /** Handshake bytes to send. Those of one level fit into one packet, so they are sent and repeated as a whole. */
  pushCrypto(data: Buffer): void {
    this.#cryptoOut = Buffer.concat([this.#cryptoOut, data]);
    this.resendCrypto();
  }

  resendCrypto(): void {
    this.#isCryptoSent = false;
    this.#isCryptoAcked = false;
  }

  /** Frames to send with the next packet. */
  push(frame: Buffer): void {
    this.#queue.push(frame);
  }

  /** Notes an authentic packet's arrival. */
  arrived(packetNumber: number, isEliciting: boolean, atMs: number): void {
    this.received.add(packetNumber);
    if (packetNumber === this.received.largest) this.#largestAtMs = atMs;
    this.#isAckDue ||= isEliciting;
  }

  /**
   * What can be sent now. `isProbe`: the probe timeout fired, so something that must be acknowledged is repeated.
   * Null: nothing.
   */
  outgoing(isProbe: boolean, nowMs: number, ackDelayUnitMs: number): Outgoing | null {
    const frames: Buffer[] = [];
    if (this.#isAckDue || (isProbe && this.received.largest >= 0)) {
      const delay = Math.max(0, Math.round((nowMs - this.#largestAtMs) / ackDelayUnitMs));
      frames.push(encodeAck(this.received.ranges, delay));
      this.#isAckDue = false;
    }
    const hasCrypto = !this.#isCryptoSent || (isProbe && !this.#isCryptoAcked);
    if (hasCrypto) frames.push(encodeCrypto(0, this.#cryptoOut));
    this.#isCryptoSent = true;
    const queued = this.#queue.splice(0);
    frames.push(...queued);
    const isEliciting = hasCrypto || isProbe;
    if (isProbe && !hasCrypto) frames.push(PING);
    return frames.length === 0 ? null : { payload: Buffer.concat(frames), isEliciting, hasCrypto };
  }

  /** The packet number for what is sent now. */
  sending({ isEliciting, hasCrypto }: Outgoing, atMs: number, fullNumber: number | null = null): number {
    const packetNumber = this.#nextNumber++;
    this.#sent.set(packetNumber, { atMs, isEliciting, hasCrypto, fullNumber });
    return packetNumber;
  }

  /**
   * Handles an acknowledgement.
   *
   * @returns whether it says anything new; when the packet left that measures the round trip (RFC 9002 §5.1); and the
   *   numbers of full-size datagrams, which are slower than small ones on a slow line
   * @throws `QAD_PROTOCOL` for numbers that were never sent
   */
  acknowledged(ranges: readonly Range[]): Acknowledged {
    const largest = ranges[0]?.to ?? 0;
    if (largest >= this.#nextNumber) throw protocolError('a packet is acknowledged that was never sent');
    let isNews = false;
    let measuredFromMs: number | null = null;
    const fullNumbers: number[] = [];
    for (const [packetNumber, packet] of this.#sent) {
      if (!ranges.some(({ from, to }) => from <= packetNumber && packetNumber <= to)) continue;
      this.#sent.delete(packetNumber);
      if (packet.isEliciting) isNews = true;
      if (packet.hasCrypto) this.#isCryptoAcked = true;
      if (packet.fullNumber !== null) fullNumbers.push(packet.fullNumber);
      else if (packet.isEliciting && packetNumber === largest) measuredFromMs = packet.atMs;
    }
    return { isNews, measuredFromMs, fullNumbers };
  }
}

/** Which packet numbers of one space have arrived: to drop duplicates and to acknowledge (RFC 9000 §12.3, §13.2). */
export class ReceivedPackets {
  /** Highest first; ranges that touch are joined. */
  #ranges: Range[] = [];
  /** Numbers below this count as seen, since their ranges were forgotten. */
  #forgottenBelow = 0;

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** -1 before the first. */
  get largest(): number {
    return this.#ranges[0]?.to ?? -1;
  }

  has(packetNumber: number): boolean {
    if (packetNumber < this.#forgottenBelow) return true;
    return this.#ranges.some(({ from, to }) => from <= packetNumber && packetNumber <= to);
  }

  add(packetNumber: number): void {
    const sorted = [...this.#ranges, { from: packetNumber, to: packetNumber }].sort((a, b) => b.to - a.to);
    const merged: Range[] = [];
    for (const range of sorted) {
      const above = merged.at(-1);
      if (above !== undefined && range.to + 1 >= above.from) above.from = Math.min(above.from, range.from);
      else merged.push({ ...range });
    }
    this.#ranges = merged.slice(0, MAX_RANGES);
    if (merged.length > MAX_RANGES) this.#forgottenBelow = this.#ranges.at(-1)?.from ?? 0;
  }
}
