import { createHash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { MAX_CRYPTO_BYTES } from '../constants.js';
import type { Level } from '../packets/header.js';
import type { Secrets } from '../packets/packet-keys.js';
import { alertCode, QadError, TlsAlert, tlsError } from '../qad-error.js';
import { MessageType } from './format.js';
import { finishedMac, KeyExchange, KeySchedule } from './key-schedule.js';
import {
  decodeCertificate,
  decodeEncryptedExtensions,
  decodeServerHello,
  encodeClientHello,
  encodeMessage,
} from './messages.js';
import { checkCertificateVerify } from './signature.js';

export interface TlsClientOptions {
  serverName: string | null;
  alpn: string;
  random: Buffer;
  transportParameters: Buffer;
  /** Returns the key of the chain's first certificate, or throws why it is not to be trusted. */
  verifyChain(chain: readonly Buffer[]): KeyObject;
}

/** What the handshake asks its owner to do (RFC 9001 §4.1). */
export interface TlsEvents {
  send(level: Level, message: Buffer): void;
  secrets(level: Level, secrets: Secrets): void;
  /** The server's transport parameters; not authenticated before `established`. */
  transportParameters(parameters: Buffer): void;
  established(): void;
}

type State =
  | 'wait-server-hello'
  | 'wait-encrypted-extensions'
  | 'wait-certificate'
  | 'wait-certificate-verify'
  | 'wait-finished'
  | 'established';

/** Which message each state waits for, at which level (RFC 8446 appendix A.1). */
const EXPECTED: Readonly<Record<State, { type: number; level: Level }>> = {
  'wait-server-hello': { type: MessageType.SERVER_HELLO, level: 'initial' },
  'wait-encrypted-extensions': { type: MessageType.ENCRYPTED_EXTENSIONS, level: 'handshake' },
  'wait-certificate': { type: MessageType.CERTIFICATE, level: 'handshake' },
  'wait-certificate-verify': { type: MessageType.CERTIFICATE_VERIFY, level: 'handshake' },
  'wait-finished': { type: MessageType.FINISHED, level: 'handshake' },
  established: { type: MessageType.NEW_SESSION_TICKET, level: 'application' },
};

const HEADER_BYTES = 4;

/** The client of TLS 1.3 that QUIC needs: one suite, one group, no resumption, no client certificate. */
export class TlsClient {
  readonly #options: TlsClientOptions;
  readonly #events: TlsEvents;
  readonly #keyExchange = new KeyExchange();
  readonly #transcript = createHash('sha256');
  #state: State = 'wait-server-hello';
  /** The start of a message that is not complete yet, and its level. */
  #partial: { level: Level; bytes: Buffer } = { level: 'initial', bytes: Buffer.alloc(0) };
  #keySchedule: KeySchedule | null = null;
  #secrets: Secrets | null = null;
  #chain: readonly Buffer[] = [];

  constructor(options: TlsClientOptions, events: TlsEvents) {
    this.#options = options;
    this.#events = events;
  }

  start(): void {
    const { publicKey } = this.#keyExchange;
    this.#send('initial', encodeClientHello({ ...this.#options, publicKey }));
  }

  /**
   * Takes handshake bytes of one level, in order.
   * @throws a {@link QadError}; the connection must end then
   */
  receive(level: Level, data: Buffer): void {
    if (data.length === 0) return;
    if (this.#partial.bytes.length > 0 && this.#partial.level !== level) {
      throw tlsError('a message is spread over two encryption levels', TlsAlert.UNEXPECTED_MESSAGE);
    }
    let bytes = Buffer.concat([this.#partial.bytes, data]);
    while (bytes.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + bytes.readUIntBE(1, 3);
      if (end > MAX_CRYPTO_BYTES) throw tlsError('a message is too long', TlsAlert.DECODE_ERROR);
      // Checked before the message is complete, so that an unwanted one is not collected.
      this.#expect(bytes.readUInt8(), level);
      if (bytes.length < end) break;
      this.#take(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    this.#partial = { level, bytes };
  }

  #expect(type: number, level: Level): void {
    const expected = EXPECTED[this.#state];
    if (type === expected.type && level === expected.level) return;
    if (type === MessageType.CERTIFICATE_REQUEST && this.#state === 'wait-certificate') {
      throw new QadError(
        'QAD_UNSUPPORTED',
        'the server asks for a client certificate',
        alertCode(TlsAlert.HANDSHAKE_FAILURE),
      );
    }
    throw tlsError(`unexpected handshake message ${type}`, TlsAlert.UNEXPECTED_MESSAGE);
  }

  #take(message: Buffer): void {
    const body = message.subarray(HEADER_BYTES);
    switch (this.#state) {
      case 'wait-server-hello':
        this.#takeServerHello(body, message);
        return;
      case 'wait-encrypted-extensions':
        this.#events.transportParameters(decodeEncryptedExtensions(body, this.#options.alpn));
        this.#state = 'wait-certificate';
        break;
      case 'wait-certificate':
        this.#chain = decodeCertificate(body).map((certificate) => Buffer.from(certificate));
        this.#state = 'wait-certificate-verify';
        break;
      case 'wait-certificate-verify':
        checkCertificateVerify(body, this.#options.verifyChain(this.#chain), this.#transcriptHash());
        this.#state = 'wait-finished';
        break;
      case 'wait-finished':
        this.#takeFinished(body, message);
        return;
      case 'established':
        return; // a ticket for a resumption that will not be
    }
    this.#transcript.update(message);
  }

  #takeServerHello(body: Buffer, message: Buffer): void {
    const shared = this.#keyExchange.shared(decodeServerHello(body));
    this.#transcript.update(message);
    this.#keySchedule = new KeySchedule(shared);
    this.#secrets = this.#keySchedule.handshakeSecrets(this.#transcriptHash());
    this.#state = 'wait-encrypted-extensions';
    this.#events.secrets('handshake', this.#secrets);
  }

  #takeFinished(body: Buffer, message: Buffer): void {
    const { client, server } = present(this.#secrets);
    const mac = finishedMac(server, this.#transcriptHash());
    if (body.length !== mac.length || !timingSafeEqual(body, mac)) {
      throw tlsError('the handshake was tampered with', TlsAlert.DECRYPT_ERROR);
    }
    this.#transcript.update(message);
    const hash = this.#transcriptHash();
    this.#state = 'established';
    this.#send('handshake', encodeMessage(MessageType.FINISHED, finishedMac(client, hash)));
    this.#events.secrets('application', present(this.#keySchedule).applicationSecrets(hash));
    this.#events.established();
  }

  #send(level: Level, message: Buffer): void {
    this.#transcript.update(message);
    this.#events.send(level, message);
  }

  #transcriptHash(): Buffer {
    return this.#transcript.copy().digest();
  }
}

/** Set by an earlier state. */
function present<T>(value: T | null): T {
  if (value === null) throw tlsError('handshake messages out of order', TlsAlert.UNEXPECTED_MESSAGE);
  return value;
}
