import { isCanonicalPoint, isSmallOrderPoint } from './curve-point.js';
import { WireError } from './wire-error.js';

declare const CHECKED: unique symbol;

/**
 * An endpoint's public key: 64 lower-case hex digits of a canonical ed25519 point that is not of small order.
 * {@link parseEndpointId} makes it from a text and checks it, so a value of this type need not be checked again.
 */
export type EndpointId = string & { readonly [CHECKED]: true };

/** Bytes of a key. */
export const KEY_SIZE = 32;

const HEX_KEY = /^[0-9a-f]{64}$/i;
const SHORT_ID_DIGITS = 10;

/**
 * Reads an endpoint id from its hex form; upper case is taken too.
 * @throws `WireError` for anything else, also for a key of small order (it would accept forged signatures)
 */
export function parseEndpointId(text: string): EndpointId {
  if (!HEX_KEY.test(text)) throw new WireError('endpointId', 0, 'an endpoint id is 64 hex digits');
  return endpointIdFromBytes(Buffer.from(text, 'hex'));
}

/**
 * Reads an endpoint id from its 32 bytes.
 * @param refuse - throws for a key that cannot be used; `fault` completes "because …"
 * @throws `WireError`, or what `refuse` throws, when they are no canonical ed25519 point or one of small order
 */
export function endpointIdFromBytes(
  bytes: Uint8Array,
  refuse: (fault: string) => never = refuseKey,
): EndpointId {
  const fault = keyFault(bytes);
  return fault === null ? (Buffer.from(bytes).toString('hex') as EndpointId) : refuse(fault);
}

/**
 * For an id that was checked before it was stored, or that was derived here from a private key. Only its form is checked,
 * so never use it for text from a peer, a user or a request: use {@link parseEndpointId}.
 * @throws `WireError` for what is not 64 lower-case hex digits
 */
export function trustedEndpointId(text: string): EndpointId {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new WireError('endpointId', 0, 'an endpoint id is 64 hex digits');
  return text as EndpointId;
}

/** The 32 bytes of an endpoint id. */
export function endpointIdToBytes(id: EndpointId): Uint8Array {
  if (!HEX_KEY.test(id)) throw new WireError('endpointId', 0, 'an endpoint id is 64 hex digits');
  return new Uint8Array(Buffer.from(id, 'hex'));
}

/** The first 10 hex digits, the short form in iroh's logs. */
export function shortId(id: string): string {
  return id.slice(0, SHORT_ID_DIGITS);
}

function keyFault(bytes: Uint8Array): string | null {
  if (bytes.length !== KEY_SIZE) return `a key has ${KEY_SIZE} bytes, not ${bytes.length}`;
  if (isSmallOrderPoint(bytes)) return 'the key is a point of small order';
  return isCanonicalPoint(bytes) ? null : 'the key is no canonical ed25519 point';
}

function refuseKey(fault: string): never {
  throw new WireError('endpointId', 0, fault);
}
