import { PACKET_NUMBER_BYTES, SAMPLE_BYTES } from '../constants.js';
import { protocolError } from '../qad-error.js';
import { encodeHeader, type HeaderFields, type Level, type ProtectedPacket } from './header.js';
import type { PacketKeys } from './packet-keys.js';

/** A packet as its sender wrote it. */
interface OpenedPacket {
  packetNumber: number;
  payload: Buffer;
  /** The keys that opened it: the given ones, or their update if the sender has updated its keys. */
  keys: PacketKeys;
}

/** Bits of the first byte that are protected, and those among them that must be zero (RFC 9000 §17.2, §17.3.1). */
const HIDDEN_BITS = { long: 0x0f, short: 0x1f };
const RESERVED_BITS = { long: 0x0c, short: 0x18 };
const KEY_PHASE_BIT = 0x04;

const form = (level: Level) => (level === 'application' ? 'short' : 'long');

/**
 * Removes the protection (RFC 9001 §5.4.1, then §5.3). Null: it is not authentic.
 *
 * @param keys - the newest, then those that they replaced, which open packets that were overtaken
 * @throws `QAD_PROTOCOL` for an authentic packet with reserved bits set
 */
export function openPacket(
  packet: ProtectedPacket,
  [keys, older]: readonly [PacketKeys, PacketKeys?],
  largest: number,
): OpenedPacket | null {
  const { bytes, level, packetNumberAt } = packet;
  // The sample is taken as if the packet number had four bytes.
  const sampleAt = packetNumberAt + PACKET_NUMBER_BYTES;
  if (bytes.length < sampleAt + SAMPLE_BYTES) return null;
  const mask = keys.headerMask(bytes.subarray(sampleAt, sampleAt + SAMPLE_BYTES));
  const first = bytes.readUInt8() ^ (mask.readUInt8() & HIDDEN_BITS[form(level)]);
  const numberBytes = (first & 3) + 1;
  const header = Buffer.from(bytes.subarray(0, packetNumberAt + numberBytes));
  header.writeUInt8(first);
  hideNumber(header, packetNumberAt, numberBytes, mask);
  const truncated = header.readUIntBE(packetNumberAt, numberBytes);
  const packetNumber = decodePacketNumber(largest, truncated, numberBytes);
  const sealed = bytes.subarray(header.length);
  const phase = level === 'application' && (first & KEY_PHASE_BIT) !== 0 ? 1 : 0;
  const candidates = phase === keys.phase ? [keys] : [keys.next(), ...(older === undefined ? [] : [older])];
  for (const candidate of candidates) {
    const payload = candidate.open(packetNumber, header, sealed);
    if (payload === null) continue;
    if ((first & RESERVED_BITS[form(level)]) !== 0) throw protocolError('reserved header bits are set');
    return { packetNumber, payload, keys: candidate };
  }
  return null;
}

/** A whole protected packet. */
export function sealPacket(fields: HeaderFields, payload: Buffer, keys: PacketKeys): Buffer {
  const header = encodeHeader(fields, payload.length);
  if (keys.phase === 1) header.writeUInt8(header.readUInt8() | KEY_PHASE_BIT);
  const sealed = keys.seal(fields.packetNumber, header, payload);
  const mask = keys.headerMask(sealed.subarray(0, SAMPLE_BYTES));
  header.writeUInt8(header.readUInt8() ^ (mask.readUInt8() & HIDDEN_BITS[form(fields.level)]));
  hideNumber(header, header.length - PACKET_NUMBER_BYTES, PACKET_NUMBER_BYTES, mask);
  return Buffer.concat([header, sealed]);
}

/** Hides or shows a packet number: the operation is its own inverse. */
function hideNumber(header: Buffer, at: number, length: number, mask: Buffer): void {
  for (let index = 0; index < length; index++) {
    header.writeUInt8(header.readUInt8(at + index) ^ mask.readUInt8(1 + index), at + index);
  }
}

/** The whole packet number from its last bytes (RFC 9000 appendix A.3). `largest` is -1 before the first. */
export function decodePacketNumber(largest: number, truncated: number, bytes: number): number {
  const window = 2 ** (8 * bytes);
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2) return candidate + window;
  if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
  return candidate;
}
