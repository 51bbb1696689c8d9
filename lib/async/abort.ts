/** Abort signals that are safe to hand out, and what hangs on them. */
import { setMaxListeners } from 'node:events';

/**
 * A controller whose signal any number of waits may listen to. Node warns of a leak from the eleventh listener on;
 * here each wait takes its listener away again, and a dozen at a time is nothing unusual.
 */
export function newAbort(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/**
 * Calls `act` when `signal` fires; before this returns, when it has fired already.
 * @returns forgets it. Call it when `act` has nothing left to do: a signal that lives long would keep it alive.
 */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => {};
  const fired = () => act();
  if (signal.aborted) act();
  else signal.addEventListener('abort', fired, { once: true });
  return () => signal.removeEventListener('abort', fired);
}

/** Resolves when `signal` fires. Never rejects. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => void onAbort(signal, resolve));
}

/** What {@link linkedAbort} makes. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Lets go of the parents. Call it when the work is over: a parent that lives long would keep the child alive. */
  release(): void;
}

/**
 * A new controller below `parents`, which fires with the reason of the first that does. (`AbortSignal.any` would do, but
 * leaks on Node 20 while a parent lives on.)
 */
export function linkedAbort(...parents: (AbortSignal | undefined)[]): LinkedAbort {
  const controller = newAbort();
  const forgets = parents.map((parent) => onAbort(parent, () => controller.abort(parent?.reason)));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => {
      for (const forget of forgets) forget();
    },
  };
}

/** What {@link scoped} gives to the work. */
export type Scope = Pick<LinkedAbort, 'signal' | 'abort'>;

/**
 * Gives `act` a signal of its own. It fires with `parent`, when `act` says so, and once `act` is done: whatever it left
 * behind is closed.
 */
export async function scoped<T>(
  parent: AbortSignal | undefined,
  act: (scope: Scope) => Promise<T>,
): Promise<T> {
  const scope = linkedAbort(parent);
  try {
    return await act(scope);
  } finally {
    scope.release();
    scope.abort();
  }
}
