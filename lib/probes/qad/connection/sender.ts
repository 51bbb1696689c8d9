import type { Level } from '../packets/header.js';
import { writeDatagram } from './datagram.js';
import type { PacketSpace } from './packet-space.js';
import type { Peer } from './peer.js';
import { RoundTrip } from './round-trip.js';

/** Our own ACK delays are in units of 2^3 microseconds: `ack_delay_exponent` has its default. */
const ACK_DELAY_UNIT_MS = 0.008;

export interface SenderOptions {
  spaces: Readonly<Record<Level, PacketSpace>>;
  peer: Peer;
  sourceId: Buffer;
  now(): number;
  send(datagram: Buffer): void;
}

/** Sends what the packet spaces hold, and again when nothing comes back (RFC 9002 §6.2). */
export class Sender {
  readonly roundTrip = new RoundTrip();
  readonly #options: SenderOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Probe timeouts in a row. */
  #probes = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** The peer has acknowledged something: the back-off starts anew. */
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
    // RFC 9001 §4.9.1: the server has our Handshake keys too, so the Initial ones have served.
    if (datagram.hasHandshake) spaces.initial.discard();
    send(datagram.bytes);
  }

  /**
   * Sends what there is, and asks for an answer until {@link stop}: a server that may not send more before it hears of
   * us would wait for ever otherwise (RFC 9002 §6.2.2.1).
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
      // Two, as RFC 9002 §6.2.4 allows: on a bad path one of them gets through more often, and the next turn is far off.
      this.write(true);
      this.write(true);
      this.#armTimer();
    }, ms).unref();
  }
}
