/** How answers leave: what they are tagged with, and what proves that they are the platform's. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CHALLENGE_HEADER, PROOF_HEADER } from '../../proof.js';
import type { ApiContext } from './types.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Its answers have an `ETag`, and are not sent again to whoever has them. Strong: what is described never changes; weak:
     * it is what it was.
     */
    etag?: 'strong' | 'weak';
    /** Its answers, refusals too, prove to a program that knows the platform's id that they are the platform's. */
    isProven?: boolean;
  }
}

/** To be called with each answer before it is sent. @returns what is sent */
export async function finished(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  prove: ApiContext['prove'],
): Promise<unknown> {
  const { etag, isProven } = request.routeOptions.config;
  if (isProven) {
    const challenge = request.headers[CHALLENGE_HEADER];
    // Of a 204 nothing is sent, whatever there is.
    const sent = reply.statusCode === 204 ? '' : payload;
    const proof = typeof challenge === 'string' && typeof sent === 'string' ? prove(challenge, sent) : null;
    if (proof !== null) reply.header(PROOF_HEADER, proof);
  }
  if (typeof payload !== 'string') return payload;
  if (etag === undefined || reply.statusCode !== 200) return payload;
  const opaque = `"${createHash('sha256').update(payload).digest('base64url').slice(0, 27)}"`;
  reply.header('etag', etag === 'weak' ? `W/${opaque}` : opaque);
  if (!hasTag(request.headers['if-none-match'], opaque)) return payload;
  reply.code(304).removeHeader('content-type');
  return '';
}

/** Whether the header names this tag, weak or not: for reading there is no difference (RFC 9110, 13.1.2). */
function hasTag(header: string | undefined, opaque: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === opaque);
}
