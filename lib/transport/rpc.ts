import { hasCode } from '../errors.js';
import {
  CLOSE_NORMAL,
  CLOSE_TOO_LARGE,
  encodeFrame,
  FrameLengthDecoder,
  MAX_MESSAGE_SIZE,
} from '../wire/index.js';
import { CALL_TIMEOUT_MS, REQUEST_TIMEOUT_MS, RESPOND_TIMEOUT_MS } from './constants.js';
import {
  type BiStream,
  type Connection,
  ConnectionClosedError,
  StreamError,
  type WaitOptions,
} from './types.js';
import { withDeadline } from './wait.js';

const NOTHING = new Uint8Array(0);

/**
 * Asks one question: opens a stream, sends `body` as a framed message, reads the framed answer.
 * Default time limit: 30 s for all of it. A peer that closes the connection instead (401 …) shows up as
 * {@link ConnectionClosedError}, one that resets the stream as {@link StreamError}.
 * @param options - `maxSize`: longest body of the answer in bytes; default and most: 16 MiB
 * @throws NetDiagnosticsError `ERR_MESSAGE_TOO_LARGE`, `ERR_TIMEOUT`, `ERR_ABORTED`, `ERR_WIRE_DECODE`
 */
export function call(
  connection: Connection,
  body: Uint8Array,
  options: WaitOptions & { maxSize?: number | undefined } = {},
): Promise<Uint8Array> {
  const { maxSize = MAX_MESSAGE_SIZE } = options;
  const frame = encodeFrame(body);
  return withDeadline(options, CALL_TIMEOUT_MS, async (rest) => {
    const stream = await connection.openStream(rest());
    try {
      await stream.write(frame, rest());
      await stream.finish();
      const answer = await readFrame(stream, maxSize, rest);
      void endReading(stream);
      return answer;
    } catch (error) {
      stream.reset(CLOSE_NORMAL);
      stream.stop(CLOSE_NORMAL);
      throw error;
    }
  });
}

/**
 * Reads one framed message, without waiting for the end of the stream. Default time limit: 10 s for all of it.
 * A message beyond the limit is not read: the stream is stopped and reset with code 1, and the caller closes the
 * connection with `CLOSE_TOO_LARGE`. After a time-out the caller closes the connection as well (a pending native
 * read ends no sooner).
 * @param options - `maxSize`: longest body in bytes; default and most: 16 MiB
 * @throws NetDiagnosticsError `ERR_MESSAGE_TOO_LARGE`, `ERR_WIRE_DECODE`, `ERR_STREAM`, `ERR_CONNECTION_CLOSED`,
 * `ERR_TIMEOUT`, `ERR_ABORTED`
 */
export function readRequest(
  stream: BiStream,
  options: WaitOptions & { maxSize?: number | undefined } = {},
): Promise<Uint8Array> {
  const { maxSize = MAX_MESSAGE_SIZE } = options;
  return withDeadline(options, REQUEST_TIMEOUT_MS, async (rest) => {
    try {
      return await readFrame(stream, maxSize, rest);
    } catch (error) {
      if (hasCode(error, 'ERR_MESSAGE_TOO_LARGE')) {
        stream.stop(CLOSE_TOO_LARGE);
        stream.reset(CLOSE_TOO_LARGE);
      }
      throw error;
    }
  });
}

/**
 * Answers: sends `body` as a framed message, finishes the stream and waits until the peer has it all, since closing
 * the connection earlier would lose it. Default time limit: 10 s.
 * A peer that closes normally or stops reading with code 0 (what dropping a stream does) had enough.
 */
export async function respond(stream: BiStream, body: Uint8Array, wait: WaitOptions = {}): Promise<void> {
  await withDeadline(wait, RESPOND_TIMEOUT_MS, async (rest) => {
    await stream.write(encodeFrame(body), rest());
    await stream.finish();
    try {
      await stream.acknowledged(rest());
    } catch (error) {
      if (!isNormalEnd(error)) throw error;
    }
  });
}

/**
 * Takes the end of the stream too, or the collected stream would tell the peer that we stopped reading. That is what
 * a peer is told that goes on, or never ends: QUIC would keep a megabyte of it until the stream is collected.
 */
async function endReading(stream: BiStream): Promise<void> {
  const rest = await stream.read(1, { timeoutMs: RESPOND_TIMEOUT_MS }).catch(() => NOTHING);
  if (rest !== null) stream.stop(CLOSE_NORMAL);
}

async function readFrame(stream: BiStream, maxSize: number, rest: () => WaitOptions): Promise<Uint8Array> {
  const decoder = new FrameLengthDecoder(maxSize);
  for (;;) {
    const header = await stream.read(1, rest());
    const byte = header?.[0];
    if (byte === undefined) throw new StreamError('the stream ended before the message began.');
    const length = decoder.push(byte);
    if (length !== null) return stream.readExact(length, rest());
  }
}

function isNormalEnd(error: unknown): boolean {
  if (error instanceof StreamError) return error.streamCode === CLOSE_NORMAL;
  if (!(error instanceof ConnectionClosedError)) return false;
  const { by, code } = error.closeReason;
  return by === 'peer' && code === CLOSE_NORMAL;
}
