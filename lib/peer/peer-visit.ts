import { newAbort, onAbort, type Sleep } from '../async/index.js';
import { type BiStream, CLOSE_UNAVAILABLE, type Connection, type PathInfo } from '../transport/index.js';
import {
  CLOSE_BAD_REQUEST,
  CLOSE_NORMAL,
  CLOSE_TOO_LARGE,
  encodePeerFacts,
  PEER_HELLO,
  type PeerFacts,
} from '../wire/index.js';
import {
  LEAVE_WAIT_MS,
  PATH_LOOK_MS,
  type PeerLimits,
  REASON_BUSY,
  REASON_EXPECTED_HELLO,
  REASON_SECOND_STREAM,
  REASON_TIME_IS_UP,
  REASON_TOO_LARGE,
} from './limits.js';
import type { PeerVisitEvent, PeerVisitOutcome } from './visit-event.js';

/** What only the server of this visit knows of it. */
export type VisitResult = Pick<PeerVisitEvent, 'outcome' | 'path' | 'remoteAddr' | 'echoedBytes'>;

/** What serving a visit needs. */
export interface VisitParts {
  /** What this peer says about itself now. */
  facts(): PeerFacts;
  limits: PeerLimits;
  sleep: Sleep;
}

interface Ending {
  outcome: PeerVisitOutcome;
  code: number;
  reason: string;
}

const SERVED: Ending = { outcome: 'served', code: CLOSE_NORMAL, reason: '' };
const ABORTED: Ending = { outcome: 'aborted', code: CLOSE_NORMAL, reason: '' };
const BUSY: Ending = { outcome: 'busy', code: CLOSE_UNAVAILABLE, reason: REASON_BUSY };
const TIMED_OUT: Ending = { outcome: 'timed-out', code: CLOSE_NORMAL, reason: REASON_TIME_IS_UP };
const TOO_LARGE: Ending = { outcome: 'bad-request', code: CLOSE_TOO_LARGE, reason: REASON_TOO_LARGE };
const badRequest = (reason: string): Ending => ({ outcome: 'bad-request', code: CLOSE_BAD_REQUEST, reason });

/** Bytes that are read and sent back at once. */
const CHUNK = 16 * 1024;
const HELLO = Buffer.from(PEER_HELLO);

/** Serves one connection: hello, facts, echo. Whatever ends it closes the connection, and that ends every wait. */
export class PeerVisit {
  readonly #connection: Connection;
  readonly #parts: VisitParts;
  /** Fires when the visit is over. */
  readonly #work = newAbort();
  #ending: Ending | null = null;
  #isGreeted = false;
  #echoedBytes = 0;
  #path: PathInfo | null = null;

  constructor(connection: Connection, parts: VisitParts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  /** Resolves when the connection is closed. Never rejects. */
  async serve(signal: AbortSignal): Promise<VisitResult> {
    const forget = onAbort(signal, () => this.#end(ABORTED));
    void this.#after(this.#parts.limits.visitMs, TIMED_OUT);
    const looks = setInterval(() => this.#lookAtPath(), PATH_LOOK_MS).unref();
    try {
      await this.#talk();
      this.#end(SERVED);
    } catch {
      // Its end of the connection or of the stream is gone, or this side ended the visit and said so already.
      this.#end(this.#endingOfBreak());
    } finally {
      clearInterval(looks);
      forget();
    }
    return this.#result();
  }

  /** Ends it for a newer visit. */
  giveWay(): void {
    this.#end(BUSY);
  }

  async #talk(): Promise<void> {
    const { signal } = this.#work;
    const stream = await this.#connection.acceptStream({ signal });
    void this.#refuseMoreStreams();
    const hello = await stream.readExact(HELLO.length, { signal });
    if (!HELLO.equals(hello)) return this.#end(badRequest(REASON_EXPECTED_HELLO));
    this.#isGreeted = true;
    await stream.write(encodePeerFacts(this.#parts.facts()), { signal });
    await this.#echo(stream, signal);
    if (signal.aborted) return;
    await stream.finish();
    void this.#after(LEAVE_WAIT_MS, SERVED);
    await this.#connection.closed();
  }

  /** Reads no more than is sent back, so a visitor that does not read is not read either. */
  async #echo(stream: BiStream, signal: AbortSignal): Promise<void> {
    for (;;) {
      const bytes = await stream.read(CHUNK, { signal });
      this.#lookAtPath();
      if (bytes === null) return;
      if (this.#echoedBytes + bytes.length > this.#parts.limits.maxEchoBytes) return this.#end(TOO_LARGE);
      await stream.write(bytes, { signal });
      this.#echoedBytes += bytes.length;
    }
  }

  /** QUIC would keep a megabyte of each stream that is not read. */
  async #refuseMoreStreams(): Promise<void> {
    try {
      await this.#connection.acceptStream({ signal: this.#work.signal });
      this.#end(badRequest(REASON_SECOND_STREAM));
    } catch {
      // No more came.
    }
  }

  async #after(ms: number, ending: Ending): Promise<void> {
    try {
      await this.#parts.sleep(ms, this.#work.signal);
      this.#end(ending);
    } catch {
      // It was over before.
    }
  }

  #lookAtPath(): void {
    const [first] = this.#connection.paths();
    if (first?.isSelected === true) this.#path = first;
  }

  /** Only the first call has an effect. */
  #end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#lookAtPath();
    this.#connection.close(ending.code, ending.reason);
    this.#work.abort();
  }

  #endingOfBreak(): Ending {
    if (this.#isGreeted) return SERVED;
    return this.#connection.closeReason === null ? badRequest(REASON_EXPECTED_HELLO) : ABORTED;
  }

  #result(): VisitResult {
    const { outcome } = this.#ending ?? ABORTED;
    const path = this.#path === null ? null : this.#path.isRelay ? 'relayed' : 'direct';
    return { outcome, path, remoteAddr: this.#path?.remoteAddr ?? null, echoedBytes: this.#echoedBytes };
  }
}
