import { RELAY_A, RELAY_B } from '../../test/lab/harness/relays.js';
import { gateway, relay, type Service } from '../../test/lab/harness/services.js';
import type { Topology } from '../../test/lab/harness/topology.js';
import {
  firewall,
  gatewayRules,
  HOME_CLIENT,
  home,
  MASQUERADE,
  nat,
} from '../../test/lab/topologies/base.js';
import { delayedHome, delayWire } from '../../test/lab/topologies/delayed.js';

/** A network to measure in. */
export interface Scenario {
  name: string;
  topology: Topology;
  /** In this order: a gateway asks over the wire for its address. */
  services: readonly Service[];
  /** What ours may take, in milliseconds; null: no bar. */
  bar: number | null;
}

const RULES = `${nat(MASQUERADE)}\n${firewall()}`;
const RELAYS = [relay(RELAY_A), relay(RELAY_B)];

function healthy(rtt: number, hasGateway: boolean, bar: number | null): Scenario {
  return {
    name: `healthy, ${rtt} ms, ${hasGateway ? 'with' : 'without'} a gateway`,
    topology: delayedHome(hasGateway ? gatewayRules() : RULES),
    services: [delayWire(rtt / 2), ...RELAYS, ...(hasGateway ? [gateway()] : [])],
    bar,
  };
}

export const SCENARIOS: readonly Scenario[] = [
  healthy(20, true, 350),
  healthy(100, true, null),
  healthy(250, true, null),
  healthy(20, false, 1200),
  healthy(100, false, 1200),
  healthy(250, false, null),
  {
    name: 'UDP blocked',
    topology: home(`${nat(MASQUERADE)}\n${firewall('meta l4proto udp drop')}`),
    services: RELAYS,
    bar: 3100,
  },
  {
    name: 'only HTTP (TCP 80) passes',
    topology: home(
      `${nat(MASQUERADE)}\n${firewall('iifname "lan0" tcp dport != 80 drop\n    meta l4proto udp drop')}`,
    ),
    services: RELAYS,
    bar: 3100,
  },
  {
    name: 'no relay reachable',
    topology: home(`${nat(MASQUERADE)}\n${firewall('drop')}`),
    services: [],
    bar: 3100,
  },
  {
    name: 'router dead',
    topology: home(RULES, { addresses: { eth0: ['192.168.1.100/24'] }, routes: ['default via 192.168.1.9'] }),
    services: [],
    bar: 3100,
  },
  {
    name: 'no route',
    topology: home(RULES, { addresses: HOME_CLIENT.addresses ?? {} }),
    services: [],
    bar: 100,
  },
];
