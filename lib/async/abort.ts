/** Abort signals: how they are made, linked and listened to without leaks. */
import { setMaxListeners } from 'node:events';

/**
 * A controller whose signal may have any number of listeners. Node warns of a leak from the eleventh listener on; here
 * each wait removes its listener again, and a dozen at a time is normal.
 */
export function newAbort(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/**
 * Calls `act` when `signal` fires; if it has fired already, before this function returns.
 * @returns a function that removes the listener. Call it when `act` is no longer needed: a long-lived signal would keep
 * `act` in memory.
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
  /** Stops listening to the parents. Call it when the work is over: a long-lived parent would keep the child in memory. */
  release(): void;
}

/**
 * A new controller that fires when the first of `parents` does, with the same reason. `AbortSignal.any` leaks on Node 20
 * while a parent lives on.
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

/** What {@link scoped} gives to its work. */
export type Scope = Pick<LinkedAbort, 'signal' | 'abort'>;

/**
 * Gives `act` its own signal. It fires when `parent` fires, when `act` aborts it, and once `act` has ended: then everything
 * that still listens to it is closed.
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
