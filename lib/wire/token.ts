import { NetDiagnosticsError } from '../errors.js';
import { encodeBase32 } from './base32.js';
import { type Caps, readCaps, writeCaps } from './capability.js';
import { type EndpointId, endpointIdFromBytes, endpointIdToBytes, KEY_SIZE } from './endpoint-id.js';
import { decodeWhole, type PostcardReader } from './postcard-reader.js';
import { PostcardWriter } from './postcard-writer.js';
import { type SecretKey, SIGNATURE_SIZE, verifySignature } from './secret-key.js';

/** How long the official client's tokens are valid, in seconds: 30 days. */
export const TOKEN_LIFETIME_SECONDS = 30 * 24 * 3600;

/** Version of the stand-alone form. */
const TOKEN_VERSION = 1;
/** Every signature covers these bytes before the payload, so that it is not valid in another protocol. */
const SIGNATURE_CONTEXT = new TextEncoder().encode('rcan-1-delegation');
/** Only this module can call the constructor, also at run time, so that no unverified token can exist. */
const SEAL = Symbol('verified');

/** Where a token's right comes from: from the issuer itself, or from `root`, which gave it to the issuer. */
export type TokenOrigin = { kind: 'issuer' } | { kind: 'delegation'; root: EndpointId };

interface TokenClaims {
  issuer: EndpointId;
  audience: EndpointId;
  origin: TokenOrigin;
  caps: Caps;
  expiresAt: number | null;
}

/** What {@link Token.issue} takes. */
export interface TokenRequest {
  /** Signs the token. */
  issuer: SecretKey;
  /** Who may use it. */
  audience: EndpointId;
  caps: Caps;
  /** The last second in which it is valid, in unix seconds; null: it never expires. */
  expiresAt: number | null;
  /** Default: the issuer's own right. */
  origin?: TokenOrigin | undefined;
}

/**
 * An rcan: *issuer* lets *audience* do *caps* until *expiresAt*. Every instance has a signature that was verified or made
 * here. The caller must check that issuer, audience, origin, expiry and caps are the expected ones.
 */
export class Token {
  readonly issuer: EndpointId;
  readonly audience: EndpointId;
  readonly origin: TokenOrigin;
  readonly caps: Caps;
  /** The last second in which the token is valid, in unix seconds; null: it never expires. */
  readonly expiresAt: number | null;
  readonly #bytes: Uint8Array;

  private constructor(seal: typeof SEAL, claims: TokenClaims, bytes: Uint8Array) {
    if (seal !== SEAL) throw new NetDiagnosticsError('ERR_TOKEN_INVALID', 'Use Token.issue or Token.decode.');
    this.issuer = claims.issuer;
    this.audience = claims.audience;
    this.origin = Object.freeze({ ...claims.origin });
    this.caps = claims.caps;
    this.expiresAt = claims.expiresAt;
    this.#bytes = bytes;
    Object.freeze(this);
  }

  /**
   * Signs a new token.
   * @throws NetDiagnosticsError `ERR_WIRE_ENCODE` when the expiry is no whole number of seconds
   */
  static issue(request: TokenRequest): Token {
    const claims: TokenClaims = {
      issuer: request.issuer.id,
      audience: request.audience,
      origin: request.origin ?? { kind: 'issuer' },
      caps: request.caps,
      expiresAt: request.expiresAt,
    };
    const payload = encodePayload(claims);
    const signature = request.issuer.sign(signedBytes(payload));
    return new Token(SEAL, claims, concat(payload, signature));
  }

  /**
   * Reads and verifies a token in the form that messages use.
   * @throws NetDiagnosticsError `ERR_TOKEN_INVALID` for a wrong signature or key, WireError for other bytes
   */
  static decode(bytes: Uint8Array): Token {
    return decodeWhole(bytes, readToken);
  }

