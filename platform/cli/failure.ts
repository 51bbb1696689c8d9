import { messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { ConfigError } from '../config/index.js';
import { EXIT } from './exit-codes.js';

/** A failure that its command has told already, in its own way. The cause is what happened. */
export class ToldFailure extends Error {
  override name = 'ToldFailure';
}

/** Our own errors say what to do next; anything else is a bug in this program, so its stack is told. */
export function wordsOf(error: unknown): string {
  const isOurs = error instanceof NetDiagnosticsError;
  return isOurs || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
}

/** With what the program ends. */
export function exitCodeOf(error: unknown): number {
  const cause = error instanceof ToldFailure ? error.cause : error;
  return cause instanceof ConfigError ? EXIT.settings : EXIT.failed;
}
