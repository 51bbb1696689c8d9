import { crc32 } from 'node:zlib';
import { ipFromBytes, type SocketAddr, socketAddr, unmapped } from '../../wire/index.js';
import {
  ATTRIBUTE,
  CHANGE_IP,
  CHANGE_PORT,
  FINGERPRINT_XOR,
  FIRST_OPTIONAL_ATTRIBUTE,
  HEADER_BYTES,
  MAGIC_COOKIE,
  MAX_ATTRIBUTES,
  MAX_MESSAGE_BYTES,
  MESSAGE_TYPE,
  TRANSACTION_ID_BYTES,
} from './constants.js';

/** From which other place the server should answer (RFC 5780, section 7.2). */
export interface ChangeRequest {
  ip: boolean;
  port: boolean;
}

/** An answer to a Binding request. */
export interface BindingResponse {
  transactionId: Buffer;
  /** Null: success. */
  errorCode: number | null;
  /**
   * An attribute that we do not know but must understand: the server answered, but its answer cannot be used (RFC
   * 8489, section 6.3.3).
   */
  unknown: number | null;
  /** XOR-MAPPED-ADDRESS, also under its number in drafts, the only one that servers older than RFC 5389 know. */
  mapped: SocketAddr | null;
  /** MAPPED-ADDRESS: not encoded, so a NAT that rewrites addresses may have changed it. */
  plainMapped: SocketAddr | null;
  /** OTHER-ADDRESS: another IP address and port from which the server says it can answer. */
  other: SocketAddr | null;
  /** RESPONSE-ORIGIN: the address from which the server says it sent the answer. */
  origin: SocketAddr | null;
}

const UNDERSTOOD: ReadonlySet<number> = new Set(Object.values(ATTRIBUTE));

/** A Binding request (RFC 8489, section 6.2). `transactionId`: 12 random bytes. */
export function encodeBindingRequest(transactionId: Uint8Array, change?: ChangeRequest): Buffer {
  const attributes = change === undefined ? Buffer.alloc(0) : changeRequestAttribute(change);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(MESSAGE_TYPE.bindingRequest, 0);
  header.writeUInt16BE(attributes.length, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  header.set(transactionId.subarray(0, TRANSACTION_ID_BYTES), 8);
  return Buffer.concat([header, attributes]);
}

function changeRequestAttribute({ ip, port }: ChangeRequest): Buffer {
  const attribute = Buffer.alloc(8);
  attribute.writeUInt16BE(ATTRIBUTE.changeRequest, 0);
  attribute.writeUInt16BE(4, 2);
  attribute.writeUInt32BE((ip ? CHANGE_IP : 0) | (port ? CHANGE_PORT : 0), 4);
  return attribute;
}

/**
 * Reads an answer to a Binding request (RFC 8489, sections 5, 6.3 and 14).
 *
 * @throws StunFormatError for anything else: other messages, trailing bytes, broken attributes
 */
export function decodeBindingResponse(bytes: Buffer): BindingResponse {
  const isError = readHeader(bytes) === MESSAGE_TYPE.bindingError;
  const transactionId = bytes.subarray(8, HEADER_BYTES);
  const { attributes, unknown } = readAttributes(bytes);
  const addressIn = (type: number, decode: (value: Buffer) => SocketAddr) => {
    const value = attributes.get(type);
    return value === undefined ? null : decode(value);
  };
  const unmask = (value: Buffer) => decodeXorAddress(value, transactionId);
  const mapped =
    addressIn(ATTRIBUTE.xorMappedAddress, unmask) ?? addressIn(ATTRIBUTE.xorMappedAddressOfDrafts, unmask);
  const response = {
    transactionId,
    unknown,
    errorCode: isError ? readErrorCode(attributes.get(ATTRIBUTE.errorCode)) : null,
    mapped,
    plainMapped: addressIn(ATTRIBUTE.mappedAddress, decodeAddress),
    other: addressIn(ATTRIBUTE.otherAddress, decodeAddress),
    origin: addressIn(ATTRIBUTE.responseOrigin, decodeAddress),
  };
  if (!isError && mapped === null && response.plainMapped === null) {
    throw new StunFormatError('a success names the address it saw');
  }
  return response;
}

function readHeader(bytes: Buffer): number {
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_MESSAGE_BYTES) {
    throw new StunFormatError(`${bytes.length} bytes`);
  }
  const type = bytes.readUInt16BE(0);
  if (type !== MESSAGE_TYPE.bindingSuccess && type !== MESSAGE_TYPE.bindingError) {
    throw new StunFormatError('no Binding response');
  }
  if (bytes.readUInt32BE(4) !== MAGIC_COOKIE) throw new StunFormatError('no magic cookie');
  const length = bytes.readUInt16BE(2);
  if (length % 4 !== 0 || HEADER_BYTES + length !== bytes.length) {
    throw new StunFormatError('the length field is wrong');
  }
  return type;
}

