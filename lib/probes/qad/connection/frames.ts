import { ipFromBytes, type SocketAddr, socketAddr, unmapped } from '../../../wire/index.js';
import { DecodeError, Reader, varint } from '../bytes.js';
import { RESET_TOKEN_BYTES } from '../constants.js';
import type { Level } from '../packets/header.js';
import { protocolError, TransportError } from '../qad-error.js';

/** Frame types of RFC 9000 §19, and OBSERVED_ADDRESS of draft-seemann-quic-address-discovery as iroh numbers it. */
export const FrameType = {
  PADDING: 0x00,
  PING: 0x01,
  ACK: 0x02,
  ACK_ECN: 0x03,
  CRYPTO: 0x06,
  NEW_TOKEN: 0x07,
  MAX_DATA: 0x10,
  MAX_STREAMS_BIDI: 0x12,
  MAX_STREAMS_UNI: 0x13,
  DATA_BLOCKED: 0x14,
  STREAMS_BLOCKED_BIDI: 0x16,
  STREAMS_BLOCKED_UNI: 0x17,
  NEW_CONNECTION_ID: 0x18,
  RETIRE_CONNECTION_ID: 0x19,
  PATH_CHALLENGE: 0x1a,
  CONNECTION_CLOSE: 0x1c,
  CONNECTION_CLOSE_APPLICATION: 0x1d,
  HANDSHAKE_DONE: 0x1e,
  OBSERVED_ADDRESS_V4: 0x9f81a6,
  OBSERVED_ADDRESS_V6: 0x9f81a7,
} as const;

/** A run of packet numbers, both ends included. */
export interface Range {
  from: number;
  to: number;
}

/** The frames that this client acts on. Those that ask nothing of it are `ignored`. */
export type Frame =
  | { type: 'padding' | 'ignored' | 'handshake-done' }
  | { type: 'ack'; ranges: Range[]; delay: number }
  | { type: 'crypto'; offset: number; data: Buffer }
  | { type: 'path-challenge'; data: Buffer }
  | { type: 'close'; by: 'transport' | 'application'; code: bigint; reason: string }
  | { type: 'observed-address'; sequence: bigint; address: SocketAddr };

/** Frames that need no acknowledgement (RFC 9000 §13.2). */
const NOT_ELICITING: ReadonlySet<Frame['type']> = new Set(['padding', 'ack', 'close']);

export function isAckEliciting(frame: Frame): boolean {
  return !NOT_ELICITING.has(frame.type);
}

/** All frames that are allowed in Initial and Handshake packets (RFC 9000 §12.4, table 3). */
const BEFORE_1RTT: ReadonlySet<number> = new Set([
  FrameType.PADDING,
  FrameType.PING,
  FrameType.ACK,
  FrameType.ACK_ECN,
  FrameType.CRYPTO,
  FrameType.CONNECTION_CLOSE,
]);

/**
 * The frames of an authentic packet's payload.
 *
 * @throws `QAD_PROTOCOL` at the first frame that breaks a rule; nothing of the packet may be used then
 */
export function decodeFrames(payload: Buffer, level: Level): Frame[] {
  const reader = new Reader(payload);
  if (reader.left === 0) throw protocolError('a packet without frames');
  const frames: Frame[] = [];
  try {
    while (reader.left > 0) frames.push(decodeFrame(reader, level));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw protocolError(`malformed frame: ${error.message}`, TransportError.FRAME_ENCODING);
  }
  return frames;
}

function decodeFrame(reader: Reader, level: Level): Frame {
  const type = reader.varintNumber();
  if (level !== 'application' && !BEFORE_1RTT.has(type)) {
    throw protocolError(`frame 0x${type.toString(16)} before 1-RTT packets`);
  }
  switch (type) {
    case FrameType.PADDING:
      return { type: 'padding' };
    case FrameType.ACK:
    case FrameType.ACK_ECN:
      return decodeAck(reader, type === FrameType.ACK_ECN);
    case FrameType.CRYPTO: {
      const offset = reader.varintNumber();
      return { type: 'crypto', offset, data: reader.bytes(reader.varintNumber()) };
    }
    case FrameType.CONNECTION_CLOSE:
    case FrameType.CONNECTION_CLOSE_APPLICATION:
      return decodeClose(reader, type === FrameType.CONNECTION_CLOSE);
    case FrameType.PATH_CHALLENGE:
      return { type: 'path-challenge', data: reader.bytes(8) };
    case FrameType.HANDSHAKE_DONE:
      return { type: 'handshake-done' };
    case FrameType.OBSERVED_ADDRESS_V4:
    case FrameType.OBSERVED_ADDRESS_V6: {
      const sequence = reader.varint();
      const family = type === FrameType.OBSERVED_ADDRESS_V4 ? 4 : 6;
      return { type: 'observed-address', sequence, address: readSocketAddr(reader, family) };
    }
    default:
      skip(reader, type);
      return { type: 'ignored' };
  }
}

