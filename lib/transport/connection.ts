import { bounded } from '../async/index.js';
import { hasCode } from '../errors.js';
import { CLOSE_BAD_REQUEST, type EndpointId, endpointIdFromBytes } from '../wire/index.js';
import { type BytesOut, bytesIn, bytesOutLike, bytesToText, textToBytes } from './bytes.js';
import { CLOSED_POLL_MS, OPEN_STREAM_TIMEOUT_MS, REASON_UNEXPECTED_STREAM } from './constants.js';
import { connectionFailure } from './failures.js';
import type { NativeBiStream, NativeConnection } from './native.js';
import { parseCloseReason } from './native-errors.js';
import { IrohStream } from './stream.js';
import type { BiStream, CloseReason, Connection, PathInfo, Traffic, WaitOptions } from './types.js';

/**
 * Wraps a connection that the user's own accept loop took, so that a handler of this package can serve it. The user must
 * keep a reference to its endpoint.
 */
export function adoptConnection(native: NativeConnection): Connection {
  return new IrohConnection(native, null);
}

/** {@link Connection} over a connection of the binding. */
export class IrohConnection implements Connection {
  readonly remoteId: EndpointId;
  readonly alpn: string;
  /** An endpoint that is garbage-collected closes its connections, so each connection holds its endpoint. */
  readonly endpoint: object | null;
  readonly #native: NativeConnection;
  readonly #bytesOut: BytesOut;
  /** Native accepts cannot be cancelled. Those that were given up wait here, oldest first, and later calls take them over. */
  readonly #accepting: Promise<NativeBiStream>[] = [];
  #closed: Promise<CloseReason> | null = null;

  constructor(native: NativeConnection, endpoint: object | null) {
    this.#native = native;
    this.endpoint = endpoint;
    const alpn = native.alpn();
    this.#bytesOut = bytesOutLike(alpn);
    this.alpn = bytesToText(bytesIn(alpn));
    this.remoteId = endpointIdFromBytes(bytesIn(native.remoteId().toBytes()));
  }

  async openStream(wait: WaitOptions = {}): Promise<BiStream> {
    const what = 'opening a stream';
    try {
      const stream = await bounded(what, wait, OPEN_STREAM_TIMEOUT_MS, (step) =>
        step(this.#native.openBi(), (late) => {
          const { send, recv } = late;
          send.reset(0n).catch(() => {});
          recv.stop(0n).catch(() => {});
        }),
      );
      return new IrohStream(stream, this.#native, this.#bytesOut);
    } catch (error) {
      throw connectionFailure(error, what, this.#native);
    }
  }

  async acceptStream(wait: WaitOptions = {}): Promise<BiStream> {
    const what = 'waiting for a stream';
    try {
      const stream = await bounded(what, wait, Number.POSITIVE_INFINITY, async (step) => {
        const accepting = this.#accepting.shift() ?? this.#native.acceptBi();
        try {
          return await step(accepting);
        } catch (error) {
          if (hasCode(error, 'ERR_ABORTED') || hasCode(error, 'ERR_TIMEOUT')) this.#accepting.push(accepting);
          throw error;
        }
      });
      return new IrohStream(stream, this.#native, this.#bytesOut);
    } catch (error) {
      throw connectionFailure(error, what, this.#native);
    }
  }

  refuseStreams(): void {
    this.refuseUniStreams();
    this.acceptStream().then(
      () => this.#closeForStream(),
      () => {},
    );
  }

  refuseUniStreams(): void {
    this.#native.acceptUni().then(
      () => this.#closeForStream(),
      () => {},
    );
  }

  paths(): PathInfo[] {
    return this.#native
      .paths()
      .map(({ remoteAddr, isRelay, isSelected, rttMs, stats }) => ({
        ...{ remoteAddr, isRelay, isSelected, rttMs },
        ...(stats !== undefined && { received: stats.udpRxDatagrams }),
      }))
      .sort((a, b) => Number(b.isSelected) - Number(a.isSelected));
  }

  traffic(): Traffic | null {
    const counts = this.#native.stats?.();
    return counts === undefined ? null : { datagrams: counts.udpRxDatagrams, bytes: counts.udpRxBytes };
  }

  #closeForStream(): void {
    this.close(CLOSE_BAD_REQUEST, REASON_UNEXPECTED_STREAM);
  }

  close(code: number, reason = ''): void {
    this.#native.close(BigInt(code), this.#bytesOut(textToBytes(reason)));
  }

  get closeReason(): CloseReason | null {
    const text = this.#native.closeReason();
    return text === null ? null : parseCloseReason(text);
  }

  closed(): Promise<CloseReason> {
    this.#closed ??= new Promise((resolve) => {
      const look = () => {
        const reason = this.closeReason;
        if (reason === null) return;
        clearInterval(timer);
        resolve(reason);
      };
      const timer = setInterval(look, CLOSED_POLL_MS);
      timer.unref();
      look();
    });
    return this.#closed;
  }
}
