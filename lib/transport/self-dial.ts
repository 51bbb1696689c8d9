import { parseSocketAddr, withBrackets } from '../wire/index.js';
import { bytesOutLike } from './bytes.js';
import { remoteAddressOf } from './incoming.js';
import {
  classOf,
  type NativeEndpoint,
  type NativeEndpointAddrClass,
  type NativeEndpointClass,
  type NativeIncoming,
} from './native.js';

/**
 * A connection attempt to our own endpoint, which ends a pending native accept. A pending accept keeps the process alive
 * and would take the next connection. Only closing the endpoint cancels it, but the endpoint may belong to the user. So a
 * short-lived endpoint dials it, and the accept loop takes that attempt as the sign to stop.
 */
export class SelfDial {
  readonly #target: NativeEndpoint;
  readonly #caller: NativeEndpoint;
  readonly #from: readonly string[];

  private constructor(target: NativeEndpoint, caller: NativeEndpoint) {
    this.#target = target;
    this.#caller = caller;
    this.#from = caller.boundSockets();
  }

  /** Binds the dialling endpoint; rejects when this machine does not allow it. */
  static async prepare(target: NativeEndpoint): Promise<SelfDial> {
    const builder = classOf<NativeEndpointClass>(target).builder();
    builder.applyMinimal();
    builder.bindAddr(doorOf(target).from);
    return new SelfDial(target, await builder.bind());
  }

  /** Dials. Resolves when the attempt was refused or failed; never rejects. */
  async call(): Promise<void> {
    const target = this.#target;
    const id = target.id();
    const address = new (classOf<NativeEndpointAddrClass>(target.addr()))(id, null, [doorOf(target).to]);
    try {
      // It is never accepted, so any ALPN will do; but the binding refuses an empty one.
      await this.#caller.connect(address, bytesOutLike(id.toBytes())(Uint8Array.of(0)));
    } catch {
      // It is expected to be refused.
    }
  }

  /** Whether this attempt is our own dial. */
  async isFrom(incoming: NativeIncoming): Promise<boolean> {
    return this.#from.includes(await remoteAddressOf(incoming));
  }

  /** Frees the sockets of the dialling endpoint; never rejects. */
  async end(): Promise<void> {
    await this.#caller.close().catch(() => {});
  }
}

/** Where the endpoint listens, and an address of this machine to dial from. */
function doorOf(target: NativeEndpoint): { from: string; to: string } {
  const [socket] = target.boundSockets();
  const { family, ip, port } = parseSocketAddr(socket ?? '127.0.0.1:1');
  const isAny = ip === '0.0.0.0' || ip === '::';
  const host = isAny ? (family === 4 ? '127.0.0.1' : '[::1]') : withBrackets(ip);
  return { from: `${host}:0`, to: `${host}:${port}` };
}
