import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { Reader, u16, u32, varint, vector } from '../bytes.js';
import {
  CONNECTION_ID_BYTES,
  MAX_CONNECTION_ID_BYTES,
  PACKET_NUMBER_BYTES,
  QUIC_V1,
  TAG_BYTES,
} from '../constants.js';

/** Encryption levels, which are packet number spaces at the same time (RFC 9000 §12.3). */
export const LEVELS = ['initial', 'handshake', 'application'] as const;
export type Level = (typeof LEVELS)[number];

const LONG_FORM = 0x80;
const FIXED_BIT = 0x40;
const LONG_TYPES = ['initial', '0-rtt', 'handshake', 'retry'] as const;

/** A packet whose header is still protected. */
export interface ProtectedPacket {
  kind: 'protected';
  level: Level;
  destinationId: Buffer;
  /** Null in short headers, which have none. */
  sourceId: Buffer | null;
  /** The whole packet, from its first byte to its last. */
  bytes: Buffer;
  packetNumberAt: number;
}

/** The packets that a server's datagram may contain (RFC 9000 §17). */
export type Packet =
  | ProtectedPacket
  | { kind: 'retry'; destinationId: Buffer; sourceId: Buffer; token: Buffer; bytes: Buffer }
  | { kind: 'version-negotiation'; destinationId: Buffer; sourceId: Buffer; versions: number[] };

/**
 * The connection that a datagram is for: the destination id of its first packet (RFC 8999). Null: too short, or an id
 * with another length than ours.
 */
export function destinationOf(datagram: Buffer): Buffer | null {
  const isLong = ((datagram[0] ?? 0) & LONG_FORM) !== 0;
  if (isLong && datagram[5] !== CONNECTION_ID_BYTES) return null;
  const start = isLong ? 6 : 1;
  const end = start + CONNECTION_ID_BYTES;
  return datagram.length < end ? null : datagram.subarray(start, end);
}

/** Whether it looks like a packet with a short header. Then it may also be a stateless reset. */
export function hasShortHeader(datagram: Buffer): boolean {
  return ((datagram[0] ?? LONG_FORM) & LONG_FORM) === 0;
}

/**
 * The packets of a datagram (RFC 9000 §12.2). Stops without an error at what cannot be read: it is not authenticated,
 * so anyone may have sent it.
 */
export function* packetsOf(datagram: Buffer): Generator<Packet> {
  let rest = datagram;
  while (rest.length > 0) {
    const packet = readPacket(rest);
    if (packet === null) return;
    yield packet;
    if (packet.kind !== 'protected') return;
    rest = rest.subarray(packet.bytes.length);
  }
}

function readPacket(bytes: Buffer): Packet | null {
  try {
    return hasShortHeader(bytes) ? readShort(bytes) : readLong(bytes);
  } catch {
    return null;
  }
}

function readShort(bytes: Buffer): Packet | null {
  const reader = new Reader(bytes);
  if ((reader.u8() & FIXED_BIT) === 0) return null;
  const destinationId = reader.bytes(CONNECTION_ID_BYTES);
  return {
    kind: 'protected',
    level: 'application',
    destinationId,
    sourceId: null,
    bytes,
    packetNumberAt: reader.position,
  };
}

function readLong(bytes: Buffer): Packet | null {
  const reader = new Reader(bytes);
  const first = reader.u8();
  const version = reader.u32();
  const destinationId = reader.vector(1);
  const sourceId = reader.vector(1);
  if (version === 0) {
    const versions: number[] = [];
    while (reader.left >= 4) versions.push(reader.u32());
    return { kind: 'version-negotiation', destinationId, sourceId, versions };
  }
  if (version !== QUIC_V1 || (first & FIXED_BIT) === 0) return null;
  if (Math.max(destinationId.length, sourceId.length) > MAX_CONNECTION_ID_BYTES) return null;
  const type = LONG_TYPES[(first >> 4) & 3];
  if (type === 'retry') {
    const token = reader.bytes(reader.left - TAG_BYTES);
    return { kind: 'retry', destinationId, sourceId, token, bytes };
  }
  if (type !== 'initial' && type !== 'handshake') return null;
  if (type === 'initial') reader.bytes(reader.varintNumber()); // its token, which only servers read
  const length = reader.varintNumber();
  const packetNumberAt = reader.position;
  reader.bytes(length);
  return {
    kind: 'protected',
    level: type,
    destinationId,
    sourceId,
    bytes: bytes.subarray(0, packetNumberAt + length),
    packetNumberAt,
  };
}

/** What our headers say. */
export interface HeaderFields {
  level: Level;
  destinationId: Buffer;
  sourceId: Buffer;
  /** A Retry packet's token; Initial packets only. */
  token: Buffer;
  packetNumber: number;
}

/** A header before protection, with a four-byte packet number (RFC 9000 §17.2 and §17.3). */
export function encodeHeader(fields: HeaderFields, payloadBytes: number): Buffer {
  const { level, destinationId, sourceId, token } = fields;
  const packetNumber = u32(fields.packetNumber);
  const numberLength = PACKET_NUMBER_BYTES - 1;
  if (level === 'application') {
    return Buffer.concat([Buffer.of(FIXED_BIT | numberLength), destinationId, packetNumber]);
  }
  const type = LONG_TYPES.indexOf(level) << 4;
  // Two bytes even if one is enough, so that a header's length does not depend on its payload.
  const length = u16(0x4000 | (PACKET_NUMBER_BYTES + payloadBytes + TAG_BYTES));
  return Buffer.concat([
    Buffer.of(LONG_FORM | FIXED_BIT | type | numberLength),
    u32(QUIC_V1),
    vector(1, destinationId),
    vector(1, sourceId),
    ...(level === 'initial' ? [varint(token.length), token] : []),
    length,
    packetNumber,
  ]);
}

/** RFC 9001 §5.8: the keys are public. The tag shows that the sender saw our Initial packet. */
const RETRY_KEY = Buffer.from('be0c690b9f66575a1d766b54e368c84e', 'hex');
const RETRY_NONCE = Buffer.from('461599d35d632bf2239825bb', 'hex');

/** The Retry integrity tag over a packet without its own tag. */
export function retryTag(packet: Buffer, originalDestinationId: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-gcm', RETRY_KEY, RETRY_NONCE);
  cipher.setAAD(Buffer.concat([vector(1, originalDestinationId), packet]));
  cipher.final();
  return cipher.getAuthTag();
}

/** Whether a whole Retry packet answers the Initial packet that went to `originalDestinationId`. */
export function isAuthenticRetry(packet: Buffer, originalDestinationId: Buffer): boolean {
  const tagAt = packet.length - TAG_BYTES;
  return (
    tagAt > 0 &&
    timingSafeEqual(packet.subarray(tagAt), retryTag(packet.subarray(0, tagAt), originalDestinationId))
  );
}
