/**
 * The part of `@number0/iroh` that is used, as structural types. So the user's own endpoint or connection fits, from any
 * copy or version of the binding, and our declarations import no package.
 */
import type { NativeBytes } from './bytes.js';

export interface NativeEndpointId {
  toBytes(): NativeBytes;
}

export interface NativeEndpointIdClass {
  fromBytes(bytes: NativeBytes): NativeEndpointId;
}

export interface NativeEndpointAddr {
  directAddresses(): string[];
  relayUrl(): string | null;
}

export interface NativeEndpointAddrClass {
  new (id: NativeEndpointId, relayUrl: string | null, addresses: string[]): NativeEndpointAddr;
}

export interface NativeSecretKey {
  toBytes(): NativeBytes;
}

export interface NativeSendStream {
  writeAll(bytes: NativeBytes): Promise<void>;
  finish(): Promise<void>;
  reset(code: bigint): Promise<void>;
  stopped(): Promise<number | null>;
}

export interface NativeRecvStream {
  read(sizeLimit: number): Promise<NativeBytes>;
  stop(code: bigint): Promise<void>;
}

export interface NativeBiStream {
  readonly send: NativeSendStream;
  readonly recv: NativeRecvStream;
}

export interface NativePath {
  isSelected: boolean;
  remoteAddr: string;
  isRelay: boolean;
  rttMs: number;
  /** A binding before 1.1 has none. */
  stats?: { udpRxDatagrams: number };
}

/** A connection of `@number0/iroh`. */
export interface NativeConnection {
  /** The negotiated protocol, in UTF-8. */
  alpn(): NativeBytes;
  /** The peer's id, proven by TLS. */
  remoteId(): NativeEndpointId;
  /** Opens a stream in both directions. */
  openBi(): Promise<NativeBiStream>;
  /** Waits for a stream that the peer opens. */
  acceptBi(): Promise<NativeBiStream>;
  /** The same for a stream in one direction. */
  acceptUni(): Promise<unknown>;
  /** Why it is closed; `null` while it is open. */
  closeReason(): string | null;
  /** Closes it at once. */
  close(code: bigint, reason: NativeBytes): void;
  /** The network paths in use. */
  paths(): NativePath[];
  /** What it sent and received; a binding before 1.1 has none. */
  stats?(): { udpRxDatagrams: number; udpRxBytes: number };
}

export interface NativeAccepting {
  connect(): Promise<NativeConnection>;
}

export interface NativeIncoming {
  accept(): Promise<NativeAccepting>;
  refuse(): Promise<void>;
  retry(): Promise<void>;
  remoteAddrValidated(): Promise<boolean>;
  remoteAddr(): Promise<{ kind: string; addr?: string }>;
}

export interface NativeRelayConfig {
  url: string;
  quicPort?: number;
  authToken?: string;
}

/** An endpoint of `@number0/iroh`. */
export interface NativeEndpoint {
  /** Its public key. */
  id(): NativeEndpointId;
  /** Where it can be reached, as far as it knows. */
  addr(): NativeEndpointAddr;
  /** Where a peer is, as far as it knows. */
  remoteAddr(id: NativeEndpointId): Promise<NativeEndpointAddr | null>;
  /** Its counters, by name. */
  stats(): Record<string, { value: number; description: string }>;
  /** Its private key. */
  secretKey(): NativeSecretKey;
  /** Replaces the protocols that it accepts. */
  setAlpns(alpns: NativeBytes[]): void;
  /** Its sockets, `ip:port`. */
  boundSockets(): string[];
  /** Adds a relay, or replaces the one with its URL. */
  insertRelay(config: NativeRelayConfig): Promise<void>;
  /** Dials a peer. */
  connect(address: NativeEndpointAddr, alpn: NativeBytes): Promise<NativeConnection>;
  /** Waits for a peer that dials; `null` once it is closed. */
  acceptNext(): Promise<NativeIncoming | null>;
  /** Closes it and all of its connections. */
  close(): Promise<void>;
  /** Whether it was closed. */
  isClosed(): boolean;
}

export interface NativeEndpointBuilder {
  applyN0(): void;
  applyMinimal(): void;
  secretKey(bytes: NativeBytes): void;
  alpns(alpns: NativeBytes[]): void;
  relayMode(mode: NativeRelayMode): void;
  bindAddr(address: string): void;
  bind(): Promise<NativeEndpoint>;
}

export interface NativeEndpointClass {
  builder(): NativeEndpointBuilder;
}

export interface NativeRelayMap {
  insert(config: NativeRelayConfig): void;
  urls(): string[];
  get(url: string): NativeRelayConfig | null;
}

export interface NativeRelayMode {
  relayMap(): NativeRelayMap;
}

/** The module itself. */
export interface NativeBinding {
  Endpoint: NativeEndpointClass;
  SecretKey: { fromBytes(bytes: NativeBytes): { toBytes(): NativeBytes } };
  RelayMap: { empty(): NativeRelayMap };
  RelayMode: { defaultMode(): NativeRelayMode; custom(map: NativeRelayMap): NativeRelayMode };
}

/**
 * The class of an instance. It is taken from the instance, because a user's endpoint may come from another copy of the
 * binding, whose methods refuse objects of our copy.
 */
export function classOf<T>(instance: object): T {
  return instance.constructor as unknown as T;
}
