import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { abortable, monotonicMs, onAbort } from '../../async/index.js';
import { type SocketAddr, withoutBrackets } from '../../wire/index.js';
import type { TrustAnchors } from './certificates/trust-anchors.js';
import { verifyChain } from './certificates/verify-chain.js';
import { Connection, type Environment, type Report } from './connection/connection.js';
import type { Exchanged, ExchangeSurroundings } from './connection/exchange.js';
import type { TransportParameter } from './connection/transport-parameters.js';
import {
  ATTEMPT_INTERVAL_MS,
  HANDSHAKE_CHECK_MS,
  HURRIED_INTERVAL_MS,
  MAX_ATTEMPTS,
  QAD_ALPN,
  SLOW_MS,
  SLOW_ROUND_TRIPS,
  STUCK_MS,
  STUCK_ROUND_TRIPS,
} from './constants.js';
import { QadError } from './qad-error.js';
import type { QadSocket } from './qad-socket.js';

export interface DiscoverOptions {
  /** The relay's name as in its URL: its certificate must be for it. May be an IP address, or end with a dot. */
  host: string;
  /** Where to ask: an address of the socket's family. */
  ip: string;
  port: number;
  socket: QadSocket;
  trust: TrustAnchors;
  /** Milliseconds after which the discovery gives up. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Fires when silence has lasted long enough. A handshake that has begun goes on. */
  giveUp?: AbortSignal | undefined;
  /** Fires when another relay has answered quickly. This one is then asked more often. */
  hurry?: AbortSignal | undefined;
  /** Default: iroh's. */
  alpn?: string | undefined;
  /** Transport parameters for servers that are no relays, in tests. */
  extraParameters?: readonly TransportParameter[] | undefined;
  environment?: Environment | undefined;
  /** Milliseconds since the epoch, for the certificates' validity. */
  wallClock?: (() => number) | undefined;
}

/** What a relay saw of us. */
export interface Discovered {
  /** Where our datagrams come from, as the relay sees it. */
  observed: SocketAddr;
  /** Smoothed round-trip time, in milliseconds. */
  rttMs: number;
}

/** A connection that has told our address. */
export interface Session extends Discovered {
  /** Sends full-size datagrams for some time, once. Rejects when the connection ends meanwhile. */
  exchange(timeoutMs: number, surroundings?: ExchangeSurroundings): Promise<Exchanged>;
  /** Ends the session. An open exchange never ends then. */
  close(): void;
}

const ENVIRONMENT: Environment = {
  now: monotonicMs,
  randomBytes: (length) => randomBytes(length),
};

/** Asks a relay for our address, as {@link connect} does, and closes the session. */
export async function discover(options: DiscoverOptions): Promise<Discovered> {
  const session = await connect(options);
  session.close();
  const { observed, rttMs } = session;
  return { observed, rttMs };
}

/**
 * Asks a relay for our address by a QUIC handshake. Two things help against loss: each connection repeats its
 * packets, and every 0.6 s a new connection starts beside it, since servers repeat late; earlier if a handshake began
 * and is slow, or if other relays have answered. The first answer wins, and its connection stays open.
 *
 * @throws {@link QadError}; the kernel's own error (`ENETUNREACH`, …) when it refuses to send
 */
export function connect(options: DiscoverOptions): Promise<Session> {
  return new Promise((resolve, reject) => new Discovery(options, resolve, reject).start());
}

class Discovery {
  readonly #options: DiscoverOptions;
  readonly #resolve: (session: Session) => void;
  readonly #reject: (error: unknown) => void;
  readonly #host: string;
  readonly #connections = new Set<Connection>();
  #forgets: (() => void)[] = [];
  #deadline: NodeJS.Timeout | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #checker: NodeJS.Timeout | undefined;
  #attempts = 0;
  #wasSlow = false;

  constructor(
    options: DiscoverOptions,
    resolve: (session: Session) => void,
    reject: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#host = withoutBrackets(options.host).replace(/\.$/, '');
  }

  start(): void {
    const { signal, giveUp, hurry, timeoutMs } = this.#options;
    if (signal?.aborted === true) {
      this.#aborted();
      return;
    }
    this.#forgets = [onAbort(signal, () => this.#aborted()), onAbort(giveUp, () => this.#gaveUp())];
    this.#deadline = setTimeout(() => this.#lose(this.#silence()), timeoutMs).unref();
    this.#attemptEach(ATTEMPT_INTERVAL_MS);
    this.#forgets.push(onAbort(hurry, () => this.#attemptEach(HURRIED_INTERVAL_MS)));
    this.#attempt();
  }

