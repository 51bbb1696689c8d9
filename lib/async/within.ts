/** A part of a probe ran out of its own time, within the report's. */
export class TimeUp extends Error {
  override name = 'TimeUp';
  readonly code = 'NO_ANSWER';
}

/**
 * Gives `act` a signal that fires after `ms`, with {@link TimeUp}, or with `signal`. It also fires once `act` is
 * done: whatever it left behind is closed.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const cut = () => limit.abort(signal.reason);
  signal.addEventListener('abort', cut, { once: true });
  const timer = setTimeout(() => limit.abort(new TimeUp(`no answer within ${Math.round(ms)} ms`)), ms);
  try {
    return await act(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cut);
    limit.abort();
  }
}
