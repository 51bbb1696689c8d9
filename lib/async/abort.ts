/** Abort signals that are safe to hand out. */
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

/** What {@link linkedAbort} makes. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(): void;
  /** Lets go of the parents. Call it when the work is over: a parent that lives long would keep the child alive. */
  release(): void;
}

/**
 * A new controller below `parents`. (`AbortSignal.any` would do, but leaks on Node 20 while a parent lives on.)
 */
export function linkedAbort(...parents: (AbortSignal | undefined)[]): LinkedAbort {
  const controller = newAbort();
  const fire = () => controller.abort();
  const release = () => {
    for (const parent of parents) parent?.removeEventListener('abort', fire);
  };
  for (const parent of parents) {
    if (parent?.aborted === true) controller.abort();
    else parent?.addEventListener('abort', fire, { once: true });
  }
  return { signal: controller.signal, abort: fire, release };
}
