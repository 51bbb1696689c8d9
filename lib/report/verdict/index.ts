import { type IsPublicAddress, isPublicAddress } from '../../wire/index.js';
import type { Family } from '../observation.js';
import type { AskedRelay, FamilyVerdict, ProbeRecord, Verdict } from '../types.js';
import { judgeFiltering } from './filtering.js';
import { judgeLearning } from './learning.js';
import { judgeMapping, judgeNatType, judgePublicAddress } from './mapping.js';
import { onRead } from './on-read.js';
import { judgeOtherPorts } from './other-ports.js';
import { judgePeers } from './peer.js';
import { judgeMappedPorts, judgePortMapping } from './port-mapping.js';
import { judgeCaptivePortal, judgeInterception } from './portal.js';
import { judgeAnyRelay, judgeConnected, judgeRelays, preferRelay } from './relay-access.js';
import { findRelayProblem } from './relay-problem.js';
import { judgeRouted } from './routes.js';
import { judgeLoss, judgeUdp } from './udp.js';
import { judgeUpstreamNat } from './upstream-nat.js';
import { type Given, given } from './witnesses.js';

export { hasNoRoute } from './routes.js';

/**
 * Concludes from what the probes saw. Pure.
 *
 * @param targets - the relays that were to be asked
 * @param isPublic - default: the public Internet
 */
export function judge(
  records: readonly ProbeRecord[],
  targets: readonly AskedRelay[],
  isPublic: IsPublicAddress = isPublicAddress,
): Verdict {
  const verdict = judgeOnRead(records, targets, isPublic);
  return {
    ...verdict,
    ipv4: { ...verdict.ipv4 },
    ipv6: { ...verdict.ipv6 },
    relays: verdict.relays.map((relay) => ({ ...relay })),
    portMapping: { ...verdict.portMapping },
  };
}

/** The same, but each conclusion is drawn when it is read. */
export function judgeOnRead(
  records: readonly ProbeRecord[],
  targets: readonly AskedRelay[],
  isPublic: IsPublicAddress = isPublicAddress,
): Verdict {
  const known = given(records, targets, isPublic);
  const urls = targets.map(({ url }) => url);
  const verdict: Verdict = onRead<Verdict>({
    ipv4: () => judgeFamily(known, 4),
    ipv6: () => judgeFamily(known, 6),
    relays: () => judgeRelays(records, urls),
    preferredRelay: () => preferRelay(verdict.relays),
    relayUsable: () => judgeConnected(records, urls) ?? judgeAnyRelay(verdict.relays),
    relayProblem: () => findRelayProblem(records, urls, verdict.relays, verdict.relayUsable),
    learnsAddress: () => judgeLearning(known),
    otherPorts: () => judgeOtherPorts(records, isPublic),
    captivePortal: () => judgeCaptivePortal(records),
    tlsIntercepted: () => judgeInterception(records),
    portMapping: () =>
      onRead<Verdict['portMapping']>({
        upnp: () => judgePortMapping(records, 'upnp'),
        pcp: () => judgePortMapping(records, 'pcp'),
        natPmp: () => judgePortMapping(records, 'natPmp'),
        reachable: () => judgeMappedPorts(known),
      }),
    upstreamNat: () => judgeUpstreamNat(records, isPublic),
    natType: () => judgeNatType(verdict.ipv4.mapping, verdict.ipv6.mapping),
    peer: () => judgePeers(known, verdict.ipv4),
  });
  return verdict;
}

function judgeFamily(known: Given, family: Family): FamilyVerdict {
  const { records } = known;
  const verdict: FamilyVerdict = onRead<FamilyVerdict>({
    routed: () => judgeRouted(records, family),
    udp: () => judgeUdp(known, family, verdict.routed),
    lossy: () => judgeLoss(known, family),
    publicAddress: () => judgePublicAddress(known, family),
    mapping: () => judgeMapping(known, family),
    filtering: () => judgeFiltering(records, family),
  });
  return verdict;
}
