import { bounded, type Step } from '../async/index.js';
import { hasCode, NetDiagnosticsError } from '../errors.js';
import { CLOSE_TOO_LARGE } from '../wire/index.js';
import { ByteCollector } from './byte-collector.js';
import { type BytesOut, bytesIn } from './bytes.js';
import { CHUNK_SIZE, RESPOND_TIMEOUT_MS, SMALL_CHUNK_SIZE } from './constants.js';
import { connectionFailure } from './failures.js';
import type { NativeBiStream, NativeConnection, NativeRecvStream, NativeSendStream } from './native.js';
import { type BiStream, StreamError, type WaitOptions } from './types.js';

const NOTHING = new Uint8Array(0);

/** {@link BiStream} over a stream of the binding. */
export class IrohStream implements BiStream {
  readonly #send: NativeSendStream;
  readonly #recv: NativeRecvStream;
  /** The reference also prevents garbage collection of the connection, which would close it. */
  readonly #connection: NativeConnection;
  readonly #bytesOut: BytesOut;
  /** A native read cannot be cancelled. One that was given up stays here, and the next read takes it over. */
  #reading: Promise<Uint8Array> | null = null;
  /** Bytes that have arrived, but that no read has taken yet. */
  #rest: Uint8Array = NOTHING;

  constructor(native: NativeBiStream, connection: NativeConnection, bytesOut: BytesOut) {
    this.#send = native.send;
    this.#recv = native.recv;
    this.#connection = connection;
    this.#bytesOut = bytesOut;
  }

  async write(bytes: Uint8Array, wait: WaitOptions = {}): Promise<void> {
    try {
      await bounded('writing', wait, Number.POSITIVE_INFINITY, async (step) => {
        for (let at = 0; at < bytes.length; at += CHUNK_SIZE) {
          await step(this.#send.writeAll(this.#bytesOut(bytes.subarray(at, at + CHUNK_SIZE))));
        }
      });
    } catch (error) {
      // The peer must not take a part for the whole message.
      if (isGivenUp(error)) this.reset(0);
      throw connectionFailure(error, 'writing', this.#connection);
    }
  }

  async finish(): Promise<void> {
    try {
      await this.#send.finish();
    } catch (error) {
      throw connectionFailure(error, 'finishing', this.#connection);
    }
  }

  async acknowledged(wait: WaitOptions = {}): Promise<void> {
    const what = 'waiting for the acknowledgement';
    try {
      const code = await bounded(what, wait, RESPOND_TIMEOUT_MS, (step) => step(this.#send.stopped()));
      if (code !== null) throw new StreamError(`the peer stopped reading with code ${code}.`, code);
    } catch (error) {
      throw connectionFailure(error, what, this.#connection);
    }
  }

  read(limit: number, wait: WaitOptions = {}): Promise<Uint8Array | null> {
    return this.#bounded(wait, (step) => this.#next(limit, step));
  }

  readExact(length: number, wait: WaitOptions = {}): Promise<Uint8Array> {
    return this.#bounded(wait, async (step) => {
      const collector = new ByteCollector(length);
      while (collector.length < length) {
        const bytes = await this.#next(length - collector.length, step);
        if (bytes === null) {
          throw new StreamError(`the stream ended after ${collector.length} of ${length} bytes.`);
        }
        collector.push(bytes);
      }
      return collector.bytes();
    });
  }

  readToEnd(limit: number, wait: WaitOptions = {}): Promise<Uint8Array> {
    return this.#bounded(wait, async (step) => {
      const collector = new ByteCollector(limit);
      for (;;) {
        // One byte more than allowed, to see whether the data just fits or is too long.
        const bytes = await this.#next(limit - collector.length + 1, step);
        if (bytes === null) return collector.bytes();
        if (collector.length + bytes.length > limit) {
          this.stop(CLOSE_TOO_LARGE);
          throw new NetDiagnosticsError('ERR_MESSAGE_TOO_LARGE', `The stream has more than ${limit} bytes.`);
        }
        collector.push(bytes);
      }
    });
  }

  reset(code: number): void {
    this.#send.reset(BigInt(code)).catch(() => {});
  }

  stop(code: number): void {
    this.#recv.stop(BigInt(code)).catch(() => {});
  }

  async #bounded<T>(wait: WaitOptions, work: (step: Step) => Promise<T>): Promise<T> {
    try {
      return await bounded('reading', wait, Number.POSITIVE_INFINITY, work);
    } catch (error) {
      throw connectionFailure(error, 'reading', this.#connection);
    }
  }

  async #next(limit: number, step: Step): Promise<Uint8Array | null> {
    if (this.#rest.length === 0) {
      const size = Math.min(CHUNK_SIZE, Math.max(SMALL_CHUNK_SIZE, limit));
      this.#reading ??= this.#recv.read(size).then(bytesIn);
      const bytes = await step(this.#reading);
      this.#reading = null;
      // The binding shows the end by an empty array, at this read and at each later one.
      if (bytes.length === 0) return null;
      this.#rest = bytes;
    }
    const taken = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(limit);
    return taken;
  }
}

function isGivenUp(error: unknown): boolean {
  return hasCode(error, 'ERR_ABORTED') || hasCode(error, 'ERR_TIMEOUT');
}
