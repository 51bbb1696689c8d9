import type { ServerResponse } from 'node:http';

/**
 * Whether the client had left before anybody could listen for `close`. HTTP/2's objects show it only on their stream.
 */
export function isGone(response: ServerResponse & { stream?: { destroyed?: unknown } }): boolean {
  return response.destroyed === true || response.stream?.destroyed === true;
}
