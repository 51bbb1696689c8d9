/** The types that the transport gives to the other rooms. None of them names the native binding. */
import type { WaitOptions } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import { printable } from '../text.js';
import type {
  BindAddrOption,
  BindAddrs,
  EndpointAddress,
  EndpointId,
  Relay,
  RelayOption,
  SecretKey,
  SocketAddr,
} from '../wire/index.js';

export type { WaitOptions } from '../async/index.js';

/** Options of {@link bindEndpoint}. */
export interface BindOptions {
  /** The identity: the endpoint's id is its public half. */
  secretKey: SecretKey;
  /** `n0`: n0's relays and DNS. `minimal`: only what is listed here. */
  network: 'n0' | 'minimal';
  /** Relays to use; with `n0` they replace n0's own. Default: n0's, or none with `minimal`. */
  relays?: readonly (string | RelayOption)[] | undefined;
  /**
   * `'127.0.0.1:0'`, `'[::1]:0'`: at most one per family; `'loopback'`: both of these. A family without an entry is bound
   * on every address, because the binding cannot leave a family out; so is IPv6 with `'loopback'` on a machine without
   * `::1`. Default: every address.
   */
  bindAddrs?: BindAddrs | readonly (string | BindAddrOption)[] | undefined;
  /** ALPNs that are accepted from the start. A {@link Router} adds those of its handlers. */
  alpns: readonly string[];
}

/** One counter of the endpoint. */
export interface EndpointStat {
  /** The part before the first colon of the binding's name, for example `magicsock`. */
  group: string;
  /** The rest of the name. */
  name: string;
  value: number;
  help: string;
}

