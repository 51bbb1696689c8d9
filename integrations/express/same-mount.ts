import type { IncomingMessage } from 'node:http';

/**
 * The part of Express that is used here: `router` in 5, `_router` in 4. In other frameworks any of it may be missing.
 */
interface ExpressRequest extends IncomingMessage {
  baseUrl?: string;
  app?: { router?: Router; _router?: Router };
}
interface Router {
  stack?: readonly Layer[];
}
interface Layer {
  handle?: unknown;
  /** What it returns differs between versions; only whether it is truthy counts. */
  match?(path: string): unknown;
}

/** Every middleware of ours, to tell them from the app's. */
const ours = new WeakSet<object>();

/** Registers a middleware for {@link shadowedMount}. */
export function noteMiddleware(middleware: object): void {
  ours.add(middleware);
}

/**
 * The path where this request was handled, when the app has mounted another of our middlewares there too, which is
 * therefore never called; `null` otherwise, and when this cannot be seen. Express has no event for a mount, so its
 * stack is read.
 * @param middleware - the one that is called
 */
export function shadowedMount(middleware: object, request: IncomingMessage): string | null {
  const { baseUrl = '', app } = request as ExpressRequest;
  // Express 4 has a getter `router` that throws, hence the order.
  const stack = (app?._router ?? app?.router)?.stack ?? [];
  const isOther = ({ handle, match }: Layer) =>
    typeof handle === 'function' && handle !== middleware && ours.has(handle) && match !== undefined;
  return stack.some((layer) => isOther(layer) && Boolean(layer.match?.(baseUrl))) ? baseUrl : null;
}
