import { scoped } from './abort.js';

/** A part of the work reached its own time limit, before the limit of the whole. */
export class TimeUp extends Error {
  override name = 'TimeUp';
  readonly code = 'NO_ANSWER';
}

/**
 * Gives `act` a signal that fires after `ms` with {@link TimeUp}, or when `signal` does. It also fires once `act` has
 * ended: then everything that still listens to it is closed.
 */
export function within<T>(
  ms: number,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return scoped(signal, async (scope) => {
    signal.throwIfAborted();
    const timer = setTimeout(() => scope.abort(new TimeUp(`no answer within ${Math.round(ms)} ms`)), ms);
    try {
      return await act(scope.signal);
    } finally {
      clearTimeout(timer);
    }
  });
}
