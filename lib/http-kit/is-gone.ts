import type { ServerResponse } from 'node:http';

/** Whether the reader had left before anybody could listen to it. HTTP/2's objects show it on their stream alone. */
export function isGone(response: ServerResponse & { stream?: { destroyed?: unknown } }): boolean {
  return response.destroyed === true || response.stream?.destroyed === true;
}
