import { DATAGRAM_BYTES, TAG_BYTES } from '../constants.js';
import { encodeHeader, type HeaderFields, LEVELS, type Level } from '../packets/header.js';
import type { PacketKeys } from '../packets/packet-keys.js';
import { sealPacket } from '../packets/protection.js';
import type { Outgoing, PacketSpace } from './packet-space.js';

export interface DatagramContext {
  spaces: Readonly<Record<Level, PacketSpace>>;
  destinationId: Buffer;
  sourceId: Buffer;
  /** From a Retry packet; empty without. */
  token: Buffer;
  ackDelayUnitMs: number;
  nowMs: number;
  /** The probe timeout fired: repeat, or ping. */
  isProbe: boolean;
  /** Fills the datagram with its 1-RTT packet, and gives that this number. */
  fullNumber: number | null;
}

/** A datagram, and whether a Handshake packet is in it. */
export interface Datagram {
  bytes: Buffer;
  hasHandshake: boolean;
}

interface Piece {
  fields: HeaderFields;
  outgoing: Outgoing;
  keys: PacketKeys;
}

/** One datagram with all that there is to send, one packet a level (RFC 9000 §12.2). Null: nothing to send. */
export function writeDatagram(context: DatagramContext): Datagram | null {
  const pieces = LEVELS.flatMap((level) => pieceOf(level, context));
  if (pieces.length === 0) return null;
  const size = pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);
  const packets = pieces.map(({ fields, outgoing, keys }) => {
    // PADDING frames are zeros. Those of the Initial packet fill the datagram (RFC 9000 §14.1).
    const isFilled =
      fields.level === 'initial' || (fields.level === 'application' && context.fullNumber !== null);
    const padding = isFilled ? Math.max(0, DATAGRAM_BYTES - size) : 0;
    return sealPacket(fields, Buffer.concat([outgoing.payload, Buffer.alloc(padding)]), keys);
  });
  const hasHandshake = pieces.some(({ fields }) => fields.level === 'handshake');
  return { bytes: Buffer.concat(packets), hasHandshake };
}

function pieceOf(level: Level, context: DatagramContext): Piece[] {
  const space = context.spaces[level];
  if (space.keys === null) return [];
  const outgoing = space.outgoing(context.isProbe, context.nowMs, context.ackDelayUnitMs);
  if (outgoing === null) return [];
  const { destinationId, sourceId, token, nowMs } = context;
  const packetNumber = space.sending(outgoing, nowMs, level === 'application' ? context.fullNumber : null);
  const fields = { level, destinationId, sourceId, token, packetNumber };
  return [{ fields, outgoing, keys: space.keys.send }];
}

function sizeOf({ fields, outgoing: { payload } }: Piece): number {
  return encodeHeader(fields, payload.length).length + payload.length + TAG_BYTES;
}
