import {
  DEAD_PATH_STALL_MS,
  EXCHANGE_DATAGRAMS,
  EXCHANGE_INTERVAL_MS,
  FIRST_EXCHANGE_WINDOW,
  LIVES_AFTER_MS,
  LOSSY_AFTER_MS,
  MAX_EXCHANGE_DATAGRAMS,
  MAX_EXCHANGE_WINDOW,
  MIN_EXCHANGE_DATAGRAMS,
  MIN_EXCHANGE_SPAN_MS,
  QUIET_MS,
  QUIET_ROUND_TRIPS,
  STALL_MS,
} from '../constants.js';

/** The result of an exchange. */
export interface Exchanged {
  /** `sustained`: they are acknowledged, to the last; `stalled`: they are not; `cut`: the time was up before either. */
  end: 'sustained' | 'stalled' | 'cut';
  sent: number;
  acknowledged: number;
  /** Those that were not, although a later one was. What was still on its way at the end is not among them. */
  lost: number;
  /** Milliseconds between the first of them and the last that was acknowledged; 0 without any. */
  spanMs: number;
}

interface Sent {
  atMs: number;
  isAcknowledged: boolean;
  /** Neither acknowledged nor given up. */
  isInFlight: boolean;
}

/** What an exchange wants to know of its surroundings, and tells them. */
export interface ExchangeSurroundings {
  /** Whether another probe was answered when the silence had lasted so long already, or later. Default: none was. */
  livedInSilence?(silentMs: number, leastMs: number): boolean;
  /** Called at most once, when acknowledgements are late, or some are still missing. The exchange goes on. */
  onTrouble?(): void;
}

export interface ExchangeOptions extends ExchangeSurroundings {
  /** How long a small packet and its acknowledgement take. */
  roundTripMs: number;
  timeoutMs: number;
  now(): number;
  /** Sends the next full-size datagram. Its number is how many were sent before. */
  send(): void;
  /** Called once. */
  onEnd(exchanged: Exchanged): void;
}

