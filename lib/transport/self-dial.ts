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
 * A call at our own door. A pending native accept keeps the process alive and would swallow the next connection;
 * nothing cancels it but closing the endpoint, which may be its user's. So, to end it, a short-lived endpoint dials
 * the door, and the accept loop takes that call for the sign to stop.
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

  /** Binds the caller; rejects when this machine does not let it. */
  static async prepare(target: NativeEndpoint): Promise<SelfDial> {
    const builder = classOf<NativeEndpointClass>(target).builder();
    builder.applyMinimal();
    builder.bindAddr(doorOf(target).from);
    return new SelfDial(target, await builder.bind());
  }

  /** Dials. Resolves when the call was turned away or failed; never rejects. */
  async call(): Promise<void> {
    const target = this.#target;
    const id = target.id();
    const address = new (classOf<NativeEndpointAddrClass>(target.addr()))(id, null, [doorOf(target).to]);
    try {
      // Never accepted, so no ALPN matters; empty ones are refused by the binding.
      await this.#caller.connect(address, bytesOutLike(id.toBytes())(Uint8Array.of(0)));
    } catch {
      // Being turned away is what it is for.
    }
  }

  /** Whether this attempt is our own call. */
  async isFrom(incoming: NativeIncoming): Promise<boolean> {
    return this.#from.includes(await remoteAddressOf(incoming));
  }

  /** Frees the caller's sockets; never rejects. */
  async end(): Promise<void> {
    await this.#caller.close().catch(() => {});
  }
}

/** Where the endpoint listens, and an address of this machine to call from. */
function doorOf(target: NativeEndpoint): { from: string; to: string } {
  const [socket] = target.boundSockets();
  const { family, ip, port } = parseSocketAddr(socket ?? '127.0.0.1:1');
  const isAny = ip === '0.0.0.0' || ip === '::';
  const host = isAny ? (family === 4 ? '127.0.0.1' : '[::1]') : withBrackets(ip);
  return { from: `${host}:0`, to: `${host}:${port}` };
}
