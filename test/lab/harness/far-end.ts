import { RELAY_NAMES } from './relays.js';
import type { Host, Topology } from './topology.js';

/** The machine at the other end of a pair: behind an ordinary home router, and an ordinary firewall for IPv6. */
export const FAR_END = 'far';

const RULES = `table ip nat {
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan0" masquerade
  }
}
table inet fw {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "wan0" meta l4proto { tcp, udp } ct state new drop
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "lan0" oifname "wan0" accept
  }
}`;

/** Not the home of the network under test: its addresses are no others' there. */
const HOSTS: Readonly<Record<string, Host>> = {
  [FAR_END]: {
    addresses: { eth0: ['10.77.0.2/24', '2001:db8:77::2/64'] },
    routes: ['default via 10.77.0.1', 'default via 2001:db8:77::1'],
  },
  farrtr: {
    addresses: {
      wan0: ['198.51.100.130/26', '2001:db8:ff:77::2/64'],
      lan0: ['10.77.0.1/24', '2001:db8:77::1/64'],
    },
    routes: ['default via 198.51.100.129', 'default via 2001:db8:ff:77::1'],
    forwards: true,
    nft: RULES,
  },
};

/** Whether there is an Internet that a far end could be on. */
export function hasFarEnd({ hosts }: Topology): boolean {
  return hosts.inet !== undefined;
}

/** The topology with a far end on its Internet. */
export function withFarEnd(topology: Topology): Topology {
  const { inet } = topology.hosts;
  if (inet === undefined) return topology;
  return {
    ...topology,
    links: [...topology.links, ['inet/far0', 'farrtr/wan0'], ['farrtr/lan0', `${FAR_END}/eth0`]],
    hosts: {
      ...topology.hosts,
      inet: {
        ...inet,
        addresses: { ...inet.addresses, far0: ['198.51.100.129/26', '2001:db8:ff:77::1/64'] },
        routes: [...(inet.routes ?? []), '2001:db8:77::/64 via 2001:db8:ff:77::2'],
      },
      ...HOSTS,
    },
  };
}

/** What stands before a command of the far end: it has names of its own, and no part in what the lab does to DNS. */
export function farCommand({ farNames = RELAY_NAMES }: Topology, argv: readonly string[]): string[] {
  const lines = ['127.0.0.1 localhost', '::1 localhost', ...farNames];
  // `ip netns exec` has a mount namespace for each program: nobody else sees these files.
  const script = `cat >/run/lab/far-hosts <<'END'
${lines.join('\n')}
END
: >/run/lab/far-resolv.conf
mount --bind /run/lab/far-hosts /etc/hosts
mount --bind /run/lab/far-resolv.conf /etc/resolv.conf
exec "$0" "$@"`;
  return ['sh', '-euc', script, ...argv];
}