/** Keeps the first attribute of each type; others of the same type must be ignored (RFC 8489, section 14). */
function readAttributes(bytes: Buffer): { attributes: Map<number, Buffer>; unknown: number | null } {
  const attributes = new Map<number, Buffer>();
  let unknown: number | null = null;
  let offset = HEADER_BYTES;
  for (let count = 0; offset < bytes.length; count++) {
    // All lengths are multiples of 4, so a header of 4 bytes is always there.
    const type = bytes.readUInt16BE(offset);
    const length = bytes.readUInt16BE(offset + 2);
    const end = offset + 4 + length;
    if (count >= MAX_ATTRIBUTES) throw new StunFormatError('too many attributes');
    if (end > bytes.length) throw new StunFormatError('an attribute is longer than the message');
    if (type < FIRST_OPTIONAL_ATTRIBUTE && !UNDERSTOOD.has(type)) unknown ??= type;
    const value = bytes.subarray(offset + 4, end);
    if (type === ATTRIBUTE.fingerprint) checkFingerprint(bytes, offset, value);
    if (!attributes.has(type)) attributes.set(type, value);
    offset = end + ((4 - (length % 4)) % 4);
  }
  return { attributes, unknown };
}

/** Section 14.7: the last attribute, over all that stands before it. */
function checkFingerprint(bytes: Buffer, offset: number, value: Buffer): void {
  if (value.length !== 4 || offset + 8 !== bytes.length) throw new StunFormatError('a misplaced fingerprint');
  const expected = (crc32(bytes.subarray(0, offset)) ^ FINGERPRINT_XOR) >>> 0;
  if (value.readUInt32BE(0) !== expected) throw new StunFormatError('a wrong fingerprint');
}

/** Section 14.8: the hundreds in 3 bits, then the rest. The phrase after it is a stranger's text and is not read. */
function readErrorCode(value: Buffer | undefined): number {
  if (value === undefined || value.length < 4) throw new StunFormatError('an error without its code');
  const hundreds = value.readUInt8(2) & 0x07;
  const rest = value.readUInt8(3);
  if (hundreds < 3 || hundreds > 6 || rest > 99) throw new StunFormatError('an error code out of range');
  return hundreds * 100 + rest;
}

const FAMILY_BYTES = new Map([
  [0x01, 4],
  [0x02, 16],
]);

/**
 * The value of MAPPED-ADDRESS and similar attributes (RFC 8489, section 14.1). An IPv4 address in IPv6 form becomes
 * IPv4.
 */
function decodeAddress(value: Buffer): SocketAddr {
  const length = value.length < 4 ? undefined : FAMILY_BYTES.get(value.readUInt8(1));
  if (length === undefined || value.length !== 4 + length) throw new StunFormatError('a broken address');
  return addressOf(value.subarray(4), value.readUInt16BE(2));
}

/**
 * The value of XOR-MAPPED-ADDRESS (section 14.2). It is encoded, so that NATs that rewrite addresses do not find it.
 */
function decodeXorAddress(value: Buffer, transactionId: Buffer): SocketAddr {
  const mask = Buffer.alloc(4 + 4 + TRANSACTION_ID_BYTES);
  mask.writeUInt16BE(MAGIC_COOKIE >>> 16, 2);
  mask.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(mask, 8);
  return decodeAddress(Buffer.from(value.map((byte, index) => byte ^ (mask[index] ?? 0))));
}

function addressOf(ip: Buffer, port: number): SocketAddr {
  return unmapped(socketAddr(ipFromBytes(ip), port));
}

/** A datagram is not the STUN message that was expected. Such datagrams are ignored; tests read the reason. */
export class StunFormatError extends Error {
  override name = 'StunFormatError';
  readonly code = 'STUN_FORMAT';
}
