import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Case, CaseResult } from '../harness/case.js';
import type { Lab } from '../harness/lab.js';
import { RELAYS } from '../harness/relays.js';
import { type GatewaySettings, gateway, relay } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import { behindCarrier, gatewayRules, HOME_CLIENT, home, MASQUERADE } from './base.js';

const WAN = '203.0.113.66';

interface Wanted {
  about: string;
  settings?: GatewaySettings;
  /** Rules on the router for what the home asks it. */
  rules?: string;
  portMapping: { upnp: string; pcp: string; natPmp: string };
  /** The external address that the gateway tells. Default: the right one; null: none. */
  externalIp?: string | null;
  upstreamNat?: string;
  topology?: Topology;
  also?(lab: Lab): Promise<void>;
}

function withGateway(name: string, wanted: Wanted): Case {
  const { about, settings, rules, portMapping, externalIp = WAN, upstreamNat = 'unknown', also } = wanted;
  const { topology = home(gatewayRules(rules), HOME_CLIENT) } = wanted;
  return {
    name,
    about,
    topology,
    services: [...RELAYS.map((each) => relay(each)), gateway(settings)],
    truth: { colour: 'green', natType: 'Endpoint-Independent', portMapping, upstreamNat },
    // What answers answers fast; what does not is given up in time.
    maxMs: 2000,
    also: async (result, lab) => {
      expect(toldBy(result)).toEqual(externalIp === null ? [] : [externalIp]);
      const chain = ['nft', 'list', 'chain', 'inet', 'filter', 'prerouting_miniupnpd'];
      expect(await lab.run('rtr', chain), 'no mapping was made').not.toMatch(/dnat/);
      await also?.(lab);
    },
  };
}

/** External addresses that the gateway told, each once. */
function toldBy({ report }: CaseResult): string[] {
  const mappings = report.probes.flatMap(({ observation }) => observation?.portMappings ?? []);
  return [...new Set(mappings.flatMap(({ externalIp }) => externalIp ?? []))];
}

/** What another implementation says: it maps a port, and takes the mapping away again. */
async function secondOpinion(lab: Lab): Promise<unknown> {
  const program = fileURLToPath(new URL('../programs/nat-upnp-opinion.js', import.meta.url));
  return JSON.parse(await lab.run('cli', [process.execPath, program]));
}

/** Home gateways with a real miniupnpd. */
export const GATEWAYS: readonly Case[] = [
  withGateway('gateway with UPnP, PCP and NAT-PMP', {
    about: 'A home router with port mapping switched on.',
    portMapping: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
  }),
  withGateway('gateway with UPnP alone', {
    about: 'Its port for the other two is closed.',
    settings: { enable_natpmp: 'no' },
    portMapping: { upnp: 'yes', pcp: 'no', natPmp: 'no' },
  }),
  withGateway('gateway with NAT-PMP alone', {
    about: 'An old router of one maker.',
    settings: { enable_upnp: 'no' },
    rules: 'iifname "lan0" udp dport 5351 @th,64,8 2 drop',
    portMapping: { upnp: 'unknown', pcp: 'unknown', natPmp: 'yes' },
  }),
  withGateway('gateway with PCP alone', {
    about: 'PCP without NAT-PMP: it does not tell its address without making a mapping.',
    settings: { enable_upnp: 'no' },
    rules: 'iifname "lan0" udp dport 5351 @th,64,8 0 drop',
    portMapping: { upnp: 'unknown', pcp: 'yes', natPmp: 'unknown' },
    externalIp: null,
  }),
  withGateway('gateway with UPnP IGD version 1', {
    about: 'As most older routers speak it.',
    settings: { force_igd_desc_v1: 'yes' },
    portMapping: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
    also: async (lab) => {
      expect(await secondOpinion(lab)).toEqual({ externalIp: WAN, mapped: true, unmapped: true });
    },
  }),
  withGateway('gateway that announces UPnP and does not serve it', {
    about: 'It answers the search; its web server does not answer.',
    rules: 'iifname "lan0" tcp dport 5000 drop',
    portMapping: { upnp: 'unknown', pcp: 'yes', natPmp: 'yes' },
  }),
  withGateway('gateway that answers no multicast', {
    about: 'It is found by asking it directly.',
    rules: 'iifname "lan0" ip daddr 239.255.255.250 drop',
    portMapping: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
  }),
  withGateway('gateway that names another address', {
    about: "It stands behind a carrier's NAT, and names an address that is not the one that the relays see.",
    topology: behindCarrier(MASQUERADE, gatewayRules()),
    settings: { ext_perform_stun: 'no', ext_ip: '9.9.9.9' },
    portMapping: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
    externalIp: '9.9.9.9',
    upstreamNat: 'likely',
  }),
  withGateway("gateway behind a carrier's NAT that hides its address", {
    about: 'It knows that it cannot map ports there, and says so over NAT-PMP.',
    topology: behindCarrier(MASQUERADE, gatewayRules()),
    settings: { ext_perform_stun: 'no' },
    portMapping: { upnp: 'yes', pcp: 'yes', natPmp: 'no' },
    externalIp: null,
  }),
];
