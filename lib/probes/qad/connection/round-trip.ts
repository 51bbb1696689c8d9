import { INITIAL_RTT_MS, TIMER_GRANULARITY_MS } from '../constants.js';

/** Round-trip time by RFC 9002 §5, in milliseconds. */
export class RoundTrip {
  #min = Number.POSITIVE_INFINITY;
  #variation = INITIAL_RTT_MS / 2;
  #smoothed: number | null = null;

  /** Null before the first sample. */
  get smoothedMs(): number | null {
    return this.#smoothed;
  }

  /** @param ackDelayMs - how long the peer says it waited; 0 where it must not wait */
  sample(latestMs: number, ackDelayMs: number): void {
    this.#min = Math.min(this.#min, latestMs);
    if (this.#smoothed === null) {
      this.#smoothed = latestMs;
      this.#variation = latestMs / 2;
      return;
    }
    const adjusted = latestMs >= this.#min + ackDelayMs ? latestMs - ackDelayMs : latestMs;
    this.#variation = (3 * this.#variation + Math.abs(this.#smoothed - adjusted)) / 4;
    this.#smoothed = (7 * this.#smoothed + adjusted) / 8;
  }

  /** How long to wait for an acknowledgement before asking again (RFC 9002 §6.2.1). */
  probeTimeoutMs(maxAckDelayMs: number): number {
    const smoothed = this.#smoothed ?? INITIAL_RTT_MS;
    return smoothed + Math.max(4 * this.#variation, TIMER_GRANULARITY_MS) + maxAckDelayMs;
  }
}
