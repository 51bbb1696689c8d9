import type { Change } from './change.js';

/** A notification of PostgreSQL has to be shorter than 8000 bytes. */
const MAX_MESSAGE_BYTES = 7_999;
/** More changes than these, not yet told, and the others are told to look at everything. */
const MAX_CHANGES = 10_000;

/** What the others are still to be told: of what is equal the last. */
export class Outbox {
  readonly #opening: string;
  /** By their text. */
  #changes = new Map<string, Change>();
  #isOverfull = false;

  /** @param from - a name of this process, by which it knows its own messages */
  constructor(from: string) {
    this.#opening = `{"from":${JSON.stringify(from)},`;
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0 && !this.#isOverfull;
  }

  add(change: Change): void {
    if (this.#isOverfull) return;
    const text = JSON.stringify(change);
    this.#changes.delete(text);
    this.#changes.set(text, change);
    if (this.#changes.size > MAX_CHANGES || !this.#fits(Buffer.byteLength(text))) this.#overfill();
  }

  /** Takes what is to be told, as messages. @returns also what puts it back when they could not be sent */
  take(): { messages: string[]; putBack: () => void } {
    const [changes, isOverfull] = [this.#changes, this.#isOverfull];
    this.#changes = new Map();
    this.#isOverfull = false;
    return {
      messages: isOverfull ? [`${this.#opening}"gap":true}`] : this.#messages([...changes.keys()]),
      putBack: () => {
        const newer = [...this.#changes.values()];
        this.#changes = changes;
        if (isOverfull) this.#overfill();
        for (const change of newer) this.add(change);
      },
    };
  }

  #messages(texts: readonly string[]): string[] {
    const messages: string[][] = [];
    let bytes = 0;
    for (const text of texts) {
      const size = Buffer.byteLength(text) + 1;
      const current = messages.at(-1);
      if (current !== undefined && this.#fits(bytes + size)) {
        current.push(text);
        bytes += size;
      } else {
        messages.push([text]);
        bytes = size;
      }
    }
    return messages.map((group) => `${this.#opening}"changes":[${group.join(',')}]}`);
  }

  #fits(bytes: number): boolean {
    return Buffer.byteLength(this.#opening) + '"changes":[]}'.length + bytes <= MAX_MESSAGE_BYTES;
  }

  #overfill(): void {
    this.#changes.clear();
    this.#isOverfull = true;
  }
}
