/**
 * Calls an observer and ignores its result, what it throws, and what it rejects with when it is `async`: a fault of an
 * observer must not end the work that it observes, nor the process.
 */
export function notify<Values extends unknown[]>(
  observer: ((...values: Values) => unknown) | null | undefined,
  ...values: Values
): void {
  try {
    const result = observer?.(...values);
    // It may be a promise of another library.
    if (typeof result === 'object' && result !== null) Promise.resolve(result).catch(() => {});
  } catch {
    // The observer itself failed, so there is nobody to report it to.
  }
}
