import { bounded } from '../async/index.js';
import { bytesIn, bytesOutLike } from './bytes.js';
import { IrohConnection } from './connection.js';
import { HANDSHAKE_TIMEOUT_MS } from './constants.js';
import { connectFailure } from './failures.js';
import type { NativeConnection, NativeEndpoint, NativeIncoming } from './native.js';
import type { Connection, Incoming, WaitOptions } from './types.js';

/** {@link Incoming} over a connection attempt of the binding. */
export class IrohIncoming implements Incoming {
  readonly #native: NativeIncoming;
  readonly #endpoint: NativeEndpoint;

  constructor(native: NativeIncoming, endpoint: NativeEndpoint) {
    this.#native = native;
    this.#endpoint = endpoint;
  }

  remoteAddress(): Promise<string> {
    return remoteAddressOf(this.#native);
  }

  async accept(wait: WaitOptions = {}): Promise<Connection> {
    const what = 'accepting a connection';
    try {
      const native = await bounded(what, wait, HANDSHAKE_TIMEOUT_MS, async (step) => {
        const accepting = await step(this.#native.accept());
        return step(accepting.connect(), closeLate);
      });
      return new IrohConnection(native, this.#endpoint);
    } catch (error) {
      throw connectFailure(error, what, this.#endpoint.isClosed());
    }
  }

  async isValidated(): Promise<boolean> {
    return this.#native.remoteAddrValidated().catch(() => false);
  }

  retry(): void {
    // An attempt that cannot be retried is refused, because it must not stay undecided.
    this.#native.retry().catch(() => this.refuse());
  }

  refuse(): void {
    this.#native.refuse().catch(() => {});
  }
}

/** `ip:port` or the relay's URL; empty when unknown. Never rejects. */
export async function remoteAddressOf(native: NativeIncoming): Promise<string> {
  try {
    return (await native.remoteAddr()).addr ?? '';
  } catch {
    return '';
  }
}

/** Closes a connection that arrived after its wait was given up. */
export function closeLate(connection: NativeConnection): void {
  connection.close(0n, bytesOutLike(connection.alpn())(bytesIn([])));
}
