import { randomBytes } from 'node:crypto';
import { type EndpointId, type SecretKey, verifySignature } from 'iroh-net-diagnostics/services';

/**
 * Headers by which a program on the same machine sees that an answer comes from this platform, and not from a
 * process that has taken its port. The program knows the platform's id from the data folder.
 */
export const CHALLENGE_HEADER = 'x-platform-challenge';
export const PROOF_HEADER = 'x-platform-proof';

/** Part of what is signed, so that the signature fits nothing else that this key signs. */
const CONTEXT = 'iroh-net-diagnostics: answer of the platform\0';
const CHALLENGE = /^[0-9a-f]{64}$/;

export function newChallenge(): string {
  return randomBytes(32).toString('hex');
}

/** Signs an answer. @returns `null` when the challenge is malformed */
export function proofOf(key: SecretKey, challenge: string, body: string): string | null {
  if (!CHALLENGE.test(challenge)) return null;
  return Buffer.from(key.sign(signed(challenge, body))).toString('hex');
}

/** Whether an answer to this challenge came from the holder of the platform's key. */
export function isProof(id: EndpointId, challenge: string, body: string, proof: string | null): boolean {
  return verifySignature(id, signed(challenge, body), new Uint8Array(Buffer.from(proof ?? '', 'hex')));
}

function signed(challenge: string, body: string): Uint8Array {
  return new TextEncoder().encode(`${CONTEXT}${challenge}\0${body}`);
}
