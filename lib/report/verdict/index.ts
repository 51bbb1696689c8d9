import { type IsPublicAddress, isPublicAddress } from '../../wire/index.js';
import type { Family } from '../observation.js';
import type { AskedRelay, FamilyVerdict, ProbeRecord, Verdict } from '../types.js';
import { judgeFiltering } from './filtering.js';
import { judgeLearning } from './learning.js';
import { judgeMapping, judgeNatType, judgePublicAddress } from './mapping.js';
import { judgeOtherPorts } from './other-ports.js';
import { judgeMappedPorts, judgePortMapping } from './port-mapping.js';
import { judgeCaptivePortal, judgeInterception } from './portal.js';
import { judgeAnyRelay, judgeRelays, preferRelay } from './relay-access.js';
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
  const known = given(records, targets, isPublic);
  const ipv4 = judgeFamily(known, 4);
  const ipv6 = judgeFamily(known, 6);
  const urls = targets.map(({ url }) => url);
  const relays = judgeRelays(records, urls);
  const relayUsable = judgeAnyRelay(relays);
  return {
    ipv4,
    ipv6,
    relays,
    preferredRelay: preferRelay(relays),
    relayUsable,
    relayProblem: findRelayProblem(records, urls, relays, relayUsable),
    learnsAddress: judgeLearning(known),
    otherPorts: judgeOtherPorts(records, isPublic),
    captivePortal: judgeCaptivePortal(records),
    tlsIntercepted: judgeInterception(records),
    portMapping: {
      upnp: judgePortMapping(records, 'upnp'),
      pcp: judgePortMapping(records, 'pcp'),
      natPmp: judgePortMapping(records, 'natPmp'),
      reachable: judgeMappedPorts(known),
    },
    upstreamNat: judgeUpstreamNat(records, isPublic),
    natType: judgeNatType(ipv4.mapping, ipv6.mapping),
  };
}

function judgeFamily(known: Given, family: Family): FamilyVerdict {
  const { records } = known;
  const routed = judgeRouted(records, family);
  return {
    routed,
    udp: judgeUdp(known, family, routed),
    lossy: judgeLoss(known, family),
    publicAddress: judgePublicAddress(known, family),
    mapping: judgeMapping(known, family),
    filtering: judgeFiltering(records, family),
  };
}
