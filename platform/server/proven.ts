import type { FastifyReply, FastifyRequest } from 'fastify';
import { CHALLENGE_HEADER, PROOF_HEADER } from '../proof.js';

/** Signs an answer for a caller that knows the platform's id; `null`: its challenge is malformed. See `proof.ts`. */
export type Prove = (challenge: string, body: string) => string | null;

/** Sends the answer as exactly the text that the proof signs. */
export function sendProven(
  prove: Prove,
  { headers }: FastifyRequest,
  reply: FastifyReply,
  answer: unknown,
): FastifyReply {
  const challenge = headers[CHALLENGE_HEADER];
  const body = JSON.stringify(answer);
  const proof = typeof challenge === 'string' ? prove(challenge, body) : null;
  if (proof !== null) reply.header(PROOF_HEADER, proof);
  return reply.type('application/json; charset=utf-8').send(body);
}
