import { MAX_TOKEN_BYTES, QUIC_V1 } from '../constants.js';
import { isAuthenticRetry, type Packet } from '../packets/header.js';
import { protocolError, QadError, TransportError } from '../qad-error.js';
import { decodeServerParameters, type ServerParameters } from './transport-parameters.js';

type PacketOf<K extends Packet['kind']> = Extract<Packet, { kind: K }>;

/** What we know of the server: the connection ids to use, and its transport parameters. */
export class Peer {
  /** The destination id of our first Initial packet. */
  readonly #originalId: Buffer;
  #retryId: Buffer | null = null;
  #serverId: Buffer | null = null;
  #token = Buffer.alloc(0);
  #parameters: ServerParameters | null = null;

  constructor(originalId: Buffer) {
    this.#originalId = originalId;
  }

  /** Whether it showed that it saw our first packet. */
  get hasHeard(): boolean {
    return this.isKnown || this.#retryId !== null;
  }

  /** Whether it sent a packet with its own connection id, so it has a state for us. */
  get isKnown(): boolean {
    return this.#serverId !== null;
  }

  /** Where packets go now. */
  get destinationId(): Buffer {
    return this.#serverId ?? this.#retryId ?? this.#originalId;
  }

  /** For Initial packets, from a Retry; empty without. */
  get token(): Buffer {
    return this.#token;
  }

  /** Null before EncryptedExtensions. */
  get parameters(): ServerParameters | null {
    return this.#parameters;
  }

  /** Once the server has chosen its id it keeps it (RFC 9000 §7.2). Short headers name none. */
  isSender(sourceId: Buffer | null): boolean {
    return sourceId === null || this.#serverId === null || sourceId.equals(this.#serverId);
  }

  /** The first authentic packet decides the server's id. */
  settle(sourceId: Buffer | null): void {
    if (sourceId !== null) this.#serverId ??= Buffer.from(sourceId);
  }

  /**
   * RFC 9000 §6.2.
   * @throws `QAD_VERSION_NEGOTIATION` unless it may be ignored
   */
  takeVersionNegotiation({ sourceId, versions }: PacketOf<'version-negotiation'>): void {
    if (this.hasHeard || !sourceId.equals(this.#originalId) || versions.includes(QUIC_V1)) return;
    throw new QadError('QAD_VERSION_NEGOTIATION', 'the server does not speak QUIC version 1');
  }

  /**
   * RFC 9000 §17.2.5.
   * @returns whether it was taken: everything starts anew with {@link destinationId} then
   */
  takeRetry({ bytes, sourceId, token }: PacketOf<'retry'>): boolean {
    if (this.hasHeard || token.length === 0 || token.length > MAX_TOKEN_BYTES) return false;
    if (!isAuthenticRetry(bytes, this.#originalId)) return false;
    this.#retryId = Buffer.from(sourceId);
    this.#token = Buffer.from(token);
    return true;
  }

  /**
   * RFC 9000 §7.3: the parameters show whether somebody changed connection ids on the way.
   *
   * @throws `QAD_PROTOCOL`
   */
  takeParameters(bytes: Buffer): void {
    const parameters = decodeServerParameters(bytes);
    const is = (value: Buffer | null, wanted: Buffer | null) =>
      wanted === null ? value === null : value?.equals(wanted) === true;
    if (
      !is(parameters.originalDestinationId, this.#originalId) ||
      !is(parameters.initialSourceId, this.#serverId) ||
      !is(parameters.retrySourceId, this.#retryId)
    ) {
      throw protocolError('the connection ids do not match', TransportError.TRANSPORT_PARAMETER);
    }
    this.#parameters = parameters;
  }
}
