import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/**
 * A world of its own: network namespaces inside one mount and process namespace. Its first process lives as long as
 * the pipe from this one. When that closes (also because this process was killed) the kernel ends everything in the
 * world and forgets its namespaces, rules and files.
 */
export class Lab {
  readonly #holder: ChildProcess;
  readonly #target: number;

  private constructor(holder: ChildProcess, target: number) {
    this.#holder = holder;
    this.#target = target;
  }

  /** @param namespaces - names of the network namespaces; `lo` is up in each */
  static async build(namespaces: readonly string[]): Promise<Lab> {
    const hold = 'mount -t tmpfs none /run && echo ready && exec cat >/dev/null';
    const options = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const holder = spawn('unshare', [...options, 'sh', '-c', hold], {
      env: { ...process.env, PATH },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const children = await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8');
    const lab = new Lab(holder, Number(children.trim()));
    for (const name of namespaces) {
      await lab.sh(null, `ip netns add ${name} && ip -n ${name} link set lo up`);
    }
    return lab;
  }

  /** The command line that runs something in a namespace of this world; null: in the world's own. */
  #inside(namespace: string | null, command: readonly string[]): [string, string[]] {
    const target = ['-t', String(this.#target), '--mount', '--pid', '--net', '--'];
    const enter = namespace === null ? [] : ['ip', 'netns', 'exec', namespace];
    return ['nsenter', [...target, ...enter, ...command]];
  }

  /** Runs a shell script to its end; rejects with what it said when it fails. */
  async sh(namespace: string | null, script: string): Promise<string> {
    return this.exec(namespace, ['sh', '-euc', script]);
  }

  /** Runs a program to its end, and returns what it printed. */
  async exec(namespace: string | null, command: readonly string[], timeout = 20_000): Promise<string> {
    const [file, args] = this.#inside(namespace, command);
    const { stdout } = await run(file, args, { env: { ...process.env, PATH }, timeout });
    return stdout;
  }

  /** Sets rules from nft's own language. */
  async nft(namespace: string, rules: string): Promise<void> {
    await this.exec(namespace, ['nft', rules]);
  }

  /** Starts a program that runs until the lab ends; what it says is kept for whoever waits for it. */
  start(namespace: string, command: readonly string[]): Program {
    const [file, args] = this.#inside(namespace, command);
    return new Program(
      spawn(file, args, { env: { ...process.env, PATH }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  /** Ends everything in it; resolves when the kernel has done so. */
  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const gone = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await gone;
  }
}

/** A program that runs in a lab. */
export class Program {
  #said = '';
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    const keep = (chunk: Buffer) => {
      this.#said += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** Resolves when it has said this; rejects when it ends first, or after five seconds. */
  async says(pattern: RegExp): Promise<void> {
    const deadline = performance.now() + 5000;
    while (!pattern.test(this.#said)) {
      const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (isOver || performance.now() > deadline) {
        throw new Error(`it did not say ${pattern}, but:\n${this.#said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
