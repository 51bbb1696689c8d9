import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Default of how long it may take. */
const READY_TIMEOUT_MS = 10_000;

/** A program that runs in a lab; what it says is kept for whoever waits for it. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  #said = '';

  constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-16_000);
      });
    }
  }

  get process(): ChildProcess {
    return this.#child;
  }

  /** Resolves with what matched when it has said this; rejects when it ends first, or after a while. */
  async says(pattern: RegExp, timeoutMs = READY_TIMEOUT_MS): Promise<string> {
    await this.until(`says ${pattern}`, () => pattern.test(this.#said), timeoutMs);
    return pattern.exec(this.#said)?.[0] ?? '';
  }

  /** Resolves when `isTrue`; rejects when it ends first, or after a while. */
  async until(
    what: string,
    isTrue: () => boolean | Promise<boolean>,
    timeoutMs = READY_TIMEOUT_MS,
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await isTrue())) {
      const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (isOver || performance.now() > deadline) {
        throw new Error(`${this.#name} should be one that ${what}, but:\n${this.#said}`);
      }
      await sleep(10);
    }
  }
}
