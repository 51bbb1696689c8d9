/** What a provider says of a person, as far as we use it. */
import { printable } from 'iroh-net-diagnostics/services';
import { OidcFailure } from './failure.js';

/** OpenID Connect Core 1.0, section 2: no longer than 255 ASCII characters. */
const MAX_SUBJECT = 255;
const MAX_EMAIL = 254;
const MAX_GROUP = 256;
const MAX_NAME = 200;

/** Who somebody is, proven by the provider. All texts are the provider's, and perhaps of the person's own choice. */
export interface OidcIdentity {
  issuer: string;
  /** With the issuer: who it is, for ever. Names and addresses change hands. */
  subject: string;
  /** What he may be called, the best first; never empty. */
  names: readonly string[];
  /** `null` unless the provider says that it has verified it. */
  verifiedEmail: string | null;
  groups: ReadonlySet<string>;
}

/**
 * Reads the claims.
 * @param claims - verified ones
 * @throws OidcFailure `untrusted` without a usable subject; `groups-left-out`
 */
export function identityOf(claims: Readonly<Record<string, unknown>>, groupsClaim: string): OidcIdentity {
  const { iss, sub, email } = claims;
  if (typeof iss !== 'string' || typeof sub !== 'string' || !isSubject(sub)) {
    throw new OidcFailure('untrusted', 'the ID token names nobody (sub)');
  }
  const verifiedEmail =
    typeof email === 'string' && isPlain(email) && claims.email_verified === true ? email : null;
  const names = [claims.preferred_username, claims.name, email]
    .filter((name): name is string => typeof name === 'string' && name.trim() !== '')
    .map((name) => printable(name, MAX_NAME));
  return {
    issuer: iss,
    subject: sub,
    names: names.length === 0 ? [sub] : names,
    verifiedEmail,
    groups: groupsOf(claims, groupsClaim),
  };
}

/** Of other letters some become those of another address in lower case. */
function isPlain(email: string): boolean {
  return email.length <= MAX_EMAIL && /^[!-~]+$/.test(email);
}

function isSubject(sub: string): boolean {
  return sub.length <= MAX_SUBJECT && /^[\x20-\x7e]+$/.test(sub);
}

function groupsOf(claims: Readonly<Record<string, unknown>>, name: string): ReadonlySet<string> {
  const groups = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (groups === undefined && isElsewhere(claims._claim_names, name)) {
    // Somebody in 200 groups has not left them: taking his roles away, or none being given, would be wrong.
    throw new OidcFailure('groups-left-out', `the claim ${name} is not in the ID token (_claim_names)`);
  }
  const all: unknown[] = Array.isArray(groups) ? groups : [groups];
  return new Set(
    all.filter((group): group is string => typeof group === 'string' && group.length <= MAX_GROUP),
  );
}

/** A claim that has to be asked for somewhere else (section 5.6.2). */
function isElsewhere(names: unknown, name: string): boolean {
  return typeof names === 'object' && names !== null && Object.hasOwn(names, name);
}
