import { BlockList, isIPv4 } from 'node:net';
import { type IsPublicAddress, isBehindNat, isSharedAddress } from '../../wire/index.js';
import type { AddressSeen, PortMappingSeen, RouteSeen } from '../observation.js';
import type { ProbeRecord, UpstreamNat } from '../types.js';
import { judged, type Seen, seen, unknown } from './seen.js';

type Named = Seen<PortMappingSeen & { externalIp: string }>;

/**
 * Whether another NAT (the carrier's, or that of a second router) stands between our gateway and the Internet. IPv4
 * only. The gateway must be the next hop of a route that was probed, and is compared only with answers that took that
 * route.
 */
export function judgeUpstreamNat(records: readonly ProbeRecord[], isPublic: IsPublicAddress): UpstreamNat {
  const routes = seen(records, 'routes').filter(({ part }) => part.family === 4);
  const answers = seen(records, 'addresses').filter(({ part }) => part.family === 4);
  const open = answers.filter(({ part }) => part.observed === part.local && isPublic(ipOf(part.observed)));
  if (open.length > 0) return judged('none', 'the address seen from outside is our own: no NAT at all', open);

  const named = seen(records, 'portMappings').filter((mapping): mapping is Named => {
    const { gateway, externalIp } = mapping.part;
    return externalIp !== undefined && routes.some(({ part }) => part.gateway === gateway);
  });
  const inner = routes
    .flatMap(({ part: { gateway, sourceIp } }) => [gateway, sourceIp])
    .filter((ip) => typeof ip === 'string');
  const believable = named.filter(({ part }) => faultOf(part.externalIp, inner, isPublic) === null);
  const [first] = believable;
  if (first === undefined) {
    return judgeLocalSide(routes) ?? unbelievable(named, inner, isPublic);
  }
  const { gateway, externalIp } = first.part;
  const ips = [...new Set(believable.map(({ part }) => part.externalIp))];
  if (ips.every(isBehindNat)) {
    const reason = `the gateway's own external address is not a public one: ${ips.join(', ')}`;
    return judged('certain', reason, believable);
  }
  if (ips.length > 1)
    return unknown(`the gateway names several external addresses: ${ips.join(', ')}`, believable);
  const through = answers.filter((answer) => passed(answer.part, gateway, routes));
  const beside = compare(externalIp, through, believable, isPublic);
  const local = judgeLocalSide(routes);
  return beside?.value === 'likely' ? beside : (local ?? beside ?? unheard(externalIp, believable));
}

/** Compares the gateway's external address with the address that others saw. Null: nobody saw any. */
function compare(
  externalIp: string,
  answers: readonly Seen<AddressSeen>[],
  named: readonly Named[],
  isPublic: IsPublicAddress,
): UpstreamNat | null {
  const observed = [...new Set(answers.map(({ part }) => ipOf(part.observed)))].filter(isPublic);
  if (observed.length === 0) return null;
  const evidence = [...named, ...answers];
  if (!observed.includes(externalIp)) {
    const why = `the gateway names ${externalIp}, others saw ${observed.join(', ')}`;
    const lookalikes = 'several uplinks, a VPN, an address pool or a wrong gateway look alike';
    return judged('likely', `${why}; ${lookalikes}`, evidence);
  }
  if (observed.length > 1)
    return unknown(`the gateway names ${externalIp}, one of several addresses that others saw`, evidence);
  // Some gateways without a public address ask a STUN server for it (miniupnpd's ext_perform_stun), so they may name
  // the address beyond the next NAT.
  const doubt = 'whether the gateway holds that address or asked others for it cannot be told';
  return unknown(`the gateway names ${externalIp}, the address that others saw; ${doubt}`, evidence);
}

// The usual length of a home network's prefix: from one address the real one is unknown.
const LAN_BITS = 24;

/**
 * Why the external address that the gateway names cannot be right: the gateway is misconfigured. Null: it can be
 * right.
 */
function faultOf(ip: string, inner: readonly string[], isPublic: IsPublicAddress): string | null {
  if (inner.includes(ip)) return 'an address of the local network itself';
  if (isPublic(ip)) return null;
  if (!isBehindNat(ip)) return 'a reserved address';
  const lan = new BlockList();
  for (const address of inner) if (isIPv4(address)) lan.addSubnet(address, LAN_BITS, 'ipv4');
  return lan.check(ip, 'ipv4') ? 'an address of the local network itself' : null;
}

function unbelievable(
  named: readonly Named[],
  inner: readonly string[],
  isPublic: IsPublicAddress,
): UpstreamNat {
  const [first] = named;
  if (first === undefined) return unknown('no gateway on the way named its external address');
  const { gateway, externalIp } = first.part;
  const fault = faultOf(externalIp, inner, isPublic);
  return unknown(
    `the gateway ${gateway} names ${externalIp} as its external address, ${fault}: a fault of the gateway`,
    named,
  );
}

/**
 * Our own address is in the carriers' range (100.64.0.0/10). Overlays such as Tailscale use that range as well, so
 * tunnels are left out.
 */
function judgeLocalSide(routes: readonly Seen<RouteSeen>[]): UpstreamNat | null {
  const shared = routes.filter(
    ({ part: { sourceIp, tunnel, gateway } }) =>
      sourceIp !== null && isSharedAddress(sourceIp) && tunnel === false && gateway !== null,
  );
  if (shared.length === 0) return null;
  return judged('likely', "our own address lies in the carriers' range 100.64.0.0/10", shared);
}

/**
 * Whether an answer came through that gateway. The route to its destination tells; without one, the local address
 * does.
 */
function passed({ destinationIp, local }: AddressSeen, gateway: string, routes: readonly Seen<RouteSeen>[]) {
  const there = routes.filter(({ part }) => part.destination === destinationIp);
  if (there.length > 0) return there.every(({ part }) => part.gateway === gateway);
  const localIp = ipOf(local);
  const same = routes.filter(({ part }) => part.sourceIp === localIp);
  return same.length > 0 && same.every(({ part }) => part.gateway === gateway);
}

function unheard(externalIp: string, named: readonly Named[]): UpstreamNat {
  return unknown(`the gateway names ${externalIp}; nobody outside told which address it sees`, named);
}

function ipOf(socketAddr: string): string {
  return socketAddr.slice(0, socketAddr.lastIndexOf(':'));
}
