import type { PortalSeen } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, type Seen, seen, unknown } from './seen.js';
import { bareHost } from './witnesses.js';

/** A captive portal: no relay answered the check rightly and at least one answered wrongly. */
export function judgeCaptivePortal(records: readonly ProbeRecord[]): Fact {
  const answers = seen(records, 'portals');
  const right = answers.filter(({ part }) => part.answer === 'right');
  if (right.length > 0) return judged('no', 'a relay answered the check itself', right);
  const seenOf = relaysSeen(records);
  const wrong = answers.filter((answer) => isWrong(answer, seenOf));
  const held = wrong.filter(({ part }) => !seenOf.working.has(part.relayUrl));
  if (held.length > 0) return judged('yes', 'something else answered in the place of a relay', held);
  if (wrong.length > 0) {
    const reason = 'something else answers for a relay on port 80, but its HTTPS and QUIC come through';
    return judged('no', reason, wrong);
  }
  if (answers.length > 0) return unknown('the relays do not offer the check', answers);
  return unknown('no relay answered the check');
}

/** Relays by what came through of their own. */
interface RelaysSeen {
  overHttps: ReadonlySet<string>;
  /** Over HTTPS and QUIC: nothing holds their traffic back. */
  working: ReadonlySet<string>;
  /** Somebody else showed a certificate in their place. */
  impersonated: ReadonlySet<string>;
}

function relaysSeen(records: readonly ProbeRecord[]): RelaysSeen {
  const latencies = seen(records, 'latencies').map(({ part }) => part);
  const overHttps = new Set(latencies.filter(({ kind }) => kind === 'https').map(({ relayUrl }) => relayUrl));
  const overQuic = new Set(latencies.filter(({ kind }) => kind !== 'https').map(({ relayUrl }) => relayUrl));
  const foreign = seen(records, 'access').filter(
    ({ part }) => part.stage === 'tls' && FOREIGN_CERTIFICATES.has(part.code ?? ''),
  );
  return {
    overHttps,
    working: new Set([...overHttps].filter((url) => overQuic.has(url))),
    impersonated: new Set(foreign.map(({ part }) => part.relayUrl)),
  };
}

/** What OpenSSL says of a certificate that is somebody else's. */
const FOREIGN_CERTIFICATES: ReadonlySet<string> = new Set([
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * A relay that works but has nothing on plain HTTP says 404; a portal would not let its HTTPS pass. A relay's own front
 * door sends on to HTTPS; so does a portal that then shows a certificate of its own.
 */
function isWrong({ part }: Seen<PortalSeen>, { overHttps, impersonated }: RelaysSeen): boolean {
  switch (part.answer) {
    case 'wrong':
      return true;
    case 'client-error':
      return !overHttps.has(part.relayUrl);
    case 'own-https':
      return impersonated.has(part.relayUrl);
    default:
      return false;
  }
}

/** The last two labels of a relay's name, which mostly belong to one owner. */
function ownerOf(relayUrl: string): string {
  return bareHost(relayUrl).replace(/\.$/, '').split('.').slice(-2).join('.');
}

/** Whether something opens TLS between here and a relay. */
export function judgeInterception(records: readonly ProbeRecord[]): Fact {
  const intercepted = seen(records, 'interceptions');
  if (intercepted.length > 0) {
    const reason = 'an authority that this machine trusts and iroh does not signed';
    // One authority for names of different owners signs what it does not own.
    const owners = new Set(intercepted.map(({ part }) => ownerOf(part.relayUrl)));
    const issuers = new Set(intercepted.map(({ part }) => part.issuer));
    if (owners.size > 1 && issuers.size === 1) {
      return judged('yes', `${reason} for relays of different owners; iroh will not connect`, intercepted);
    }
    return unknown(
      `${reason}: TLS inspection, or the relays' owner's own authority; iroh will not connect`,
      intercepted,
    );
  }
  const answered = seen(records, 'latencies').filter(
    ({ part }) => part.kind === 'https' && part.relayUrl.startsWith('https:'),
  );
  if (answered.length > 0) return judged('no', 'a relay showed a certificate that iroh trusts', answered);
  return unknown('no relay completed a TLS handshake');
}
