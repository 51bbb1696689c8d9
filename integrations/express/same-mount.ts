import type { IncomingMessage } from 'node:http';

/** As much as is looked at of Express: `router` in 5, `_router` in 4. Any of it may be missing elsewhere. */
interface ExpressRequest extends IncomingMessage {
  baseUrl?: string;
  app?: { router?: Router; _router?: Router };
}
interface Router {
  stack?: readonly Layer[];
}
interface Layer {
  handle?: unknown;
  /** What it returns differs between versions; only whether it is something counts. */
  match?(path: string): unknown;
}

/** Every middleware of ours, to tell them from the app's. */
const ours = new WeakSet<object>();

/** Lets {@link shadowedMount} know one. */
export function noteMiddleware(middleware: object): void {
  ours.add(middleware);
}

/**
 * The path of this request's mount, when the app has mounted another of our middlewares there, which is therefore never
 * asked; `null` otherwise, and where it cannot be told. Express has no event for a mount, hence the look at its stack.
 * @param middleware - the one that is asked
 */
export function shadowedMount(middleware: object, request: IncomingMessage): string | null {
  const { baseUrl = '', app } = request as ExpressRequest;
  // Express 4 has a getter `router` that throws, hence the order.
  const stack = (app?._router ?? app?.router)?.stack ?? [];
  const isOther = ({ handle, match }: Layer) =>
    typeof handle === 'function' && handle !== middleware && ours.has(handle) && match !== undefined;
  return stack.some((layer) => isOther(layer) && Boolean(layer.match?.(baseUrl))) ? baseUrl : null;
}
