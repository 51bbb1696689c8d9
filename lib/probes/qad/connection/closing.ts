import { FINISHED_CODE, FINISHED_REASON, LINGER_MS, MAX_CLOSE_REPEATS } from '../constants.js';
import type { Level } from '../packets/header.js';
import { encodeApplicationClose, encodeTransportClose } from './frames.js';
import type { PacketSpace } from './packet-space.js';
import type { Peer } from './peer.js';
import type { Sender } from './sender.js';

/** How we close a connection (RFC 9000 §10.2). */
export class Closing {
  readonly #spaces: Readonly<Record<Level, PacketSpace>>;
  readonly #peer: Peer;
  readonly #sender: Sender;
  #repeats = 0;
  #lingering: NodeJS.Timeout | undefined;

  constructor(spaces: Readonly<Record<Level, PacketSpace>>, peer: Peer, sender: Sender) {
    this.#spaces = spaces;
    this.#peer = peer;
    this.#sender = sender;
  }

  /**
   * All went well: closes as iroh's client does. The last handshake message is sent with it, if it was not sent
   * before.
   *
   * @param onGone - called when the server needs no more answers
   */
  finish(onGone: () => void): void {
    this.#writeFinished(false);
    this.#lingering = setTimeout(onGone, LINGER_MS).unref();
  }

  /** The close or the last handshake message was lost: sends both again (RFC 9000 §10.2.1). */
  repeat(): void {
    if (++this.#repeats <= MAX_CLOSE_REPEATS) this.#writeFinished(true);
  }

  /** Closes with an error, in packets that the server can read for sure (RFC 9000 §10.2.3). */
  refuse(code: number, reason: string): void {
    if (!this.#peer.isKnown) return;
    const { initial, handshake, application } = this.#spaces;
    const readable = [handshake, application].filter(({ keys }) => keys !== null);
    for (const space of readable.length > 0 ? readable : [initial]) {
      space.push(encodeTransportClose(code, reason));
    }
    this.#sender.write(false);
  }

  /** Stops lingering. */
  stop(): void {
    clearTimeout(this.#lingering);
  }

  #writeFinished(isProbe: boolean): void {
    this.#spaces.application.push(encodeApplicationClose(FINISHED_CODE, FINISHED_REASON));
    this.#sender.write(isProbe);
  }
}
