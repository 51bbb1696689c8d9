/** A signal of one's own that also fires when one of several others does. */

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
  const controller = new AbortController();
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
