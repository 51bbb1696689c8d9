import type { Shell } from './shell.js';

/** One command of the program. */
export interface Command {
  /** What `--help` prints: what it does, its options with defaults, examples, exit codes. */
  help: string;
  /** Exit code when it throws. Default: 1. */
  failure?: number;
  /**
   * Runs it to its end; resolves with the exit code.
   * @param words - those after the command's own
   * @throws UsageError for wrong words
   */
  run(words: readonly string[], shell: Shell): Promise<number>;
}

/** A command before it is loaded, so that it costs no time until it is used. */
export interface CommandEntry {
  /** What one types. */
  name: string;
  /** One line for the list. */
  summary: string;
  load(): Promise<Command>;
}
