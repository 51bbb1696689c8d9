import { newAbort } from '../async/index.js';
import { SIGNAL_EXIT } from './exit-codes.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A request by the user or the system to end the command. */
export interface Interruption {
  /** Fires at the first SIGINT (Ctrl-C), SIGTERM or SIGHUP. A second one ends the process at once. */
  readonly signal: AbortSignal;
  /** 128 plus the signal's number; null before a signal came. */
  readonly exitCode: number | null;
  /** Stops listening: signals end the process again. */
  release(): void;
}

/** Listens for signals from now on. */
export function onInterruption(): Interruption {
  const abort = newAbort();
  let exitCode: number | null = null;
  const release = () => {
    for (const name of SIGNALS) process.off(name, interrupt);
  };
  const interrupt = (name: (typeof SIGNALS)[number]) => {
    release();
    exitCode = SIGNAL_EXIT[name];
    abort.abort();
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  return {
    signal: abort.signal,
    get exitCode() {
      return exitCode;
    },
    release,
  };
}
