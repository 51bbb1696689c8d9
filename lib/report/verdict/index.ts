import { type IsPublicAddress, isPublicAddress } from '../address-class.js';
import type { Family } from '../observation.js';
import type { FamilyVerdict, ProbeRecord, Verdict } from '../types.js';
import { judgeFiltering } from './filtering.js';
import { judgeMapping, judgePublicAddress } from './mapping.js';
import { judgeNatType } from './nat-type.js';
import { judgePortMapping } from './port-mapping.js';
import { judgeCaptivePortal, judgeInterception } from './portal.js';
import { judgeRelays, preferRelay } from './relays.js';
import { judgeRouted } from './routes.js';
import { judgeUdp } from './udp.js';
import { judgeUpstreamNat } from './upstream-nat.js';

export { hasNoRoute } from './routes.js';

/**
 * Concludes from what the probes saw. Pure.
 *
 * @param relayUrls - the relays that were to be asked, normalised
 * @param isPublic - default: the public Internet
 */
export function judge(
  records: readonly ProbeRecord[],
  relayUrls: readonly string[],
  isPublic: IsPublicAddress = isPublicAddress,
): Verdict {
  const ipv4 = judgeFamily(records, 4, isPublic);
  const ipv6 = judgeFamily(records, 6, isPublic);
  const relays = judgeRelays(records, relayUrls);
  return {
    ipv4,
    ipv6,
    relays,
    preferredRelay: preferRelay(relays),
    captivePortal: judgeCaptivePortal(records),
    tlsIntercepted: judgeInterception(records),
    portMapping: {
      upnp: judgePortMapping(records, 'upnp'),
      pcp: judgePortMapping(records, 'pcp'),
      natPmp: judgePortMapping(records, 'natPmp'),
    },
    upstreamNat: judgeUpstreamNat(records, isPublic),
    natType: judgeNatType(ipv4.mapping, ipv6.mapping),
  };
}

function judgeFamily(
  records: readonly ProbeRecord[],
  family: Family,
  isPublic: IsPublicAddress,
): FamilyVerdict {
  const routed = judgeRouted(records, family);
  return {
    routed,
    udp: judgeUdp(records, family, routed, isPublic),
    publicAddress: judgePublicAddress(records, family, isPublic),
    mapping: judgeMapping(records, family, isPublic),
    filtering: judgeFiltering(records, family),
  };
}
