import { settledWithin } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import { SELF_DIAL_TIMEOUT_MS } from './constants.js';
import { IrohIncoming } from './incoming.js';
import type { NativeEndpoint, NativeIncoming } from './native.js';
import { SelfDial } from './self-dial.js';
import type { Incoming, Listening } from './types.js';

/** One acceptor per endpoint, also when it is adopted twice: two accept loops would take each other's connections. */
const acceptors = new WeakMap<NativeEndpoint, Acceptor>();

export function acceptorOf(endpoint: NativeEndpoint): Acceptor {
  const known = acceptors.get(endpoint);
  if (known !== undefined) return known;
  const acceptor = new Acceptor(endpoint);
  acceptors.set(endpoint, acceptor);
  return acceptor;
}

/** Runs an endpoint's accept loop while somebody listens. */
class Acceptor {
  readonly #endpoint: NativeEndpoint;
  #listener: ((incoming: Incoming) => void) | null = null;
  #loop: Promise<void> | null = null;
  #stopping = false;
  #selfDial: SelfDial | null = null;

  constructor(endpoint: NativeEndpoint) {
    this.#endpoint = endpoint;
  }

  /** See `Endpoint.listen`. */
  listen(listener: (incoming: Incoming) => void): Listening {
    if (this.#listener !== null) {
      throw new NetDiagnosticsError(
        'ERR_STATE',
        'Somebody listens on this endpoint already; stop that first.',
      );
    }
    this.#listener = listener;
    // A loop that could not be ended last time continues with the new listener.
    this.#loop ??= this.#run();
    const loop = this.#loop;
    let stopped: Promise<void> | null = null;
    const stop = () => {
      stopped ??= this.#stop(listener);
      return stopped;
    };
    return { ended: loop, stop, [Symbol.asyncDispose]: stop };
  }

  async #run(): Promise<void> {
    for (;;) {
      const incoming = await this.#endpoint.acceptNext().catch(() => null);
      // The endpoint was closed.
      if (incoming === null) break;
      if (this.#selfDial !== null && (await this.#selfDial.isFrom(incoming))) {
        refuse(incoming);
        this.#selfDial = null;
        if (this.#listener === null) break;
      } else if (this.#listener === null) {
        refuse(incoming);
        if (!this.#stopping) break;
      } else {
        this.#listener(new IrohIncoming(incoming, this.#endpoint));
      }
    }
    this.#loop = null;
    this.#listener = null;
  }

  async #stop(listener: (incoming: Incoming) => void): Promise<void> {
    if (this.#listener !== listener) return;
    this.#listener = null;
    if (this.#loop === null || this.#endpoint.isClosed()) return;
    this.#stopping = true;
    // If the dial fails, the pending accept stays until the next connection arrives or the endpoint is closed.
    await this.#dialSelfOnce().catch(() => {});
    this.#stopping = false;
  }

  async #dialSelfOnce(): Promise<void> {
    const selfDial = await SelfDial.prepare(this.#endpoint);
    this.#selfDial = selfDial;
    // Wait until the dialling endpoint knows that it was refused, not only until the loop has ended: if the endpoint closed
    // in between, the dial would go on, and keep the process alive.
    await settledWithin(SELF_DIAL_TIMEOUT_MS, selfDial.call());
    this.#selfDial = null;
    // Not awaited: it takes 3 s if the dial is still pending.
    void selfDial.end();
  }
}

function refuse(incoming: NativeIncoming): void {
  incoming.refuse().catch(() => {});
}
