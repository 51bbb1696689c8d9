import { type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SocketAddr } from '../../../wire/index.js';
import {
  CONNECTION_ID_BYTES,
  INITIAL_RTT_MS,
  MAX_DATAGRAMS,
  MIN_STATELESS_RESET_BYTES,
  RESET_TOKEN_BYTES,
} from '../constants.js';
import { hasShortHeader, type Level } from '../packets/header.js';
import { initialSecrets } from '../packets/packet-keys.js';
import { protocolError, QadError, TransportError } from '../qad-error.js';
import { TlsClient } from '../tls/tls-client.js';
import { Closing } from './closing.js';
import { Exchange, type ExchangeOptions, type ExchangeSurroundings } from './exchange.js';
import { encodePathResponse, type Frame } from './frames.js';
import { Incoming } from './incoming.js';
import { PacketSpace } from './packet-space.js';
import { Peer } from './peer.js';
import { Sender } from './sender.js';
import { encodeClientParameters, type TransportParameter } from './transport-parameters.js';

/** Time and randomness. */
export interface Environment {
  /** Milliseconds, monotonic. */
  now(): number;
  randomBytes(length: number): Buffer;
}

/** What a relay saw. */
export interface Report {
  address: SocketAddr;
  /** Smoothed round-trip time, in milliseconds. */
  rttMs: number;
}

export interface ConnectionOptions {
  /** For SNI; null for an IP address. */
  serverName: string | null;
  alpn: string;
  extraParameters?: readonly TransportParameter[] | undefined;
  verifyChain(chain: readonly Buffer[]): KeyObject;
  environment: Environment;
  send(datagram: Buffer): void;
  /** Called once, when the server showed that it saw our first packet. */
  onHeard?(): void;
  /** Called once, when the handshake is complete on both sides and the address is known. */
  onReport(report: Report): void;
  /** Called once, if it ends by itself, before or after the report. */
  onEnd(error: QadError): void;
  /** Called after a good end, when the server needs no more answers. */
  onGone(): void;
}

type FrameOf<T extends Frame['type']> = Extract<Frame, { type: T }>;

/**
 * One QUIC v1 connection of a client that wants to know its address, and whether full-size datagrams pass. No
 * streams, no migration, no key update of its own. After its report it does nothing until its owner uses it or ends
 * it; the owner keeps the time limits.
 */
