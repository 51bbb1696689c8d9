import { notify, type Sleep } from '../async/index.js';
import { retryDelay } from './backoff.js';
import type { ClientLimits } from './limits.js';
import { RemoteError } from './remote-error.js';

/** How {@link untilTaken} repeats. */
export interface RetryContext {
  sleep: Sleep;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  limits: ClientLimits;
  signal: AbortSignal;
  /** Called on every refusal; what it throws is ignored. */
  onRefused: ((error: RemoteError) => void) | undefined;
}

/**
 * Repeats a request until the platform takes it. Only an error that the platform answered is a reason to repeat.
 * Everything else (the connection broke, the wait was cancelled) is thrown: the next connection starts again.
 */
export async function untilTaken(request: () => Promise<void>, context: RetryContext): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      notify(context.onRefused, error);
      const delay = retryDelay(error.failure, attempt, context.random(), context.limits);
      await context.sleep(delay, context.signal);
    }
  }
}
