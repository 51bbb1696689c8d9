import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { buildPeer } from './build.js';
import type { Lines } from './lines.js';

/** One line of a peer. */
export type Line = { event: string } & Record<string, unknown>;

interface Wait {
  match(line: Line): boolean;
  resolve(line: Line): void;
  reject(error: Error): void;
}

const STOP_MS = 5_000;
const TAIL = 8_000;

/** A running peer: lines out, commands in. It ends when its stdin closes, so it cannot outlive the tests. */
export class PeerProcess {
  /** All lines so far, read or not: for asserting that something did not happen. */
  readonly lines: Line[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<number | null>;
  #unread: Line[] = [];
  #waits: Wait[] = [];
  #stderr = '';
  #ended: Error | undefined;
  #refs = 0;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, args, { stdio: 'pipe', env });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-TAIL);
    });
    // A write to a peer that just ended: the waits tell of it.
    this.#child.stdin.on('error', () => {});
    const lines = createInterface({ input: this.#child.stdout });
    lines.on('line', (text) => this.#take(JSON.parse(text) as Line));
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#end(error));
      this.#child.once('close', (code) => {
        this.#end(new Error(`the peer ended with ${code}`));
        resolve(code);
      });
    });
  }

  static async start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<PeerProcess> {
    return new PeerProcess(await buildPeer(), args, { ...process.env, ...env });
  }

  /**
   * The first unread line of that event (and for which `where` holds), now or within `timeoutMs` (default 10 s).
   * Lines passed over stay unread, so the order of asking need not be the order of happening.
   */
  next<E extends keyof Lines>(
    event: E,
    where: (line: Lines[E]) => boolean = () => true,
    timeoutMs = 10_000,
  ): Promise<Lines[E]> {
    const match = (line: Line) => line.event === event && where(line as unknown as Lines[E]);
    return this.nextLine(match, timeoutMs, event) as Promise<unknown> as Promise<Lines[E]>;
  }

  /** As {@link PeerProcess.next}, for any line. */
  nextLine(match: (line: Line) => boolean, timeoutMs = 10_000, what = 'line'): Promise<Line> {
    const at = this.#unread.findIndex(match);
    const [line] = at < 0 ? [] : this.#unread.splice(at, 1);
    if (line) return Promise.resolve(line);
    if (this.#ended) return Promise.reject(this.#explain(this.#ended.message, what));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waits = this.#waits.filter((other) => other !== wait);
        reject(this.#explain(`nothing came in ${timeoutMs} ms`, what));
      }, timeoutMs);
      const wait: Wait = {
        match,
        resolve(found) {
          clearTimeout(timer);
          resolve(found);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(this.#explain(error.message, what));
        },
      };
      this.#waits.push(wait);
    });
  }

  /** Unread lines as they come, until the peer ends. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Line, void, undefined> {
    for (;;) {
      let line: Line;
      try {
        line = await this.nextLine(() => true, 2 ** 31 - 1);
      } catch {
        return;
      }
      yield line;
    }
  }

  /** Sends a command and does not wait for its outcome. */
  send(command: { cmd: string } & Record<string, unknown>): void {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** Sends a command and waits until it is done. @throws Error with the peer's words when it failed */
  async request(command: { cmd: string } & Record<string, unknown>, timeoutMs = 30_000): Promise<Line> {
    this.#refs += 1;
    const ref = `${command.cmd}-${this.#refs}`;
    this.send({ ...command, ref });
    const line = await this.nextLine((line) => line.ref === ref, timeoutMs, `outcome of ${ref}`);
    if (line.event === 'failed') throw new Error(`${command.cmd}: ${String(line.error)}`);
    return line;
  }

  /** Ends the peer the friendly way, after 5 s the other; resolves when it is gone. Idempotent. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.kill(), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** A crash: nothing is closed, the other end is told nothing. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #take(line: Line): void {
    this.lines.push(line);
    const at = this.#waits.findIndex((wait) => wait.match(line));
    const [wait] = at < 0 ? [] : this.#waits.splice(at, 1);
    if (wait) wait.resolve(line);
    else this.#unread.push(line);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const wait of this.#waits.splice(0)) wait.reject(error);
  }

  #explain(message: string, what: string): Error {
    const last = this.lines.slice(-5).map((line) => JSON.stringify(line).slice(0, 300));
    return new Error([`waiting for ${what}: ${message}; its last lines:`, ...last, this.#stderr].join('\n'));
  }
}
