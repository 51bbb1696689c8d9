/**
 * Calls an observer, whose result does not matter. What it throws is ignored, and so is what it rejects with when it is
 * `async`: an observer's fault must not end what it observes, nor the process.
 */
export function notify<Values extends unknown[]>(
  observer: ((...values: Values) => unknown) | null | undefined,
  ...values: Values
): void {
  try {
    const result = observer?.(...values);
    // Also a promise of another library.
    if (typeof result === 'object' && result !== null) Promise.resolve(result).catch(() => {});
  } catch {
    // Nobody to tell: the observer is the one that failed.
  }
}
