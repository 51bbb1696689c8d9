import { DATAGRAM_BYTES, INITIAL_RTT_MS, TAG_BYTES, TIMER_GRANULARITY_MS } from '../constants.js';
import { encodeHeader, type HeaderFields, LEVELS, type Level } from '../packets/header.js';
import type { PacketKeys } from '../packets/packet-keys.js';
import { sealPacket } from '../packets/protection.js';
import type { Outgoing, PacketSpace } from './packet-space.js';
import type { Peer } from './peer.js';

/** Our own ACK delays are in units of 2^3 microseconds: `ack_delay_exponent` has its default. */
const ACK_DELAY_UNIT_MS = 0.008;

interface SenderOptions {
  spaces: Readonly<Record<Level, PacketSpace>>;
  peer: Peer;
  sourceId: Buffer;
  now(): number;
  send(datagram: Buffer): void;
}

/** Sends what the packet spaces have, and sends again if nothing comes back (RFC 9002 §6.2). */
export class Sender {
  readonly roundTrip = new RoundTrip();
  readonly #options: SenderOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Probe timeouts in a row. */
  #probes = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** The peer has acknowledged something: the waits start short again. */
  heard(): void {
    this.#probes = 0;
  }

  /**
   * @param isProbe - repeat what is not acknowledged, or ping
   * @param fullNumber - fill the datagram; its number in the exchange
   */
  write(isProbe: boolean, fullNumber: number | null = null): void {
    const { spaces, peer, sourceId, now, send } = this.#options;
    const { destinationId, token } = peer;
    const context = { spaces, destinationId, sourceId, token, isProbe, fullNumber };
    const datagram = writeDatagram({ ...context, ackDelayUnitMs: ACK_DELAY_UNIT_MS, nowMs: now() });
    if (datagram === null) return;
    // RFC 9001 §4.9.1: the server has our Handshake keys as well, so the Initial ones are not needed any more.
    if (datagram.hasHandshake) spaces.initial.discard();
    send(datagram.bytes);
  }

  /**
   * Sends what there is, and asks for an answer until {@link stop}. A server that may not send more before it hears
   * from us would otherwise wait for ever (RFC 9002 §6.2.2.1).
   */
  flush(): void {
    this.write(false);
    this.#armTimer();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #armTimer(): void {
    this.stop();
    // Before 1-RTT packets nobody delays acknowledgements.
    const { maxAckDelayMs = 0 } =
      this.#options.spaces.application.keys === null ? {} : (this.#options.peer.parameters ?? {});
    const ms = this.roundTrip.probeTimeoutMs(maxAckDelayMs) * 2 ** this.#probes;
    this.#timer = setTimeout(() => {
      this.#probes++;
      // Two, as RFC 9002 §6.2.4 allows: on a bad path it is likelier that one of them arrives, and the next try is
      // far away.
      this.write(true);
      this.write(true);
      this.#armTimer();
    }, ms).unref();
  }
}

interface DatagramContext {
  spaces: Readonly<Record<Level, PacketSpace>>;
  destinationId: Buffer;
  sourceId: Buffer;
  /** From a Retry packet; empty without. */
  token: Buffer;
  ackDelayUnitMs: number;
  nowMs: number;
  /** The probe timeout fired: repeat, or ping. */
  isProbe: boolean;
  /** The number of the full-size datagram that this is: its 1-RTT packet fills it. */
  fullNumber: number | null;
}

/** A datagram, and whether a Handshake packet is in it. */
interface Datagram {
  bytes: Buffer;
  hasHandshake: boolean;
}

interface Piece {
  fields: HeaderFields;
  outgoing: Outgoing;
  keys: PacketKeys;
}

/** One datagram with all that can be sent, one packet for each level (RFC 9000 §12.2). Null: nothing. */
function writeDatagram(context: DatagramContext): Datagram | null {
  const pieces = LEVELS.flatMap((level) => pieceOf(level, context));
  if (pieces.length === 0) return null;
  const size = pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);
  const packets = pieces.map(({ fields, outgoing, keys }) => {
    // PADDING frames are zeros. Those of the Initial packet fill the datagram (RFC 9000 §14.1).
    const isFilled =
      fields.level === 'initial' || (fields.level === 'application' && context.fullNumber !== null);
    const padding = isFilled ? Math.max(0, DATAGRAM_BYTES - size) : 0;
    return sealPacket(fields, Buffer.concat([outgoing.payload, Buffer.alloc(padding)]), keys);
  });
  const hasHandshake = pieces.some(({ fields }) => fields.level === 'handshake');
  return { bytes: Buffer.concat(packets), hasHandshake };
}

function pieceOf(level: Level, context: DatagramContext): Piece[] {
  const space = context.spaces[level];
  if (space.keys === null) return [];
  const outgoing = space.outgoing(context.isProbe, context.nowMs, context.ackDelayUnitMs);
  if (outgoing === null) return [];
  const { destinationId, sourceId, token, nowMs } = context;
  const packetNumber = space.sending(outgoing, nowMs, level === 'application' ? context.fullNumber : null);
  const fields = { level, destinationId, sourceId, token, packetNumber };
  return [{ fields, outgoing, keys: space.keys.send }];
}

function sizeOf({ fields, outgoing: { payload } }: Piece): number {
  return encodeHeader(fields, payload.length).length + payload.length + TAG_BYTES;
}

/** Round-trip time by RFC 9002 §5, in milliseconds. */
class RoundTrip {
  #min = Number.POSITIVE_INFINITY;
  #variation = INITIAL_RTT_MS / 2;
  #smoothed: number | null = null;

  /** Null before the first sample. */
  get smoothedMs(): number | null {
    return this.#smoothed;
  }

  /** @param ackDelayMs - how long the peer says it waited; 0 where it must not wait */
  sample(latestMs: number, ackDelayMs: number): void {
    this.#min = Math.min(this.#min, latestMs);
    if (this.#smoothed === null) {
      this.#smoothed = latestMs;
      this.#variation = latestMs / 2;
      return;
    }
    const adjusted = latestMs >= this.#min + ackDelayMs ? latestMs - ackDelayMs : latestMs;
    this.#variation = (3 * this.#variation + Math.abs(this.#smoothed - adjusted)) / 4;
    this.#smoothed = (7 * this.#smoothed + adjusted) / 8;
  }

  /** How long to wait for an acknowledgement before asking again (RFC 9002 §6.2.1). */
  probeTimeoutMs(maxAckDelayMs: number): number {
    const smoothed = this.#smoothed ?? INITIAL_RTT_MS;
    return smoothed + Math.max(4 * this.#variation, TIMER_GRANULARITY_MS) + maxAckDelayMs;
  }
}
