const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Listens from now on for the first SIGINT (Ctrl-C), SIGTERM or SIGHUP; a second one ends the process at once.
 * @param names - the signals, where they are others
 * @returns a signal that fires then
 */
export function onInterruption(names: readonly NodeJS.Signals[] = SIGNALS): AbortSignal {
  const interruption = new AbortController();
  const end = () => {
    for (const name of names) process.off(name, end);
    interruption.abort();
  };
  for (const name of names) process.on(name, end);
  return interruption.signal;
}

/** Resolves when the signal fires. */
export function untilInterrupted(interruption: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (interruption.aborted) resolve();
    else interruption.addEventListener('abort', () => resolve(), { once: true });
  });
}
