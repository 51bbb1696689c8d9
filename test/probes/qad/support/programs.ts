import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/**
 * Where a program is, or null. Searched too: `/usr/sbin`, where Debian keeps ngtcp2's server, and the folder for what
 * was built for these tests.
 */
export function findProgram(name: string): string | null {
  const built = join(CACHE, 'iroh-net-diagnostics', 'tools', 'bin');
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', built];
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** ngtcp2's example server (Debian: `ngtcp2-server`). */
export const NGTCP2 = findProgram('gtlsserver');

/** `cargo install iroh-relay --features server`; named by a variable where it is not on the PATH. */
export const IROH_RELAY = process.env.IROH_RELAY_BIN ?? findProgram('iroh-relay');

/** Whether tests against this program run: where it is missing they are skipped with a line; in CI that is a failure. */
export function runsHere(program: string | null, name: string): boolean {
  if (program !== null) return true;
  if (process.env.CI) throw new Error(`${name} is missing, and CI leaves nothing out`);
  console.info(`skipped: install ${name}`);
  return false;
}

/** Other people's servers; `close` ends them. */
export class Programs {
  readonly #children: ChildProcess[] = [];
  readonly #folders: string[] = [];

  /** Starts a program and waits until it has printed what says that it is ready. */
  async start(program: string, args: readonly string[], ready: RegExp, env = {}): Promise<() => string> {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#children.push(child);
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${program} is not ready:\n${output}`)), 10_000);
      const take = (text: Buffer) => {
        output += text.toString();
        if (!ready.test(output)) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`${program} ended with ${code}:\n${output}`)));
    });
    return () => output;
  }

  /** A folder with one file, for a configuration. */
  file(name: string, content: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'net-diagnostics-qad-'));
    this.#folders.push(folder);
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }

  async close(): Promise<void> {
    for (const child of this.#children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}