export class Connection {
  /** Our connection id: the server's packets carry it. */
  readonly id: Buffer;
  readonly #options: ConnectionOptions;
  readonly #tls: TlsClient;
  readonly #spaces: Record<Level, PacketSpace> = {
    initial: new PacketSpace(),
    handshake: new PacketSpace(),
    application: new PacketSpace(),
  };
  readonly #peer: Peer;
  readonly #sender: Sender;
  readonly #incoming: Incoming;
  readonly #closing: Closing;
  /** `established` by TLS; `confirmed`: the server showed that it is complete on its side, too. */
  #state: 'handshake' | 'established' | 'confirmed' | 'reported' | 'closing' | 'ended' = 'handshake';
  #exchange: Exchange | null = null;
  #observed: { sequence: bigint; address: SocketAddr } | null = null;
  #datagrams = 0;
  #heardAtMs: number | null = null;

  /** @throws `QAD_UNSUPPORTED` */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { environment } = options;
    this.id = environment.randomBytes(CONNECTION_ID_BYTES);
    this.#peer = new Peer(environment.randomBytes(CONNECTION_ID_BYTES));
    this.#spaces.initial.install(initialSecrets(this.#peer.destinationId));
    this.#incoming = new Incoming(this.id, this.#spaces, this.#peer);
    const { serverName, alpn, verifyChain } = options;
    this.#sender = new Sender({
      spaces: this.#spaces,
      peer: this.#peer,
      sourceId: this.id,
      now: () => environment.now(),
      send: (datagram) => options.send(datagram),
    });
    this.#closing = new Closing(this.#spaces, this.#peer, this.#sender);
    const transportParameters = encodeClientParameters(this.id, options.extraParameters);
    this.#tls = new TlsClient(
      { serverName, alpn, random: environment.randomBytes(32), transportParameters, verifyChain },
      {
        send: (level, message) => this.#spaces[level].pushCrypto(message),
        secrets: (level, secrets) => this.#spaces[level].install(secrets),
        transportParameters: (parameters) => this.#peer.takeParameters(parameters),
        established: () => {
          this.#state = 'established';
        },
      },
    );
  }

  /** The server showed that it saw our first packet. */
  get hasHeard(): boolean {
    return this.#peer.hasHeard;
  }

  /** How long the handshake has lasted since then, in milliseconds and in round trips. Zero before. */
  get handshaking(): { ms: number; roundTrips: number } {
    if (this.#heardAtMs === null) return { ms: 0, roundTrips: 0 };
    const ms = this.#options.environment.now() - this.#heardAtMs;
    return { ms, roundTrips: ms / (this.#sender.roundTrip.smoothedMs ?? INITIAL_RTT_MS) };
  }

  start(): void {
    this.#tls.start();
    this.#sender.flush();
  }

  /** @param atMs - when it arrived, by the environment's clock */
  receive(datagram: Buffer, atMs: number): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'closing') {
      this.#closing.repeat();
      return;
    }
    try {
      if (++this.#datagrams > MAX_DATAGRAMS) throw protocolError('too many datagrams');
      this.#takeFrames(datagram, atMs);
      if (this.hasHeard && this.#heardAtMs === null) {
        this.#heardAtMs = atMs;
        this.#options.onHeard?.();
      }
      if (this.isReset(datagram)) throw new QadError('QAD_STATELESS_RESET', 'the server lost the connection');
    } catch (error) {
      this.#fail(error);
    }
    if (!this.#isOver()) this.#conclude();
  }

  /**
   * Whether a datagram ends with this connection's stateless reset token (RFC 9000 §10.3.1). It may carry any
   * connection id. An authentic packet cannot: its last bytes are an authentication tag.
   */
  isReset(datagram: Buffer): boolean {
    const token = this.#isEstablished() ? (this.#peer.parameters?.resetToken ?? null) : null;
    if (token === null || !hasShortHeader(datagram) || datagram.length < MIN_STATELESS_RESET_BYTES)
      return false;
    return timingSafeEqual(datagram.subarray(-RESET_TOKEN_BYTES), token);
  }

  /** Closes, if the server knows us, and forgets everything. `onEnd` is not called any more. */
  abandon(): void {
    if (!this.#isOver()) this.#closing.refuse(TransportError.APPLICATION, '');
    this.#state = 'ended';
    this.#sender.stop();
    this.#exchange?.stop();
    this.#closing.stop();
  }

  /**
   * After the report: sends full-size datagrams until it is clear whether they pass, or `timeoutMs` have passed. The
   * connection's `onEnd` may be called instead.
   */
  exchange(timeoutMs: number, options: ExchangeSurroundings & Pick<ExchangeOptions, 'onEnd'>): void {
    let number = 0;
    const exchange = new Exchange({
      roundTripMs: this.#sender.roundTrip.smoothedMs ?? INITIAL_RTT_MS,
      timeoutMs,
      now: () => this.#options.environment.now(),
      send: () => this.#sender.write(true, number++),
      ...options,
    });
    this.#exchange = exchange;
    exchange.start();
  }

  /** After the report: closes as iroh's client does. */
  finish(): void {
    if (this.#isOver()) return;
    this.#sender.stop();
    this.#exchange?.stop();
    this.#state = 'closing';
    this.#closing.finish(() => {
      this.#state = 'ended';
      this.#options.onGone();
    });
  }

  #isEstablished(): boolean {
    return this.#state === 'established' || this.#state === 'confirmed' || this.#state === 'reported';
  }

  #isOver(): boolean {
    return this.#state === 'closing' || this.#state === 'ended';
  }

  // Frames (RFC 9000 §19)

  #takeFrames(datagram: Buffer, atMs: number): void {
    for (const { frame, level } of this.#incoming.frames(datagram, atMs)) {
      this.#takeFrame(frame, level, atMs);
      // A close ends it at once, whatever came with it.
      if (this.#isOver()) return;
    }
  }

  #takeFrame(frame: Frame, level: Level, atMs: number): void {
    switch (frame.type) {
      case 'ack':
        this.#takeAck(frame, level, atMs);
        break;
      case 'crypto':
        this.#tls.receive(level, this.#spaces[level].cryptoIn.take(frame.offset, frame.data));
        break;
      case 'path-challenge':
        this.#spaces[level].push(encodePathResponse(frame.data));
        break;
      case 'handshake-done':
        this.#confirm();
        break;
      case 'observed-address':
        this.#takeObserved(frame);
        break;
      case 'close':
        this.#takeClose(frame);
        break;
      case 'padding':
      case 'ignored':
    }
  }

  #takeAck({ ranges, delay }: FrameOf<'ack'>, level: Level, atMs: number): void {
    const { isNews, measuredFromMs, fullNumbers } = this.#spaces[level].acknowledged(ranges);
    if (isNews) this.#sender.heard();
    if (isNews && level === 'application') this.#confirm();
    this.#exchange?.acknowledged(fullNumbers, atMs);
    if (measuredFromMs === null) return;
    const { ackDelayUnitMs = 0, maxAckDelayMs = 0 } = this.#peer.parameters ?? {};
    // Initial and Handshake packets are acknowledged at once (RFC 9002 §5.3).
    const delayMs = level === 'application' ? Math.min(delay * ackDelayUnitMs, maxAckDelayMs) : 0;
    this.#sender.roundTrip.sample(atMs - measuredFromMs, delayMs);
  }

  /** RFC 9001 §4.1.2: the server has read our last message; §4.9.2: the Handshake keys are not needed any more. */
  #confirm(): void {
    if (this.#state === 'established') this.#state = 'confirmed';
    this.#spaces.handshake.discard();
  }

  #takeObserved({ sequence, address }: FrameOf<'observed-address'>): void {
    if (this.#peer.parameters?.reportsAddresses !== true)
      throw protocolError('OBSERVED_ADDRESS was not negotiated');
    if (this.#observed !== null && sequence <= this.#observed.sequence) return;
    this.#observed = { sequence, address };
  }

  #takeClose({ by, code, reason }: FrameOf<'close'>): void {
    const text = reason === '' ? '' : ` (${reason})`;
    this.#end(
      new QadError('QAD_CLOSED_BY_RELAY', `the server closed with ${by} code 0x${code.toString(16)}${text}`),
    );
  }

  // Ends

  #conclude(): void {
    if (this.#state === 'reported') {
      // Acknowledges what came. We wait for no answer.
      this.#sender.write(false);
      return;
    }
    if (this.#isEstablished() && this.#peer.parameters?.reportsAddresses !== true) {
      this.finish();
      this.#options.onEnd(new QadError('QAD_NOT_OFFERED', 'the server does not report addresses'));
      return;
    }
    const rttMs = this.#sender.roundTrip.smoothedMs;
    if (this.#state !== 'confirmed' || this.#observed === null || rttMs === null) {
      this.#sender.flush();
      return;
    }
    this.#state = 'reported';
    this.#sender.write(false);
    this.#sender.stop();
    this.#options.onReport({ address: this.#observed.address, rttMs });
  }

  #fail(cause: unknown): void {
    const error =
      cause instanceof QadError
        ? cause
        : new QadError('QAD_PROTOCOL', 'unreadable packet', TransportError.INTERNAL, { cause });
    // A server that lost the connection would only answer with the next reset.
    if (error.code !== 'QAD_STATELESS_RESET') this.#closing.refuse(error.closeCode, error.message);
    this.#end(error);
  }

  #end(outcome: QadError): void {
    this.#sender.stop();
    this.#exchange?.stop();
    this.#state = 'ended';
    this.#options.onEnd(outcome);
  }
}
