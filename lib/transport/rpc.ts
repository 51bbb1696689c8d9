import { withDeadline } from '../async/index.js';
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

const NOTHING = new Uint8Array(0);

/**
 * Makes one request: opens a stream, sends `body` as a framed message, reads the framed answer.
 * Default time limit: 30 s for all of it. When the peer closes the connection (401 …) it rejects with
 * {@link ConnectionClosedError}; when the peer resets the stream, with {@link StreamError}.
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

/** What is known of a message before its body is read. */
export interface RequestHead {
  /** Bytes of the body. */
  length: number;
  /** The body's first byte, which in irpc says what kind of request it is; `null` for an empty one. */
  first: number | null;
}

/**
 * Reads the length and the first byte of a framed message, so that the caller can check its size before the body is read.
 * Limits, defaults and errors are those of {@link readRequest}; {@link readBody} reads the rest.
 */
export function readHead(
  stream: BiStream,
  options: WaitOptions & { maxSize?: number | undefined } = {},
): Promise<RequestHead> {
  const { maxSize = MAX_MESSAGE_SIZE } = options;
  return withDeadline(options, REQUEST_TIMEOUT_MS, async (rest) => {
    const length = await refusingLarge(stream, readLength(stream, maxSize, rest));
    if (length === 0) return { length, first: null };
    return { length, first: (await stream.readExact(1, rest()))[0] ?? null };
  });
}

/** Reads the body whose head {@link readHead} has read. Default time limit: 10 s. */
export async function readBody(
  stream: BiStream,
  { length, first }: RequestHead,
  wait: WaitOptions = {},
): Promise<Uint8Array> {
  if (first === null) return NOTHING;
  const rest = await stream.readExact(length - 1, { timeoutMs: REQUEST_TIMEOUT_MS, ...wait });
  // Allocated only when all bytes have arrived, because the announced length may be false.
  const body = new Uint8Array(length);
  body[0] = first;
  body.set(rest, 1);
  return body;
}

/**
 * Reads one framed message, without waiting for the end of the stream. Default time limit: 10 s for all of it.
 * A message beyond the limit is not read: the stream is stopped and reset with code 1, and the caller must close the
 * connection with `CLOSE_TOO_LARGE`. After a time-out the caller must close the connection too: nothing else ends a
 * pending native read.
 * @param options - `maxSize`: longest body in bytes; default and most: 16 MiB
 * @throws NetDiagnosticsError `ERR_MESSAGE_TOO_LARGE`, `ERR_WIRE_DECODE`, `ERR_STREAM`, `ERR_CONNECTION_CLOSED`,
 * `ERR_TIMEOUT`, `ERR_ABORTED`
 */
export function readRequest(
  stream: BiStream,
  options: WaitOptions & { maxSize?: number | undefined } = {},
): Promise<Uint8Array> {
  const { maxSize = MAX_MESSAGE_SIZE } = options;
  return withDeadline(options, REQUEST_TIMEOUT_MS, (rest) =>
    refusingLarge(stream, readFrame(stream, maxSize, rest)),
  );
}

/**
 * Answers: sends `body` as a framed message, finishes the stream and waits until the peer has all of it, because closing
 * the connection earlier would lose it. Default time limit: 10 s.
 * When the peer closes normally, or stops reading with code 0 (as a dropped stream does), that is no error.
 */
export async function respond(stream: BiStream, body: Uint8Array, wait: WaitOptions = {}): Promise<void> {
  await withDeadline(wait, RESPOND_TIMEOUT_MS, async (rest) => {
    await sendAnswer(stream, body, rest());
    try {
      await stream.acknowledged(rest());
    } catch (error) {
      if (!isNormalEnd(error)) throw error;
    }
  });
}

/**
 * As {@link respond}, but does not wait for the acknowledgement: for a connection that goes on, which delivers it. Each
 * wait is a call of the binding, and those are what thousands of sessions cost.
 */
export async function sendAnswer(stream: BiStream, body: Uint8Array, wait: WaitOptions = {}): Promise<void> {
  await stream.write(encodeFrame(body), { timeoutMs: RESPOND_TIMEOUT_MS, ...wait });
  await stream.finish();
}

/**
 * Reads the end of the stream too; otherwise the stream, when it is garbage-collected, would tell the peer that we stopped
 * reading. A peer that sends more, or never ends the stream, is told exactly that: QUIC would keep a megabyte of its data
 * until the stream is collected.
 */
async function endReading(stream: BiStream): Promise<void> {
  const rest = await stream.read(1, { timeoutMs: RESPOND_TIMEOUT_MS }).catch(() => NOTHING);
  if (rest !== null) stream.stop(CLOSE_NORMAL);
}

/** Tells the peer at once when its message is too large, without reading it. */
async function refusingLarge<T>(stream: BiStream, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'ERR_MESSAGE_TOO_LARGE')) {
      stream.stop(CLOSE_TOO_LARGE);
      stream.reset(CLOSE_TOO_LARGE);
    }
    throw error;
  }
}

async function readFrame(stream: BiStream, maxSize: number, rest: () => WaitOptions): Promise<Uint8Array> {
  return stream.readExact(await readLength(stream, maxSize, rest), rest());
}

async function readLength(stream: BiStream, maxSize: number, rest: () => WaitOptions): Promise<number> {
  const decoder = new FrameLengthDecoder(maxSize);
  for (;;) {
    const header = await stream.read(1, rest());
    const byte = header?.[0];
    if (byte === undefined) throw new StreamError('the stream ended before the message began.');
    const length = decoder.push(byte);
    if (length !== null) return length;
  }
}

function isNormalEnd(error: unknown): boolean {
  if (error instanceof StreamError) return error.streamCode === CLOSE_NORMAL;
  if (!(error instanceof ConnectionClosedError)) return false;
  const { by, code } = error.closeReason;
  return by === 'peer' && code === CLOSE_NORMAL;
}
