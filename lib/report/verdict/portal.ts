import type { PortalSeen } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, type Seen, seen, unknown } from './seen.js';

/** A captive portal: no relay answered the check rightly and at least one answered wrongly. */
export function judgeCaptivePortal(records: readonly ProbeRecord[]): Fact {
  const answers = seen(records, 'portals');
  const right = answers.filter(({ part }) => part.answer === 'right');
  if (right.length > 0) return judged('no', 'a relay answered the check itself', right);
  const overHttps = new Set(
    seen(records, 'latencies')
      .filter(({ part }) => part.kind === 'https')
      .map(({ part }) => part.relayUrl),
  );
  const wrong = answers.filter((answer) => isWrong(answer, overHttps));
  if (wrong.length > 0) return judged('yes', 'something else answered in the place of a relay', wrong);
  if (answers.length > 0) return unknown('the relays do not offer the check', answers);
  return unknown('no relay answered the check');
}

// A relay that works but has nothing on plain HTTP says 404; a portal would not let its HTTPS pass.
function isWrong({ part }: Seen<PortalSeen>, overHttps: ReadonlySet<string>): boolean {
  return part.answer === 'wrong' || (part.answer === 'client-error' && !overHttps.has(part.relayUrl));
}

/** Whether something opens TLS between here and a relay. */
export function judgeInterception(records: readonly ProbeRecord[]): Fact {
  const intercepted = seen(records, 'interceptions');
  if (intercepted.length > 0) {
    const reason = "the certificate is vouched for by this machine's own roots only";
    return judged('yes', `${reason}; iroh will not connect`, intercepted);
  }
  const answered = seen(records, 'latencies').filter(
    ({ part }) => part.kind === 'https' && part.relayUrl.startsWith('https:'),
  );
  if (answered.length > 0) return judged('no', 'a relay showed a certificate that iroh trusts', answered);
  return unknown('no relay completed a TLS handshake');
}
