/** Texts that let somebody in: 32 random bytes, of which the database holds a hash only. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Their form: base64url of 32 bytes. */
export const SECRET_FORM = '[A-Za-z0-9_-]{43}';
const WHOLE = new RegExp(`^${SECRET_FORM}$`);

export function newSecretText(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * What is kept in its place. No salt and no slow hash: nobody can try 2^256 texts. `null` for a text that is none, which is
 * not looked up at all.
 */
export function hashOf(text: string): string | null {
  return WHOLE.test(text) ? createHash('sha256').update(text).digest('hex') : null;
}

/** In constant time. Both are hashes as {@link hashOf} gives them. */
export function isSameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
