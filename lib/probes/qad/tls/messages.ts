import { Reader, u16, vector } from '../bytes.js';
import { MAX_CERTIFICATES } from '../constants.js';
import { alertCode, QadError, TlsAlert, tlsError } from '../qad-error.js';
import {
  decodeWhole,
  ExtensionType,
  HELLO_RETRY_RANDOM,
  LEGACY_VERSION,
  MessageType,
  TLS_1_3,
  TLS_AES_128_GCM_SHA256,
  X25519,
  X25519_KEY_BYTES,
} from './format.js';
import { OFFERED_SCHEMES } from './signature.js';

/** A handshake message with its header (RFC 8446 §4). */
export function encodeMessage(type: number, ...body: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(type), vector(3, ...body)]);
}

export interface ClientHelloFields {
  random: Buffer;
  /** Null for an IP address: those are never named (RFC 6066 §3). */
  serverName: string | null;
  alpn: string;
  publicKey: Buffer;
  transportParameters: Buffer;
}

/** RFC 8446 §4.1.2. */
export function encodeClientHello(fields: ClientHelloFields): Buffer {
  const extensions = [
    ...(fields.serverName === null ? [] : [serverNameExtension(fields.serverName)]),
    extension(ExtensionType.SUPPORTED_GROUPS, vector(2, u16(X25519))),
    extension(ExtensionType.SIGNATURE_ALGORITHMS, vector(2, ...OFFERED_SCHEMES.map(u16))),
    extension(ExtensionType.ALPN, vector(2, vector(1, Buffer.from(fields.alpn)))),
    extension(ExtensionType.SUPPORTED_VERSIONS, vector(1, u16(TLS_1_3))),
    extension(ExtensionType.KEY_SHARE, vector(2, u16(X25519), vector(2, fields.publicKey))),
    extension(ExtensionType.QUIC_TRANSPORT_PARAMETERS, fields.transportParameters),
  ];
  const noSessionId = vector(1);
  const noCompression = vector(1, Buffer.of(0));
  return encodeMessage(
    MessageType.CLIENT_HELLO,
    u16(LEGACY_VERSION),
    fields.random,
    noSessionId,
    vector(2, u16(TLS_AES_128_GCM_SHA256)),
    noCompression,
    vector(2, ...extensions),
  );
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([u16(type), vector(2, body)]);
}

function serverNameExtension(name: string): Buffer {
  const hostName = Buffer.of(0);
  return extension(ExtensionType.SERVER_NAME, vector(2, hostName, vector(2, Buffer.from(name))));
}

/** Only what we offered may come back (RFC 8446 §4.2). */
function readExtensions(reader: Reader, allowed: readonly number[]): ReadonlyMap<number, Buffer> {
  const list = new Reader(reader.vector(2));
  const values = new Map<number, Buffer>();
  while (list.left > 0) {
    const type = list.u16();
    const value = list.vector(2);
    if (values.has(type)) throw tlsError(`extension ${type} comes twice`, TlsAlert.ILLEGAL_PARAMETER);
    if (!allowed.includes(type)) {
      throw tlsError(`unexpected extension ${type}`, TlsAlert.UNSUPPORTED_EXTENSION);
    }
    values.set(type, value);
  }
  return values;
}

function required(values: ReadonlyMap<number, Buffer>, type: number): Buffer {
  const value = values.get(type);
  if (value !== undefined) return value;
  throw tlsError(`extension ${type} is missing`, TlsAlert.MISSING_EXTENSION);
}

/**
 * RFC 8446 §4.1.3.
 * @returns the server's X25519 key
 * @throws `QAD_HELLO_RETRY_REQUEST`, `QAD_TLS`
 */
export function decodeServerHello(body: Buffer): Buffer {
  return decodeWhole('ServerHello', body, (reader) => {
    const version = reader.u16();
    if (reader.bytes(32).equals(HELLO_RETRY_RANDOM)) throw helloRetry();
    if (version !== LEGACY_VERSION) throw tlsError('not TLS 1.3', TlsAlert.PROTOCOL_VERSION);
    if (reader.vector(1).length > 0)
      throw tlsError('a session id out of nowhere', TlsAlert.ILLEGAL_PARAMETER);
    if (reader.u16() !== TLS_AES_128_GCM_SHA256) {
      throw tlsError('a cipher suite that was not offered', TlsAlert.ILLEGAL_PARAMETER);
    }
    if (reader.u8() !== 0) throw tlsError('compression', TlsAlert.ILLEGAL_PARAMETER);
    const values = readExtensions(reader, [ExtensionType.SUPPORTED_VERSIONS, ExtensionType.KEY_SHARE]);
    const chosen = values.get(ExtensionType.SUPPORTED_VERSIONS);
    if (chosen?.equals(u16(TLS_1_3)) !== true) throw tlsError('not TLS 1.3', TlsAlert.PROTOCOL_VERSION);
    return decodeWhole('key share', required(values, ExtensionType.KEY_SHARE), (share) => {
      const group = share.u16();
      const key = share.vector(2);
      if (group === X25519 && key.length === X25519_KEY_BYTES) return key;
      throw tlsError('a key share that was not offered', TlsAlert.ILLEGAL_PARAMETER);
    });
  });
}

function helloRetry(): QadError {
  return new QadError(
    'QAD_HELLO_RETRY_REQUEST',
    'the server asks for another key exchange than X25519',
    alertCode(TlsAlert.HANDSHAKE_FAILURE),
  );
}

/**
 * RFC 8446 §4.3.1.
 * @returns the server's transport parameters
 * @throws `QAD_TLS`, also when it did not choose our application protocol
 */
export function decodeEncryptedExtensions(body: Buffer, alpn: string): Buffer {
  return decodeWhole('EncryptedExtensions', body, (reader) => {
    const values = readExtensions(reader, [
      ExtensionType.SERVER_NAME,
      ExtensionType.SUPPORTED_GROUPS,
      ExtensionType.ALPN,
      ExtensionType.QUIC_TRANSPORT_PARAMETERS,
    ]);
    const protocol = vector(2, vector(1, Buffer.from(alpn)));
    if (values.get(ExtensionType.ALPN)?.equals(protocol) !== true) {
      throw tlsError(`the server does not speak ${alpn}`, TlsAlert.NO_APPLICATION_PROTOCOL);
    }
    return required(values, ExtensionType.QUIC_TRANSPORT_PARAMETERS);
  });
}

/**
 * RFC 8446 §4.4.2.
 * @returns the chain in DER, the server's certificate first; at least one
 */
export function decodeCertificate(body: Buffer): Buffer[] {
  return decodeWhole('Certificate', body, (reader) => {
    if (reader.vector(1).length > 0) throw tlsError('a request context', TlsAlert.ILLEGAL_PARAMETER);
    const list = new Reader(reader.vector(3));
    const chain: Buffer[] = [];
    while (list.left > 0) {
      if (chain.length === MAX_CERTIFICATES) {
        throw tlsError('the certificate chain is too long', TlsAlert.BAD_CERTIFICATE);
      }
      chain.push(list.vector(3));
      readExtensions(list, []);
    }
    if (chain.length === 0) throw tlsError('the server sent no certificate', TlsAlert.DECODE_ERROR);
    return chain;
  });
}