/** Frames that ask nothing of a client without streams and with a short life. */
function skip(reader: Reader, type: number): void {
  switch (type) {
    case FrameType.PING:
      return;
    case FrameType.NEW_TOKEN:
      if (reader.bytes(reader.varintNumber()).length === 0) throw new DecodeError('an empty token');
      return;
    case FrameType.MAX_DATA:
    case FrameType.MAX_STREAMS_BIDI:
    case FrameType.MAX_STREAMS_UNI:
    case FrameType.DATA_BLOCKED:
    case FrameType.STREAMS_BLOCKED_BIDI:
    case FrameType.STREAMS_BLOCKED_UNI:
    case FrameType.RETIRE_CONNECTION_ID:
      reader.varint();
      return;
    case FrameType.NEW_CONNECTION_ID: {
      const sequence = reader.varint();
      if (reader.varint() > sequence) throw new DecodeError('a connection id retires itself');
      const { length } = reader.vector(1);
      if (length < 1 || length > 20) throw new DecodeError('a connection id of impossible length');
      reader.bytes(RESET_TOKEN_BYTES);
      return;
    }
    default:
      // Streams as well: we allow none, so a frame that names one is a mistake.
      throw protocolError(`unexpected frame 0x${type.toString(16)}`, TransportError.FRAME_ENCODING);
  }
}

/** RFC 9000 §19.3. */
function decodeAck(reader: Reader, hasEcn: boolean): Frame {
  let to = reader.varintNumber();
  const delay = reader.varintNumber();
  const more = reader.varintNumber();
  let from = to - reader.varintNumber();
  const ranges = [{ from, to }];
  // A frame cannot have more ranges than bytes, so the datagram bounds this loop.
  for (let index = 0; index < more && from >= 0; index++) {
    to = from - reader.varintNumber() - 2;
    from = to - reader.varintNumber();
    ranges.push({ from, to });
  }
  if (from < 0) throw new DecodeError('an acknowledgement of negative packet numbers');
  if (hasEcn) for (let count = 0; count < 3; count++) reader.varint();
  return { type: 'ack', ranges, delay };
}

/** RFC 9000 §19.19. */
function decodeClose(reader: Reader, isTransport: boolean): Frame {
  const code = reader.varint();
  if (isTransport) reader.varint(); // the type of the frame that was at fault
  const reason = reader.bytes(reader.varintNumber()).toString('utf8');
  return { type: 'close', by: isTransport ? 'transport' : 'application', code, reason };
}

export const PING = Buffer.of(FrameType.PING);

/** @param ranges - highest first, at least one */
export function encodeAck(ranges: readonly Range[], delay: number): Buffer {
  const parts: Buffer[] = [];
  let previous: Range | undefined;
  for (const range of ranges) {
    if (previous === undefined) parts.push(varint(range.to), varint(delay), varint(ranges.length - 1));
    else parts.push(varint(previous.from - range.to - 2));
    parts.push(varint(range.to - range.from));
    previous = range;
  }
  return Buffer.concat([Buffer.of(FrameType.ACK), ...parts]);
}

export function encodeCrypto(offset: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(FrameType.CRYPTO), varint(offset), varint(data.length), data]);
}

export function encodePathResponse(data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(FrameType.PATH_CHALLENGE + 1), data]);
}

export function encodeTransportClose(code: number, reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, 100);
  return Buffer.concat([
    Buffer.of(FrameType.CONNECTION_CLOSE),
    varint(code),
    varint(FrameType.PADDING), // "the frame type is unknown"
    varint(text.length),
    text,
  ]);
}

export function encodeApplicationClose(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  return Buffer.concat([
    Buffer.of(FrameType.CONNECTION_CLOSE_APPLICATION),
    varint(code),
    varint(text.length),
    text,
  ]);
}

/** The address and port of an OBSERVED_ADDRESS frame. IPv4-mapped addresses become IPv4. */
function readSocketAddr(reader: Reader, family: 4 | 6): SocketAddr {
  const ip = ipFromBytes(reader.bytes(family === 4 ? 4 : 16));
  return unmapped(socketAddr(ip, reader.u16()));
}
