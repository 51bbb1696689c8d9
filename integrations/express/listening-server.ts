import type { ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { isGone } from '../../lib/http-kit/index.js';

/** How soon an open stream notices that its server stopped listening. Milliseconds. */
const LOOK_INTERVAL_MS = 100;

/** Callbacks about a server, each called at most once. */
export interface ServerListener {
  /** The server takes no more connections, and waits for those it has. */
  onStopListening(): void;
  /** Its last connection has ended. */
  onClosed(): Promise<void>;
}

/**
 * Tells when a server closes. Node has an event only for the end of the last connection, and one of our streams may
 * be that connection. So `listening` is polled while a response is open.
 */
export class ListeningServer {
  readonly #server: Server;
  readonly #listener: ServerListener;
  #hasListened: boolean;

  constructor(server: Server, listener: ServerListener) {
    this.#server = server;
    this.#listener = listener;
    this.#hasListened = server.listening;
    server.once('listening', () => {
      this.#hasListened = true;
    });
    server.once('close', () => void listener.onClosed());
  }

  /** Polls until this response has ended. */
  watchDuring(response: ServerResponse): void {
    // It has closed already, and will not emit `close` again.
    if (isGone(response)) return;
    const timer = setInterval(() => {
      if (!this.#hasListened || this.#server.listening) return;
      clearInterval(timer);
      this.#listener.onStopListening();
    }, LOOK_INTERVAL_MS);
    timer.unref();
    response.once('close', () => clearInterval(timer));
  }
}
