/** Which tokens are accepted. Pure: each check returns `null`, or the reason for a refusal. */
import { Caps, type EndpointId, type Token } from '../../wire/index.js';
import { isExpired } from '../button-state.js';
import type { ApiSecretRecord, Authorisation } from '../records.js';

/** The reason of {@link refuseAuthorisation} for an expired token. */
export const TOKEN_EXPIRED = 'the token has expired';

const CLIENT_CAPS = Caps.of('client');

/** Checks the token of an `Auth`. `secret`: the record of the API secret that issued it; `null` if it is not ours. */
export function refuseClientToken(
  token: Token,
  context: { endpointId: EndpointId; secret: ApiSecretRecord | null; nowSeconds: number },
): string | null {
  if (token.origin.kind !== 'issuer') return 'the token is delegated';
  if (token.audience !== context.endpointId) return 'the token is for another endpoint';
  if (!token.caps.permits(CLIENT_CAPS)) return 'the token does not allow to be a client';
  return refuseAuthorisation(token, context.secret, context.nowSeconds);
}

/** Checks a stored earlier `Auth`: it may have expired or been revoked since. */
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

/** Checks the token of a grant: only the endpoint itself can give the platform rights over it. */
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
