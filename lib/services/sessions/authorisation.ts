/** Whose tokens are taken. Pure: each check answers `null`, or why not. */
import { Caps, type EndpointId, type Token } from '../../wire/index.js';
import { isExpired } from '../button-state.js';
import type { ApiSecretRecord, Authorisation } from '../records.js';

/** {@link refuseAuthorisation} for a token whose time is over. */
export const TOKEN_EXPIRED = 'the token has expired';

const CLIENT_CAPS = Caps.of('client');

/** Checks the token of an `Auth`. `secret`: the record of the token's issuer, if it is one of ours. */
export function refuseClientToken(
  token: Token,
  context: { endpointId: EndpointId; secret: ApiSecretRecord | null; nowSeconds: number },
): string | null {
  if (token.origin.kind !== 'issuer') return 'the token is delegated';
  if (token.audience !== context.endpointId) return 'the token is for another endpoint';
  if (!token.caps.permits(CLIENT_CAPS)) return 'the token does not allow to be a client';
  return refuseAuthorisation(token, context.secret, context.nowSeconds);
}

/** Checks what was remembered of an earlier `Auth`: it may have expired or been revoked since. */
export function refuseAuthorisation(
  authorisation: Authorisation,
  secret: ApiSecretRecord | null,
  nowSeconds: number,
): string | null {
  if (secret === null || secret.keyId !== authorisation.issuer)
    return 'no API secret of this platform issued the token';
  if (secret.revokedAt !== null) return 'the API secret is revoked';
  return isExpired(authorisation.expiresAt, nowSeconds) ? TOKEN_EXPIRED : null;
}

/** Checks a granted token: only the endpoint itself can give the platform a right over it. */
export function refuseGrant(
  token: Token,
  context: { endpointId: EndpointId; platformId: EndpointId; nowSeconds: number },
): string | null {
  if (token.origin.kind !== 'issuer') return 'the token is delegated';
  if (token.issuer !== context.endpointId) return 'the token is not issued by this endpoint';
  if (token.audience !== context.platformId) return 'the token is for another platform';
  if (token.caps.toStrings().length === 0) return 'the token allows nothing';
  return token.isExpired(context.nowSeconds) ? 'the token has expired' : null;
}
