import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/built.js';

/** How late the event loop was, in milliseconds, and how often each event came. */
export interface LoopSample {
  max: number;
  p99: number;
  /** The longest without what the thread waited for a processor. */
  own: number;
  /** How many of those were longer than 100 ms. */
  over: number;
  events: Record<string, number>;
  /** As `process.memoryUsage` gives it, in bytes. */
  memory: { heapUsed: number; heapTotal: number; external: number };
}

/** CPU time in seconds since the process began. */
export interface CpuSample {
  all: number;
  /** Of the thread that runs JavaScript. */
  main: number;
}

/** Of a second, as the kernel counts time in /proc. */
const TICKS = 100;
const MIB = 1024;

/** A platform in a process of its own. */
export class ServedPlatform {
  readonly #child: ChildProcess;
  /** Rejects when it ends. */
  readonly #ended: Promise<never>;
  #number = 0;

  private constructor(child: ChildProcess, ended: Promise<never>) {
    this.#child = child;
    this.#ended = ended;
  }

  /** @param options - of `Platform.start` */
  static async start(options: Record<string, unknown>): Promise<ServedPlatform> {
    const child = fork(join(root, 'bench', 'fleet', 'serve.js'), [JSON.stringify(options)], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
    });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the platform ended with ${code}`);
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => {});
    return new ServedPlatform(child, ended);
  }

  secret(label: string): Promise<string> {
    return this.#ask('secret', label);
  }

  dashboardUrl(): Promise<string> {
    return this.#ask('dashboardUrl');
  }

  /** The event loop's delays since the last time. */
  loop(): Promise<LoopSample> {
    return this.#ask('sample');
  }

  dialBacks(ids: readonly string[]): Promise<{ ms: number; failure: string | null }[]> {
    return this.#ask('dialBacks', ids);
  }

  /** Begins to profile its JavaScript. */
  async profile(): Promise<void> {
    await this.#ask('profile');
  }

  /** Ends what {@link profile} began, and writes it to a file. */
  async profiled(path: string): Promise<void> {
    await this.#ask('profiled', path);
  }

  cpu(): CpuSample {
    const { pid } = this.#child;
    return { all: cpuSeconds(`/proc/${pid}/stat`), main: cpuSeconds(`/proc/${pid}/task/${pid}/stat`) };
  }

  /** MiB of memory. */
  rss(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / MIB;
  }

  files(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  async stop(): Promise<void> {
    if (!this.#child.connected) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  async #ask<T>(task: string, argument?: unknown): Promise<T> {
    this.#number += 1;
    const number = this.#number;
    const answer = new Promise<T>((resolve, reject) => {
      const hear = (message: { number: number; result: T; error?: string }) => {
        if (message.number !== number) return;
        this.#child.off('message', hear);
        if (message.error === undefined) resolve(message.result);
        else reject(new Error(message.error));
      };
      this.#child.on('message', hear);
    });
    this.#child.send({ number, task, argument });
    return Promise.race([answer, this.#ended]);
  }
}

function cpuSeconds(stat: string): number {
  // After the name, which may contain anything: state, then user and system time as the 12th and 13th.
  const fields = readFileSync(stat, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
