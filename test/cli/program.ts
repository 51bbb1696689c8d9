import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { build } from 'vite';
import { ENTRY_ALIASES } from '../support/entry-aliases.js';
import { until } from '../support/fake-time.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** How a run of the program is started. */
export interface RunOptions {
  /** The whole environment beside `PATH`: this machine's own settings must not matter. */
  env?: Record<string, string>;
  /** What it reads; null: it waits for more than it gets. Default: nothing. */
  stdin?: string | null;
  /** Milliseconds after which it is killed. Default: 20000. */
  timeoutMs?: number;
  /** Modules that are loaded before it. */
  preload?: readonly string[];
}

export interface RunResult {
  /** `null` when it was killed. */
  code: number | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

/** The program as its users have it, from the sources: bundled once, then run as often as one likes. */
export class Program {
  private constructor(readonly folder: string) {}

  /** @param main - from the root */
  static async build(main = 'lib/cli/main.ts'): Promise<Program> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-cli-'));
    await build({
      root: ROOT,
      configFile: false,
      envDir: false,
      publicDir: false,
      logLevel: 'error',
      resolve: { alias: ENTRY_ALIASES },
      build: {
        ssr: join(ROOT, main),
        outDir: folder,
        emptyOutDir: false,
        minify: false,
        rolldownOptions: { output: { entryFileNames: 'main.mjs' } },
      },
    });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
    return new Program(folder);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  start(words: readonly string[], options: RunOptions = {}): Run {
    return new Run(this.folder, words, options);
  }

  run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.start(words, options).ended;
  }

  /** Whether a run with these words has loaded iroh's native binding by its end. */
  async loadsBinding(words: readonly string[]): Promise<boolean> {
    const spy = join(this.folder, 'spy.mjs');
    await writeFile(
      spy,
      `process.on('exit', () => {
        const { sharedObjects } = process.report.getReport();
        process.stderr.write(sharedObjects.some((path) => path.includes('iroh')) ? 'loaded' : 'not loaded');
      });`,
    );
    const { stderr } = await this.run(words, { preload: [spy] });
    if (!/^(not )?loaded$/.test(stderr)) throw new Error(`expected no other words: ${stderr}`);
    return stderr === 'loaded';
  }
}

/** One process of the program. */
export class Run {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<RunResult>;
  stdout = '';
  stderr = '';

  constructor(folder: string, words: readonly string[], options: RunOptions) {
    const startedAt = performance.now();
    const preload = (options.preload ?? []).flatMap((path) => ['--import', path]);
    this.process = spawn(process.execPath, [...preload, join(folder, 'main.mjs'), ...words], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => this.process.kill('SIGKILL'), options.timeoutMs ?? 20_000);
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // It may end without having read.
    this.process.stdin.on('error', () => {});
    if (options.stdin !== null) this.process.stdin.end(options.stdin ?? '');
    this.ended = new Promise((settle, fail) => {
      this.process.on('error', fail);
      this.process.on('close', (code) => {
        clearTimeout(timer);
        const { stdout, stderr } = this;
        settle({ code, stdout, stderr, durationMs: performance.now() - startedAt });
      });
    });
  }

  /** Waits until standard output matches. */
  async until(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray> {
    await until(() => pattern.test(this.stdout) || this.process.exitCode !== null, timeoutMs);
    const found = pattern.exec(this.stdout);
    if (found === null) throw new Error(`ended without ${pattern}:\n${this.stdout}\n${this.stderr}`);
    return found;
  }
}
