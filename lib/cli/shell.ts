import type { ReadStream, WriteStream } from 'node:tty';

/** What a command uses of its process. */
export type ShellProcess = Pick<NodeJS.Process, 'env'> & {
  stdin: NodeJS.ReadStream | ReadStream;
  stdout: NodeJS.WriteStream | WriteStream;
  stderr: NodeJS.WriteStream | WriteStream;
};

/** An API secret has some hundred characters, an env file some thousand. */
const MAX_STDIN = 64 * 1024;

/**
 * The terminal, pipe or file that a command talks to. Results go to standard output, everything else to standard
 * error, so that another program can read the results.
 */
export class Shell {
  readonly #process: ShellProcess;
  readonly #outClosed = new AbortController();

  constructor(from: ShellProcess) {
    this.#process = from;
    // `| head` closes the pipe while we write: that is its right, and no crash.
    from.stdout.on('error', (error) => {
      if (!isClosedPipe(error)) throw error;
      this.#outClosed.abort();
    });
    from.stderr.on('error', (error) => {
      if (!isClosedPipe(error)) throw error;
    });
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

  /** Whether results may be painted: on a terminal, unless `NO_COLOR`, or where `FORCE_COLOR` says so. */
  get hasColour(): boolean {
    const { env, stdout } = this.#process;
    if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
    return Boolean(stdout.isTTY) && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  }

  /** A result. */
  out(text: string): void {
    if (!this.outClosed.aborted) this.#process.stdout.write(text);
  }

  /** A remark for the person at the terminal. */
  err(text: string): void {
    this.#process.stderr.write(text);
  }

  /** Shows one line on standard error in the place of the one before; does nothing where that is no terminal. */
  showProgress(text: string): void {
    const { stderr, env } = this.#process;
    if (!stderr.isTTY || env.TERM === 'dumb') return;
    stderr.write(`\r\x1b[2K${text.slice(0, Math.max(0, stderr.columns - 1))}`);
  }

  /** Takes the progress line away. */
  eraseProgress(): void {
    this.showProgress('');
  }

  /** All of standard input, or null when it is longer than anything that is meant to be read. */
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
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
