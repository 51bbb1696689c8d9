import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpHandler } from '../../lib/http/index.js';

/** The part of Fastify's reply that is needed to answer in its place. */
export interface RawReply {
  raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): Record<string, number | string | string[] | undefined>;
}

/**
 * Answers a Fastify request in Fastify's place. Headers that the app's hooks have set on the reply (security
 * headers, for example) are sent too.
 * @param url - the path below the mount point, with its query
 * @param next - is called for a path that is not ours; the host still has to answer then
 */
export function takeOver(
  routes: HttpHandler,
  request: { raw: IncomingMessage },
  reply: RawReply,
  url: string,
  next: (error?: unknown) => void,
): void {
  let isPassedOn = false;
  const passOn = (error?: unknown): void => {
    isPassedOn = true;
    next(error);
  };
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  routes.handle(request.raw, reply.raw, passOn, url);
  if (!isPassedOn) reply.hijack();
}