/** An iroh endpoint. Keep a reference while it is needed: when it is garbage-collected, its connections are closed. */
export interface Endpoint {
  readonly id: EndpointId;
  readonly isClosed: boolean;
  /** Whether this package bound it. An adopted endpoint is closed by its owner. */
  readonly isOwned: boolean;
  /** Its private key, which is its identity. */
  secretKey(): SecretKey;
  /** Where others may reach it, as far as known now. */
  address(): EndpointAddress;
  /** The local addresses of its sockets. */
  boundSockets(): SocketAddr[];
  /** The relays it was configured with, sorted by URL; never with their auth tokens. */
  relays(): readonly Relay[];
  /** The ALPNs it accepts, as far as known: as bound, declared at adoption, or set later. */
  alpns(): readonly string[];
  /** What is known of a peer's address; `null` when nothing is. */
  remoteAddress(id: EndpointId): Promise<EndpointAddress | null>;
  /** All counters, sorted by group and name, so that the order is the same at each call. */
  stats(): EndpointStat[];
  /** Dials. Default time limit: 30 s. @throws `ERR_CONNECT`, `ERR_ENDPOINT_CLOSED`, `ERR_TIMEOUT`, `ERR_ABORTED` */
  connect(to: EndpointAddress, alpn: string, wait?: WaitOptions): Promise<Connection>;
  /** Waits for a home relay. Default time limit: none. @throws `ERR_ENDPOINT_CLOSED`, `ERR_TIMEOUT`, `ERR_ABORTED` */
  online(wait?: WaitOptions): Promise<void>;
  /** Replaces the accepted ALPNs. @throws `ERR_ENDPOINT_CLOSED`, `ERR_ALPN` for an endpoint adopted without its `alpns` */
  setAlpns(alpns: readonly string[]): void;
  /** Adds a relay, or replaces the one with the same URL (a renewed auth token). */
  insertRelay(relay: string | RelayOption): Promise<void>;
  /** Delivers connection attempts to one listener. Usually you want a `Router`. @throws `ERR_STATE` when there is a listener */
  listen(listener: (incoming: Incoming) => void): Listening;
  /** Closes it and all its connections. Idempotent, never rejects. */
  close(): Promise<void>;
  /** For `await using`: {@link close}, but an adopted endpoint stays open. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A connection attempt of a stranger. */
export interface Incoming {
  /** `ip:port`, or the URL of the relay it came through; empty when unknown. */
  remoteAddress(): Promise<string>;
  /** Runs the handshake. @throws `ERR_CONNECT` (unknown ALPN included), `ERR_TIMEOUT`, `ERR_ABORTED` */
  accept(wait?: WaitOptions): Promise<Connection>;
  /** Whether its source address is proven. Never rejects. */
  isValidated(): Promise<boolean>;
  /** Asks the peer to try again with a proof of its address, and keeps no state until then. Never throws. */
  retry(): void;
  /** Refuses it. Never throws. */
  refuse(): void;
}

/** A running {@link Endpoint.listen}. */
export interface Listening {
  /** Resolves when nothing more will be delivered. Never rejects. */
  readonly ended: Promise<void>;
  /** Delivers nothing from now on. The endpoint stays open, and its owner may accept again. Never rejects. */
  stop(): Promise<void>;
  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** One network path of a connection. */
export interface PathInfo {
  /** `ip:port`, or the URL of the relay. */
  remoteAddr: string;
  isRelay: boolean;
  /** Whether data uses this path now. */
  isSelected: boolean;
  /** Round-trip time in milliseconds. */
  rttMs: number;
  /** Datagrams that came by it. Absent: the binding does not count them. */
  received?: number;
}

/** What a connection has received, in datagrams and in their bytes. */
export interface Traffic {
  datagrams: number;
  bytes: number;
}

/** How a connection ended. */
export interface CloseReason {
  /** `other`: an error of the transport, for example a stateless reset. */
  by: 'peer' | 'local' | 'timeout' | 'other';
  /** The application's code; `null` without one. 0 is a normal end. */
  code: number | null;
  /** The text of the closing side; may be empty. A stranger's text when `by` is `peer`. */
  reason: string;
}

/** A connection to one peer. Keep a reference while it is needed: when it is garbage-collected, it is closed with code 0. */
export interface Connection {
  /** The peer's id, proven by TLS. */
  readonly remoteId: EndpointId;
  readonly alpn: string;
  /** Opens a stream; the peer sees it once bytes are written. Default time limit: 30 s. */
  openStream(wait?: WaitOptions): Promise<BiStream>;
  /** Waits for the peer's next stream. Default time limit: none. A stream that arrives after the wait ended goes to the next call. */
  acceptStream(wait?: WaitOptions): Promise<BiStream>;
  /**
   * For a side that only sends requests: the first stream that the peer opens ends the connection with 400. Do not use it
   * on a short connection: while the binding waits for a stream, it may lose the close of a young connection.
   */
  refuseStreams(): void;
  /**
   * For a protocol without one-way streams: the first one that the peer opens ends the connection with 400. Otherwise they
   * would stay unread, and QUIC would keep up to a megabyte of each of a hundred of them. It is a call of the binding that
   * waits as long as the connection lives, and each wake of the event loop looks at all that wait: who has thousands of
   * connections counts with {@link traffic} first.
   */
  refuseUniStreams(): void;
  /** The paths in use, selected first. */
  paths(): PathInfo[];
  /**
   * What came from the peer until now. A live peer sends at least a datagram every five seconds: when their number does not
   * grow for longer, the peer is dead. `null`: the binding does not count.
   */
  traffic(): Traffic | null;
  /** Closes at once: data that is not acknowledged is lost. Idempotent. */
  close(code: number, reason?: string): void;
  /** `null` while it is open. */
  readonly closeReason: CloseReason | null;
  /** Resolves when the connection has ended. Never rejects, and does not keep the process alive. */
  closed(): Promise<CloseReason>;
}

/** Both directions of one stream. All methods reject with `ERR_CONNECTION_CLOSED` or `ERR_STREAM` when it breaks. */
export interface BiStream {
  /** Writes all bytes; waits while the peer's window is full. Default time limit: none. A write that is given up resets the stream. */
  write(bytes: Uint8Array, wait?: WaitOptions): Promise<void>;
  /** Tells the peer that no more bytes come. */
  finish(): Promise<void>;
  /** Waits until the peer has acknowledged all bytes. Default time limit: 10 s. @throws `ERR_STREAM` when the peer stopped reading */
  acknowledged(wait?: WaitOptions): Promise<void>;
  /** Reads 1 to `limit` bytes as they arrive; `null` at the end. What arrives after the wait ended goes to the next read. */
  read(limit: number, wait?: WaitOptions): Promise<Uint8Array | null>;
  /** Reads exactly `length` bytes. @throws `ERR_STREAM` when the stream ends early */
  readExact(length: number, wait?: WaitOptions): Promise<Uint8Array>;
  /** Reads until the end. @throws `ERR_MESSAGE_TOO_LARGE` beyond `limit` bytes (the reading side is stopped with code 1) */
  readToEnd(limit: number, wait?: WaitOptions): Promise<Uint8Array>;
  /** Gives up writing. The binding does it only after a pending {@link write} or {@link acknowledged}. */
  reset(code: number): void;
  /** Gives up reading. The binding does it only after a pending read; to get rid of a silent stranger, close the connection. */
  stop(code: number): void;
}

/** The connection is closed; {@link closeReason} says by whom and with which code. */
export class ConnectionClosedError extends NetDiagnosticsError<'ERR_CONNECTION_CLOSED'> {
  override name = 'ConnectionClosedError';
  readonly closeReason: CloseReason;

  constructor(closeReason: CloseReason, options?: ErrorOptions) {
    super('ERR_CONNECTION_CLOSED', describeCloseReason(closeReason), options);
    this.closeReason = closeReason;
  }
}

/** A stream failed, but its connection is still open. */
export class StreamError extends NetDiagnosticsError<'ERR_STREAM'> {
  override name = 'StreamError';
  /** The peer's code when it reset the stream or stopped reading it, else `null`. */
  readonly streamCode: number | null;

  constructor(message: string, streamCode: number | null = null) {
    super('ERR_STREAM', message);
    this.streamCode = streamCode;
  }
}

function describeCloseReason({ by, code, reason }: CloseReason): string {
  const who = { peer: 'by the peer', local: 'on this side', timeout: 'by a time-out', other: 'by an error' }[
    by
  ];
  const withCode = code === null ? '' : ` with code ${code}`;
  return `the connection was closed ${who}${withCode}${reason === '' ? '' : `: ${printable(reason)}`}`;
}
