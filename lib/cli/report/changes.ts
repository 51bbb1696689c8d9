import type { LocalReport } from '../../report/index.js';
import { parseSocketAddr, shortId } from '../../wire/index.js';

/** One conclusion that differs from the report before. */
export interface Change {
  name: string;
  before: string;
  after: string;
}

/** What differs in the conclusions of two reports. Times and latencies are left out, as they always differ. Pure. */
export function changesOf(before: LocalReport, after: LocalReport): Change[] {
  const old = facts(before);
  const now = facts(after);
  const names = new Set([...old.keys(), ...now.keys()]);
  return [...names].flatMap((name) => {
    const change = { name, before: old.get(name) ?? 'none', after: now.get(name) ?? 'none' };
    return change.before === change.after ? [] : [change];
  });
}

function facts({ verdict, summary, probes, endedBy }: LocalReport): Map<string, string> {
  const { natType, captivePortal, tlsIntercepted, portMapping, upstreamNat, peer, preferredRelay } = verdict;
  const families = [
    ['IPv4', verdict.ipv4],
    ['IPv6', verdict.ipv6],
  ] as const;
  return new Map([
    ['Colour', summary.colour],
    ['NAT type', natType.value],
    ...families.flatMap(([name, family]): [string, string][] => [
      [`${name} routed`, family.routed.value],
      [`${name} UDP`, family.udp.value],
      [`${name} address`, ipOf(family.publicAddress.value)],
      [`${name} mapping`, family.mapping.value],
      [`${name} filtering`, family.filtering.value],
    ]),
    ['Captive portal', captivePortal.value],
    ['TLS intercepted', tlsIntercepted.value],
    ['UPnP', portMapping.upnp.value],
    ['PCP', portMapping.pcp.value],
    ['NAT-PMP', portMapping.natPmp.value],
    ['Upstream NAT', upstreamNat.value],
    ['Peer', peer.value],
    ['Preferred relay', preferredRelay ?? 'none'],
    ...verdict.relays.map(({ url, answered }): [string, string] => [url, answered ? 'answers' : 'silent']),
    ...probes.flatMap(({ observation }) =>
      (observation?.peers ?? []).map(({ peer, reached }): [string, string] => [
        `Peer ${shortId(peer)}`,
        reached,
      ]),
    ),
    ['Ended by', endedBy],
  ]);
}

/** The address without its port: each report's socket has another port. */
function ipOf(address: string | null): string {
  if (address === null) return 'unknown';
  try {
    return parseSocketAddr(address).ip;
  } catch {
    // A token of the redaction, `public-ipv4-1:4433`.
    return address.replace(/:\d+$/, '');
  }
}