/**
 * Sends full-size datagrams one after the other, as a connection with data does. One every 30 ms shows more than a
 * burst: some firewalls let only the first datagrams of a flow pass. At most four are on their way until the path
 * shows that it carries more without a queue, so that a slow uplink does not lose what it could carry. Lost ones are
 * replaced.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #startedAtMs: number;
  readonly #sent: Sent[] = [];
  #window = FIRST_EXCHANGE_WINDOW;
  #roundTripMs: number;
  /** When something was last acknowledged; at first, when it began. */
  #heardAtMs: number;
  #timer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #wasTroubled = false;
  #isOver = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#roundTripMs = options.roundTripMs;
    this.#startedAtMs = options.now();
    this.#heardAtMs = this.#startedAtMs;
  }

  start(): void {
    this.#deadline = setTimeout(() => this.#cut(), this.#options.timeoutMs).unref();
    this.#step();
  }

  /** @param numbers - the datagrams that the peer has now acknowledged */
  acknowledged(numbers: readonly number[], atMs: number): void {
    for (const number of numbers) {
      const sent = this.#sent[number];
      if (sent === undefined) continue;
      sent.isAcknowledged = true;
      this.#heardAtMs = atMs;
      this.#measure(atMs - sent.atMs);
      // Those that were sent before it and are not acknowledged were overtaken or lost.
      for (const earlier of this.#sent.slice(0, number + 1)) earlier.isInFlight = false;
    }
    if (numbers.length > 0) this.#step();
  }

  /** Ends it without a result: `onEnd` is not called. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#deadline);
  }

  /** The time is up. Concludes from what was seen. */
  #cut(): void {
    const { acknowledged, spanMs } = this.#result();
    const isEnough = acknowledged >= MIN_EXCHANGE_DATAGRAMS && spanMs >= MIN_EXCHANGE_SPAN_MS;
    if (isEnough && this.#unanswered < this.#window) this.#end('sustained');
    else this.#end(this.#isStalled() ? 'stalled' : 'cut');
  }

  #measure(ms: number): void {
    // A datagram that took long waited in a queue: no more of them at once then.
    if (ms <= 1.5 * this.#options.roundTripMs + 50)
      this.#window = Math.min(this.#window + 1, MAX_EXCHANGE_WINDOW);
    this.#roundTripMs = Math.max(ms, (7 * this.#roundTripMs + ms) / 8);
  }

  /** How many were sent since the last that was acknowledged. */
  get #unanswered(): number {
    return this.#sent.length - 1 - this.#sent.findLastIndex(({ isAcknowledged }) => isAcknowledged);
  }

  /** How long nothing was acknowledged. */
  get #silentMs(): number {
    return this.#options.now() - this.#heardAtMs;
  }

  /** Whether the silence cannot be a moment in which the path carries nothing at all. */
  get #isPathAlive(): boolean {
    const leastMs = Math.max(LIVES_AFTER_MS, this.#roundTripMs);
    // Asked first, also where we were heard: the answer may count for the other relays of this address.
    const lives = this.#options.livedInSilence?.(this.#silentMs, leastMs) ?? false;
    return lives || this.#sent.some(({ isAcknowledged }) => isAcknowledged);
  }

  #isStalled(): boolean {
    const stallMs = this.#isPathAlive ? STALL_MS : DEAD_PATH_STALL_MS;
    return (
      this.#unanswered >= MIN_EXCHANGE_DATAGRAMS && this.#silentMs >= Math.max(stallMs, 6 * this.#roundTripMs)
    );
  }

  #noticeTrouble(): void {
    const isQuiet = this.#silentMs >= QUIET_MS + QUIET_ROUND_TRIPS * this.#roundTripMs;
    const lastsMs = this.#options.now() - this.#startedAtMs;
    const isLossy = lastsMs >= LOSSY_AFTER_MS && this.#result().lost > 0;
    if (this.#wasTroubled || !(isQuiet || isLossy)) return;
    this.#wasTroubled = true;
    this.#options.onTrouble?.();
  }

  #step(): void {
    if (this.#isOver) return;
    const { acknowledged, sent } = this.#result();
    if (acknowledged >= EXCHANGE_DATAGRAMS) this.#end('sustained');
    else if (this.#isStalled() || sent >= MAX_EXCHANGE_DATAGRAMS) this.#end('stalled');
    else {
      this.#noticeTrouble();
      this.#sendIfDue();
    }
  }

  #sendIfDue(): void {
    const now = this.#options.now();
    const lossMs = Math.max(150, 3 * this.#roundTripMs + 50);
    for (const each of this.#sent) if (now - each.atMs >= lossMs) each.isInFlight = false;
    const isRoom = this.#sent.filter(({ isInFlight }) => isInFlight).length < this.#window;
    // Timers may come a little early.
    const nextAtMs = (this.#sent.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) + EXCHANGE_INTERVAL_MS - 1;
    const isDue = now >= nextAtMs;
    // Counted from the last datagram, not from now: an acknowledgement must not delay the next datagram.
    const waitMs = isDue ? EXCHANGE_INTERVAL_MS : Math.max(1, nextAtMs - now);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#step(), waitMs).unref();
    if (!isRoom || !isDue) return;
    this.#sent.push({ atMs: now, isAcknowledged: false, isInFlight: true });
    this.#options.send();
  }

  #result(): Omit<Exchanged, 'end'> {
    const acknowledged = this.#sent.filter(({ isAcknowledged }) => isAcknowledged).length;
    const lastAt = this.#sent.findLastIndex(({ isAcknowledged }) => isAcknowledged);
    const [first, last] = [this.#sent[0], this.#sent[lastAt]];
    const spanMs = first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
    return { sent: this.#sent.length, acknowledged, lost: lastAt + 1 - acknowledged, spanMs };
  }

  #end(end: Exchanged['end']): void {
    if (this.#isOver) return;
    this.stop();
    this.#options.onEnd({ end, ...this.#result() });
  }
}