  #attemptEach(ms: number): void {
    clearInterval(this.#ticker);
    this.#ticker = setInterval(() => this.#attempt(), ms).unref();
  }

  #aborted(): void {
    this.#lose(new QadError('QAD_ABORTED', 'the discovery was cancelled'));
  }

  #gaveUp(): void {
    if (!this.#hasHeard) this.#lose(this.#silence());
  }

  /** The relay was heard for the first time. */
  #heard(): void {
    // It may have said no more than that it refuses us.
    if (this.#connections.size === 0) return;
    this.#checker ??= setInterval(() => this.#check(), HANDSHAKE_CHECK_MS).unref();
  }

  #check(): void {
    // The relay answered, but no handshake ends, and other attempts did not help.
    if (this.#attempts > 1 && this.#lasts(STUCK_MS, STUCK_ROUND_TRIPS)) this.#lose(this.#silence());
    else if (!this.#wasSlow && this.#lasts(SLOW_MS, SLOW_ROUND_TRIPS)) {
      this.#wasSlow = true;
      this.#attempt();
    }
  }

  /** Whether a handshake has lasted so long since the relay was heard. */
  #lasts(leastMs: number, leastRoundTrips: number): boolean {
    return [...this.#connections].some(
      ({ handshaking: { ms, roundTrips } }) => ms >= leastMs && roundTrips >= leastRoundTrips,
    );
  }

  #attempt(): void {
    if (++this.#attempts > MAX_ATTEMPTS) return;
    const {
      ip,
      port,
      socket,
      alpn = QAD_ALPN,
      environment = ENVIRONMENT,
      wallClock = Date.now,
    } = this.#options;
    const refused = (error: Error) => this.#lose(error);
    const ended = new AbortController();
    try {
      const connection = new Connection({
        serverName: isIP(this.#host) === 0 ? this.#host : null,
        alpn,
        extraParameters: this.#options.extraParameters,
        environment,
        verifyChain: (chain) =>
          verifyChain(chain, { host: this.#host, anchors: this.#options.trust, nowMs: wallClock() }),
        send: (datagram) => socket.send(datagram, ip, port, refused),
        onHeard: () => this.#heard(),
        onReport: (report) => this.#win(connection, report, ended.signal),
        onEnd: (error) => {
          // Before the report this is the discovery's error, afterwards the session's.
          if (this.#connections.has(connection)) this.#lose(error);
          else socket.detach(connection);
          ended.abort(error);
        },
        onGone: () => socket.detach(connection),
      });
      this.#connections.add(connection);
      socket.attach(connection, ip, port, refused);
      connection.start();
    } catch (error) {
      this.#lose(error);
    }
  }

  /** The connection stays attached: its owner still uses it, and later it repeats its close. */
  #win(connection: Connection, { address, rttMs }: Report, ended: AbortSignal): void {
    this.#connections.delete(connection);
    this.#stop();
    const exchange = (timeoutMs: number, surroundings?: ExchangeSurroundings) =>
      abortable(
        new Promise<Exchanged>((onEnd) => connection.exchange(timeoutMs, { ...surroundings, onEnd })),
        ended,
      );
    this.#resolve({ observed: address, rttMs, exchange, close: () => connection.finish() });
  }

  #lose(error: unknown): void {
    this.#stop();
    this.#reject(error);
  }

  get #hasHeard(): boolean {
    return [...this.#connections].some((connection) => connection.hasHeard);
  }

  #silence(): QadError {
    if (!this.#hasHeard) return new QadError('QAD_SILENT', 'no answer over UDP');
    // Far away relays need their time.
    const code = this.#lasts(0, STUCK_ROUND_TRIPS) ? 'QAD_TIMEOUT' : 'QAD_LATE';
    return new QadError(code, 'the relay answered, but the handshake did not come to its end in time');
  }

  #stop(): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#ticker);
    clearInterval(this.#checker);
    for (const forget of this.#forgets) forget();
    for (const connection of this.#connections) {
      connection.abandon();
      this.#options.socket.detach(connection);
    }
    this.#connections.clear();
  }
}
