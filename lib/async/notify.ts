/** Tells an observer of an event. What it throws is ignored: an observer's fault must not end what it observes. */
export function notify<E>(observer: ((event: E) => void) | undefined, event: E): void {
  try {
    observer?.(event);
  } catch {
    // Nobody to tell: the observer is the one that failed.
  }
}
