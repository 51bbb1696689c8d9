import { MAX_RANGES } from '../constants.js';
import type { Range } from './frames.js';

/** Which packet numbers of one space have arrived: to drop duplicates and to acknowledge (RFC 9000 §12.3, §13.2). */
export class ReceivedPackets {
  /** Highest first; never touching each other. */
  #ranges: Range[] = [];
  /** Numbers below are treated as seen: their ranges were forgotten. */
  #forgottenBelow = 0;

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** -1 before the first. */
  get largest(): number {
    return this.#ranges[0]?.to ?? -1;
  }

  has(packetNumber: number): boolean {
    if (packetNumber < this.#forgottenBelow) return true;
    return this.#ranges.some(({ from, to }) => from <= packetNumber && packetNumber <= to);
  }

  add(packetNumber: number): void {
    const sorted = [...this.#ranges, { from: packetNumber, to: packetNumber }].sort((a, b) => b.to - a.to);
    const merged: Range[] = [];
    for (const range of sorted) {
      const above = merged.at(-1);
      if (above !== undefined && range.to + 1 >= above.from) above.from = Math.min(above.from, range.from);
      else merged.push({ ...range });
    }
    this.#ranges = merged.slice(0, MAX_RANGES);
    if (merged.length > MAX_RANGES) this.#forgottenBelow = this.#ranges.at(-1)?.from ?? 0;
  }
}
