import type { ReadStream, WriteStream } from 'node:tty';
import { codeOf } from '../errors.js';

/** What a command uses of its process. */
export type ShellProcess = Pick<NodeJS.Process, 'env'> & {
  stdin: NodeJS.ReadStream | ReadStream;
  stdout: NodeJS.WriteStream | WriteStream;
  stderr: NodeJS.WriteStream | WriteStream;
};

/** In characters; an API secret has a few hundred, an env file a few thousand. */
const MAX_STDIN = 64 * 1024;

/**
 * The terminal, pipe or file that a command talks to. Results go to standard output, everything else to standard
 * error, so that another program can read the results.
 */
export class Shell {
  readonly #process: ShellProcess;
  readonly #outClosed = new AbortController();
  #outFailure: Error | null = null;

  constructor(from: ShellProcess) {
    this.#process = from;
    from.stdout.on('error', (error) => {
      // `| head` closes the pipe while we write: that is no failure.
      if (!isClosedPipe(error)) this.#outFailure ??= error;
      this.#outClosed.abort();
    });
    // When standard error cannot be written, there is no other place to report that.
    from.stderr.on('error', () => {});
  }

  get env(): NodeJS.ProcessEnv {
    return this.#process.env;
  }

  /** Fires when nobody reads standard output any more. */
  get outClosed(): AbortSignal {
    return this.#outClosed.signal;
  }

  /** Columns of the terminal on standard output; undefined when it is none. */
  get columns(): number | undefined {
    const { stdout } = this.#process;
    return stdout.isTTY ? stdout.columns : undefined;
  }

  /** Whether results may be coloured: on a terminal unless `NO_COLOR` is set, or where `FORCE_COLOR` says so. */
  get hasColour(): boolean {
    const { env, stdout } = this.#process;
    if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
    return Boolean(stdout.isTTY) && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  }

  /** A result. */
  out(text: string): void {
    if (!this.outClosed.aborted) this.#process.stdout.write(text);
  }

  /**
   * Waits until all results are written. @returns the error when they could not be: a full disk, for example
   */
  async written(): Promise<Error | null> {
    await new Promise<void>((resolve) => {
      this.#process.stdout.write('', () => resolve());
    });
    return this.#outFailure;
  }

  /** A remark for the person at the terminal. */
  err(text: string): void {
    this.#process.stderr.write(text);
  }

  /** Shows one line on standard error in place of the previous one; does nothing when that is no terminal. */
  showProgress(text: string): void {
    const { stderr, env } = this.#process;
    if (!stderr.isTTY || env.TERM === 'dumb') return;
    stderr.write(`\r\x1b[2K${text.slice(0, Math.max(0, stderr.columns - 1))}`);
  }

  /** Erases the progress line. */
  eraseProgress(): void {
    this.showProgress('');
  }

  /** All of standard input, or null when it is too long to be a secret or a file with one. */
  async stdin(): Promise<string | null> {
    let text = '';
    for await (const chunk of this.#process.stdin.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length > MAX_STDIN) return null;
    }
    return text;
  }
}

function isClosedPipe(error: Error): boolean {
  const code = codeOf(error);
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
