import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Program } from './program.js';
import { setupScript } from './setup-script.js';
import type { Topology } from './topology.js';

const run = promisify(execFile);

/** Debian keeps network tools in sbin, which is not on every search path. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };

/** A program that is run to its end has so many milliseconds. */
const RUN_TIMEOUT_MS = 60_000;

/**
 * A topology made real in namespaces of its own. Its first process lives as long as its standard input is open:
 * when the test's process dies, of whatever, the process namespace ends, every process in it is killed, and the
 * kernel takes the network namespaces, their devices, rules and files away.
 */
export class Lab {
  readonly #init: ChildProcess;
  readonly #pid: number;

  private constructor(init: ChildProcess, pid: number) {
    this.#init = init;
    this.#pid = pid;
  }

  static async start(topology: Topology): Promise<Lab> {
    const flags = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const script = `${setupScript(topology)}\necho ready\nexec cat >/dev/null`;
    const init = spawn('unshare', [...flags, 'sh', '-c', script], { env: ENVIRONMENT });
    let [said, complained] = ['', ''];
    init.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    init.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    while (!said.includes('ready')) {
      if (init.exitCode !== null) throw new Error(`the lab was not built: ${complained}`);
      await sleep(5);
    }
    // unshare's only child is process 1 of the new namespace; from outside it has another number.
    const children = readFileSync(`/proc/${init.pid}/task/${init.pid}/children`, 'utf8').trim();
    return new Lab(init, Number(children));
  }

  /** What stands before a command line that is to run on a host; nsenter and `ip netns exec` become the program. */
  enter(host: string): string[] {
    const namespaces = ['--target', String(this.#pid), '--mount', '--pid', '--net'];
    return ['nsenter', ...namespaces, '--', 'ip', 'netns', 'exec', host];
  }

  /** Starts a program on a host; it ends with the lab at the latest. */
  start(host: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const [file = '', ...args] = [...this.enter(host), ...argv];
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...ENVIRONMENT, ...env },
    });
    return new Program(argv[0] ?? '', child);
  }

  /** Runs a program on a host to its end. @returns what it wrote to standard output */
  async run(host: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const [file = '', ...args] = [...this.enter(host), ...argv];
    const { stdout } = await run(file, args, {
      env: { ...ENVIRONMENT, ...env },
      timeout: RUN_TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Runs a shell script on a host to its end. */
  sh(host: string, script: string): Promise<string> {
    return this.run(host, ['sh', '-euc', script]);
  }

  /** Adds nftables rules to a host. */
  async nft(host: string, rules: string): Promise<void> {
    await this.run(host, ['nft', rules]);
  }

  /** What becomes of it when somebody kills it. */
  kill(): void {
    this.#init.kill('SIGKILL');
  }

  /** Ends all of its processes and gives back its namespaces. */
  async close(): Promise<void> {
    if (this.#init.exitCode !== null || this.#init.signalCode !== null) return;
    const closed = once(this.#init, 'close');
    this.#init.stdin?.end();
    await closed;
  }
}
