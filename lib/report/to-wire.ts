import { NetDiagnosticsError } from '../errors.js';
import {
  compareSocketAddr,
  type DiagnosticsReport,
  type NetReport,
  parseEndpointId,
  parseSocketAddr,
  type RelayLatency,
  type SocketAddr,
} from '../wire/index.js';
import { BINDING_VERSION, IROH_SERVICES_VERSION, IROH_VERSIONS } from './constants.js';
import type { PendingRun } from './settled/cases.js';
import type { FamilyVerdict, LocalReport, Mapping, RelayVerdict, Verdict } from './types.js';

/**
 * The platform's report, made from the local one. What the wire format has no field for is left out. Where a field
 * cannot be "unknown", unknown becomes false, as in the official client.
 *
 * @throws `ERR_STATE` when the report was made without an endpoint: the wire report begins with its id;
 *   `ERR_WIRE_DECODE` when the report is a redacted one, which has no id
 */
export function toWireReport(local: LocalReport): DiagnosticsReport {
  const { endpoint } = local;
  if (endpoint === null) {
    throw new NetDiagnosticsError('ERR_STATE', 'a wire report names its endpoint: run diagnose() with one');
  }
  return {
    endpointId: parseEndpointId(endpoint.endpointId),
    ...measured(local),
    directAddrs: endpoint.directAddrs.toSorted(compareSocketAddr),
    irohVersion: IROH_VERSIONS[BINDING_VERSION],
    irohServicesVersion: IROH_SERVICES_VERSION,
  };
}

/** The part of a local report that the wire report is made from. */
type Told = Pick<LocalReport, 'endpoint' | 'verdict'>;

/** What is measured of the wire report, as one text: to see whether it still changes. */
export function wireTextOf(told: Told): string {
  return JSON.stringify(measured(told));
}

function measured(told: Told): Pick<DiagnosticsReport, 'netReport' | 'portmapProbe'> {
  const { relays, portMapping } = told.verdict;
  const { upnp, pcp, natPmp } = portMapping;
  return {
    netReport: relays.some((relay) => relay.answered) ? toNetReport(told) : null,
    portmapProbe: { upnp: upnp.value === 'yes', pcp: pcp.value === 'yes', natPmp: natPmp.value === 'yes' },
  };
}

function toNetReport({ endpoint, verdict }: Told): NetReport {
  const { ipv4, ipv6, relays, captivePortal } = verdict;
  const directAddrs = endpoint?.directAddrs ?? [];
  return {
    udpV4: ipv4.udp.value === 'yes',
    udpV6: ipv6.udp.value === 'yes',
    mappingVariesByDestIpv4: variesByDestination(ipv4.mapping, isMisled(verdict, 'ipv4Ms')),
    mappingVariesByDestIpv6: variesByDestination(ipv6.mapping, isMisled(verdict, 'ipv6Ms')),
    preferredRelay: relayInUse(verdict),
    relayLatency: {
      ipv4: latencies(relays, 'ipv4Ms'),
      ipv6: latencies(relays, 'ipv6Ms'),
      // iroh uses relays over HTTPS. One that answers there and cannot be used has no latency that would ever be anybody's.
      https: latencies(
        relays.filter(({ usable }) => usable.value !== 'no'),
        'httpsMs',
      ),
    },
    globalV4: globalAddress(ipv4, 4, directAddrs),
    globalV6: globalAddress(ipv6, 6, directAddrs),
    captivePortal: captivePortal.value === 'unknown' ? null : captivePortal.value === 'yes',
  };
}

/**
 * The relay that iroh picks; null if it cannot use that one. A report of iroh names one as soon as any relay answers, so a
 * reader knows this for what it is.
 */
function relayInUse({ relays, preferredRelay, relayUsable }: Verdict): string | null {
  const picked = relays.find(({ url }) => url === preferredRelay);
  return relayUsable.value !== 'yes' && picked?.usable.value === 'no' ? null : preferredRelay;
}

function variesByDestination({ value }: Mapping, isMisled: boolean): boolean | null {
  if (value === 'endpoint-dependent') return true;
  return value === 'unknown' || isMisled ? null : false;
}

/**
 * Whether relays answered over UDP in a family and iroh does not learn its address from them, or may learn a wrong one. The field
 * is about what relays tell: STUN servers, which iroh does not ask, do not make that good.
 */
function isMisled({ learnsAddress, relays }: Verdict, kind: 'ipv4Ms' | 'ipv6Ms'): boolean {
  return learnsAddress.value === 'no' && relays.some((relay) => relay[kind] !== null);
}

function latencies(relays: readonly RelayVerdict[], kind: 'ipv4Ms' | 'ipv6Ms' | 'httpsMs'): RelayLatency[] {
  return relays.flatMap((relay) => {
    const latencyMs = relay[kind];
    return latencyMs === null ? [] : [{ relayUrl: relay.url, latencyMs }];
  });
}

/**
 * The endpoint's own public address, if exactly one of its addresses has the IP that was observed. The official
 * client probes from the endpoint's own socket, and readers may compare the ports.
 */
function globalAddress(
  { publicAddress }: FamilyVerdict,
  family: 4 | 6,
  directAddrs: readonly SocketAddr[],
): SocketAddr | null {
  if (publicAddress.value === null) return null;
  const observed = parseSocketAddr(publicAddress.value);
  if (observed.family !== family) return null;
  const own = directAddrs.filter((addr) => addr.family === family && addr.ip === observed.ip);
  const [only] = own;
  return own.length === 1 && only !== undefined ? only : observed;
}

/**
 * Whether what this run may still see can change the platform's report. That report has no field for filtering or for
 * what went through a proxy. A peer is tried for seconds, and the platform does not wait so long.
 */
export function entersWireReport({ probe, target }: Pick<PendingRun, 'probe' | 'target'>): boolean {
  return probe !== 'https-via-proxy' && probe !== 'peer' && !(probe === 'stun' && target === 'filtering');
}
