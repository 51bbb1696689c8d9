import { buildPeer, delayWireArguments } from '../../interop/support/index.js';
import type { Service } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import { home } from './base.js';

/** A home whose router has a wire with delay to the Internet instead of a cable. */
export function delayedHome(nft: string): Topology {
  const base = home(nft);
  const { inet, rtr } = base.hosts;
  return {
    ...base,
    links: base.links.filter(([a]) => a !== 'inet/c0'),
    hosts: {
      ...base.hosts,
      // What stands on the wire comes with it.
      inet: {
        ...inet,
        addresses: without(inet?.addresses ?? {}, 'c0'),
        routes: (inet?.routes ?? []).slice(0, 4),
      },
      rtr: { ...rtr, addresses: without(rtr?.addresses ?? {}, 'wan0'), routes: [] },
    },
  };
}

/** The wire: so many milliseconds each way, between `inet/c0` and `rtr/wan0`. */
export function delayWire(ms: number, lossPercent = 0): Service {
  return {
    async start(lab) {
      const wire = {
        a: 'inet/c0:203.0.113.65/26',
        b: 'rtr/wan0:203.0.113.66/26',
        ...{ ms, lossPercent, untilKilled: true },
      };
      await lab.start('inet', [await buildPeer(), ...delayWireArguments(wire)]).says(/ready/);
      await lab.sh('rtr', 'ip route add default via 203.0.113.65');
    },
  };
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
