import type { PortalSeen } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, type Seen, seen, unknown } from './seen.js';
import { bareHost } from './witnesses.js';

/**
 * There is a captive portal if no relay gave the right answer to the check, and at least one gave a wrong one whose
 * HTTPS did not come through.
 */
export function judgeCaptivePortal(records: readonly ProbeRecord[]): Fact {
  const answers = seen(records, 'portals');
  const right = answers.filter(({ part }) => part.answer === 'right');
  if (right.length > 0) return judged('no', 'a relay answered the check itself', right);
  const seenOf = relaysSeen(records);
  const wrong = answers.filter((answer) => isWrong(answer, seenOf));
  const held = wrong.filter(({ part }) => !seenOf.overHttps.has(part.relayUrl));
  if (held.length > 0) return judged('yes', 'something else answered in the place of a relay', held);
  const withoutQuic = wrong.filter(({ part }) => !seenOf.working.has(part.relayUrl));
  if (withoutQuic.length > 0) {
    // Most portals hold HTTPS back until somebody has logged in. A few hold back only what is not the web.
    const reason =
      'something else answers for a relay on port 80, but its HTTPS comes through: a filter for the web, or an odd portal';
    return unknown(reason, withoutQuic);
  }
  if (wrong.length > 0) {
    const reason = 'something else answers for a relay on port 80, but its HTTPS and QUIC come through';
    return judged('no', reason, wrong);
  }
  if (answers.length > 0) return unknown('the relays do not offer the check', answers);
  return unknown('no relay answered the check');
}

/** Which relays answered, and how. */
interface RelaysSeen {
  overHttps: ReadonlySet<string>;
  /** These answered over HTTPS and QUIC, so nothing holds their traffic back. */
  working: ReadonlySet<string>;
  /** In place of these, somebody else showed a certificate. */
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

/** OpenSSL's codes for a certificate that belongs to somebody else. */
const FOREIGN_CERTIFICATES: ReadonlySet<string> = new Set([
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * Not every wrong answer is a portal's. A relay without plain HTTP answers 404, and its HTTPS works, which a portal
 * would block. A relay may redirect to its own HTTPS. A portal may do that as well, but then it shows a certificate
 * of its own.
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

/** The last two labels of a relay's name. Names that share them mostly have the same owner. */
function ownerOf(relayUrl: string): string {
  return bareHost(relayUrl).replace(/\.$/, '').split('.').slice(-2).join('.');
}

/** Whether something opens TLS between here and a relay. */
export function judgeInterception(records: readonly ProbeRecord[]): Fact {
  const intercepted = seen(records, 'interceptions');
  if (intercepted.length > 0) {
    const reason = 'an authority that this machine trusts and iroh does not signed';
    // Relays of different owners do not share a private authority. If one signed all these certificates, it belongs
    // to somebody who opens TLS.
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
