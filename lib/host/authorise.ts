/** Who may dial back. Pure; source: the protocol page, "Tokens" and "the dial-back". */
import { Caps, type EndpointId, type Token } from '../wire/index.js';

/** The capability that asking for a report needs. */
export const REPORT_CAPS = Caps.of('net-diagnostics:get-any');

/** Why a grant token was refused. For the audit; the caller only gets `Unauthorized`. */
export type RefusalReason =
  /** Its signature is not its issuer's. */
  | 'bad-signature'
  /** It passes on a right of another key, not of its issuer. */
  | 'delegated'
  /** It was not issued by this endpoint. */
  | 'foreign-issuer'
  /** It was issued for another endpoint than the caller. */
  | 'other-audience'
  /** It has no expiry; we never issue such tokens. */
  | 'never-expires'
  | 'expired'
  /** It is covered by the revocation mark. */
  | 'revoked';

/** The outcome of {@link authorise}. */
export type Decision = { ok: true; expiresAt: number } | { ok: false; why: RefusalReason };

/** What a decision depends on, besides the token. */
export interface AuthoriseContext {
  /** This endpoint: the only issuer that counts. */
  endpointId: EndpointId;
  /** The endpoint at the other end of the connection, proven by TLS. */
  remoteId: EndpointId;
  /** Unix seconds. */
  nowSeconds: number;
  /** The revocation mark in unix seconds: tokens that expire at or before it are refused. `null`: none. */
  revokedUntil: number | null;
}

/**
 * Decides whether `token` lets the caller in. What the caller may ask for is decided by {@link permitsReport}. The
 * signature needs no check here: a `Token` with a wrong one cannot be made.
 */
export function authorise(token: Token, context: AuthoriseContext): Decision {
  if (token.issuer !== context.endpointId) return refused('foreign-issuer');
  if (token.origin.kind !== 'issuer') return refused('delegated');
  if (token.audience !== context.remoteId) return refused('other-audience');
  if (token.expiresAt === null) return refused('never-expires');
  if (token.isExpired(context.nowSeconds)) return refused('expired');
  if (context.revokedUntil !== null && token.expiresAt <= context.revokedUntil) return refused('revoked');
  return { ok: true, expiresAt: token.expiresAt };
}

/** Whether the token's capabilities cover asking for a report: `{client}` and `{all}` do too. */
export function permitsReport(token: Token): boolean {
  return token.caps.permits(REPORT_CAPS);
}

function refused(why: RefusalReason): Decision {
  return { ok: false, why };
}
