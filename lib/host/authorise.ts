/** Who may dial back. Pure; source: the protocol page, "Tokens" and "the dial-back". */
import { Caps, type EndpointId, type Token } from '../wire/index.js';

/** The capability that asking for a report needs. */
export const REPORT_CAPS = Caps.of('net-diagnostics:get-any');

/** Why a grant token was refused. For the audit; the caller hears `Unauthorized` and no more. */
export type RefusalReason =
  /** Its signature is not its issuer's. */
  | 'bad-signature'
  /** It stems from another key's right instead of the issuer's own. */
  | 'delegated'
  /** Somebody else issued it, not this endpoint. */
  | 'foreign-issuer'
  /** It was made for another endpoint than the one that shows it. */
  | 'other-audience'
  /** It has no end; we never give out such. */
  | 'never-expires'
  | 'expired'
  /** It is covered by the revocation mark. */
  | 'revoked';

/** The outcome of {@link authorise}. */
export type Decision = { ok: true; expiresAt: number } | { ok: false; why: RefusalReason };

/** The facts a decision rests on, besides the token. */
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
 * Decides whether `token` lets the caller in. What it may do there is another question: see {@link permitsReport}.
 * The token's signature is right already, or it would not exist.
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