  /** Reads the form that begins with a version byte. Throws as {@link Token.decode}. */
  static decodeStandalone(bytes: Uint8Array): Token {
    return decodeWhole(bytes, (reader) => {
      const version = reader.u8('version');
      if (version !== TOKEN_VERSION) reader.fail('version', `token version ${version} is not known`, 0);
      return readToken(reader);
    });
  }

  /** Internal: reads one token out of a message. */
  static read(reader: PostcardReader): Token {
    const claims = readPayload(reader);
    const signature = reader.raw('signature', SIGNATURE_SIZE);
    // Verified over the re-encoded payload, as rcan does, so that exactly the claims that the program uses are verified.
    const payload = encodePayload(claims);
    if (!verifySignature(claims.issuer, signedBytes(payload), signature)) {
      throw new NetDiagnosticsError('ERR_TOKEN_INVALID', "The token's signature is not its issuer's.");
    }
    return new Token(SEAL, claims, concat(payload, signature));
  }

  /** Payload and signature, in the form that messages use. */
  encode(): Uint8Array {
    return this.#bytes.slice();
  }

  /** The form that begins with a version byte, for use outside a message. */
  encodeStandalone(): Uint8Array {
    return concat(Uint8Array.of(TOKEN_VERSION), this.#bytes);
  }

  /** Whether the token has expired. It is valid up to and including the second `expiresAt`. */
  isExpired(nowSeconds: number): boolean {
    if (this.expiresAt === null) return false;
    // Negated, so that with a clock that returns NaN tokens are expired and not valid.
    return !(Math.floor(nowSeconds) <= this.expiresAt);
  }

  /** Shows the claims of the token, without its bytes, so that nobody can use it. */
  toString(): string {
    return `Token(${JSON.stringify(this)})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A relay's auth token: base32 of the stand-alone form. It is a credential: never log it. */
export function relayAuthToken(token: Token): string {
  return encodeBase32(token.encodeStandalone());
}

/** Reads one token out of a message. */
export function readToken(reader: PostcardReader): Token {
  return Token.read(reader);
}

function encodePayload(claims: TokenClaims): Uint8Array {
  const writer = new PostcardWriter();
  writer.byteString(endpointIdToBytes(claims.issuer), 'issuer');
  writer.byteString(endpointIdToBytes(claims.audience), 'audience');
  writer.variant(claims.origin.kind === 'issuer' ? 0 : 1);
  if (claims.origin.kind === 'delegation') writer.byteString(endpointIdToBytes(claims.origin.root), 'origin');
  writeCaps(writer, claims.caps);
  writer.variant(claims.expiresAt === null ? 0 : 1);
  if (claims.expiresAt !== null) writer.uint(claims.expiresAt, 'expiresAt');
  return writer.finish();
}

function readPayload(reader: PostcardReader): TokenClaims {
  const issuer = readKey(reader, 'issuer');
  const audience = readKey(reader, 'audience');
  const isDelegated = readTag(reader, 'origin');
  const origin: TokenOrigin = isDelegated
    ? { kind: 'delegation', root: readKey(reader, 'origin') }
    : { kind: 'issuer' };
  const caps = readCaps(reader, 'caps');
  const expiresAt = readTag(reader, 'expires') ? reader.uint('expires') : null;
  return { issuer, audience, origin, caps, expiresAt };
}

function readTag(reader: PostcardReader, field: string): boolean {
  const start = reader.offset;
  const variant = reader.variant(field);
  if (variant > 1) reader.fail(field, `unknown variant ${variant}`, start);
  return variant === 1;
}

function readKey(reader: PostcardReader, field: string): EndpointId {
  return endpointIdFromBytes(reader.sizedRaw(field, KEY_SIZE), (fault) => {
    throw new NetDiagnosticsError('ERR_TOKEN_INVALID', `The token's ${field}: ${fault}.`);
  });
}

function signedBytes(payload: Uint8Array): Uint8Array {
  return concat(SIGNATURE_CONTEXT, payload);
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
