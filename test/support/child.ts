import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPILED, compileText } from './compile.js';

export interface ChildOptions {
  env?: Record<string, string | undefined>;
  /** Arguments of the program. */
  args?: readonly string[];
  /** Arguments of Node itself, for example `--expose-gc`. */
  nodeArgs?: readonly string[];
  /** The only packages that it can resolve. Default: all of node_modules. */
  packages?: readonly string[];
  /** The command line that enters where it is to run, or as whom. Default: here, as we are. */
  enter?: readonly string[];
  /** Milliseconds after which the child is killed. Default: 20000. */
  timeoutMs?: number;
}

export interface ChildResult {
  /** `null` when it was killed. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** From the start of the process, without the compilation. */
  durationMs: number;
}

export interface Child {
  process: ChildProcess;
  /** Resolves with the first line of standard output, past or to come, that matches. Rejects when the child ends before. */
  line(pattern: RegExp): Promise<string>;
  ended: Promise<ChildResult>;
}

/** Starts a TypeScript module in a process of its own, against the sources in lib/; see {@link compileText}. */
export async function startChild(source: string, options: ChildOptions = {}): Promise<Child> {
  const folder = await mkdtemp(join(tmpdir(), 'iroh-net-diagnostics-child-'));
  await compileText(source, folder, options.packages);
  const startedAt = performance.now();
  const command = [
    ...(options.enter ?? []),
    process.execPath,
    ...(options.nodeArgs ?? []),
    COMPILED,
    ...(options.args ?? []),
  ];
  const child = spawn(command[0] ?? process.execPath, command.slice(1), {
    cwd: folder,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 20_000);
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const watch of watchers) watch();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<ChildResult>((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      settle({ code, signal, stdout, stderr, durationMs: performance.now() - startedAt });
    });
  });
  const cleaned = async (): Promise<ChildResult> => {
    try {
      return await exited;
    } finally {
      clearTimeout(timer);
      await rm(folder, { recursive: true, force: true });
    }
  };
  const ended = cleaned();
  // Whoever only waits for lines need not look at the end.
  ended.catch(() => {});
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((settle, fail) => {
      const look = () => {
        const found = stdout.split('\n').find((text) => pattern.test(text));
        if (found === undefined) return;
        watchers.delete(look);
        settle(found);
      };
      watchers.add(look);
      look();
      ended.then(({ code, signal }) => {
        fail(new Error(`the child ended (${code ?? signal}) without ${pattern}:\n${stdout}\n${stderr}`));
      }, fail);
    });
  return { process: child, line, ended };
}

/** Runs a TypeScript module to its end; see {@link startChild}. */
export async function runChild(source: string, options: ChildOptions = {}): Promise<ChildResult> {
  return (await startChild(source, options)).ended;
}
