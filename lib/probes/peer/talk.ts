import { decodePeerFacts, PEER_HELLO, type PeerFacts } from '../../wire/index.js';
import { ProbeFailure } from '../probe-failure.js';
import { MESSAGE_SIZE, WINDOW } from './constants.js';
import type { PeerLink, PeerStream } from './types.js';

/** The bytes of the messages repeat with this period, so that what comes back can be compared without keeping it. */
const PERIOD = 251;

const READ_SIZE = 4096;

/**
 * The conversation with a peer on one stream: hello, what it says about itself, and messages that it sends back. Its owner
 * ends it by closing the link.
 */
export class Talk {
  /** Rejects when the peer ends it, or says what the protocol does not have. Never resolves. */
  readonly failed: Promise<never>;
  readonly #stream: PeerStream;
  readonly #signal: AbortSignal;
  #facts: PeerFacts | null = null;
  #sentBytes = 0;
  #cameBytes = 0;
  #isWriting = false;

  private constructor(stream: PeerStream, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    this.failed = this.#listen();
    this.failed.catch(() => {});
  }

  /** Opens the stream and says hello. Rejects when that fails, or `signal` fires. */
  static async begin(link: PeerLink, signal: AbortSignal): Promise<Talk> {
    const stream = await link.openStream({ signal });
    await stream.write(new TextEncoder().encode(PEER_HELLO), { signal });
    return new Talk(stream, signal);
  }

  /** What the peer says about itself; `null`: nothing yet. */
  get facts(): PeerFacts | null {
    return this.#facts;
  }

  /** Whole messages that have come back. */
  get echoed(): number {
    return Math.floor(this.#cameBytes / MESSAGE_SIZE);
  }

  /** Sends one message, unless enough of them are under way. */
  send(): void {
    const underWay = (this.#sentBytes - this.#cameBytes) / MESSAGE_SIZE;
    if (this.#isWriting || underWay >= WINDOW) return;
    const message = pattern(this.#sentBytes, MESSAGE_SIZE);
    this.#sentBytes += message.length;
    this.#isWriting = true;
    this.#stream.write(message, { signal: this.#signal }).then(
      () => {
        this.#isWriting = false;
      },
      // What has broken is seen by who reads. Nothing more is sent.
      () => {},
    );
  }

  async #listen(): Promise<never> {
    let head: Uint8Array = new Uint8Array(0);
    for (;;) {
      const bytes = await this.#stream.read(READ_SIZE, { signal: this.#signal });
      if (bytes === null) throw new ProbeFailure('PEER_ENDED', 'the peer ended the stream');
      if (this.#facts !== null) {
        this.#take(bytes);
        continue;
      }
      head = Buffer.concat([head, bytes]);
      const said = decodePeerFacts(head);
      if (said === null) continue;
      this.#facts = said.facts;
      this.#take(head.subarray(said.size));
    }
  }

  /** Counts what has come back. Nothing comes that was not sent, so nothing endless does. */
  #take(bytes: Uint8Array): void {
    const expected = pattern(this.#cameBytes, bytes.length);
    this.#cameBytes += bytes.length;
    if (this.#cameBytes <= this.#sentBytes && Buffer.compare(bytes, expected) === 0) return;
    throw new ProbeFailure('PEER_NO_ECHO', 'the peer sent something else than it had got');
  }
}

function pattern(offset: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (offset + i) % PERIOD);
}
