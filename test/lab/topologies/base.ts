/** Parts that many topologies are made of: an Internet, a home, its NAT and its firewall. */
import { RELAY_A, RELAY_B, relayHost } from '../harness/relays.js';
import type { Host, Topology } from '../harness/topology.js';

/** The Internet: a router, with room for STUN servers at 203.0.113.10 and .11, and the way to the relays. */
export const INET: Host = {
  addresses: {
    lo: ['203.0.113.10/32', '203.0.113.11/32', '2001:db8:c::10/128', '2001:db8:c::11/128'],
    c0: ['203.0.113.65/26', '2001:db8:0:1::1/64'],
    ra0: ['198.18.1.1/30', '2001:db8:ff:1::1/64'],
    rb0: ['198.18.2.1/30', '2001:db8:ff:2::1/64'],
  },
  routes: [
    `${RELAY_A.ipv4}/32 via 198.18.1.2`,
    `${RELAY_B.ipv4}/32 via 198.18.2.2`,
    `${RELAY_A.ipv6}/128 via 2001:db8:ff:1::2`,
    `${RELAY_B.ipv6}/128 via 2001:db8:ff:2::2`,
    '2001:db8:1::/64 via 2001:db8:0:1::2',
  ],
  forwards: true,
};

/** The relays' machines. */
export const RELAY_HOSTS = { ra: relayHost(RELAY_A, 1), rb: relayHost(RELAY_B, 2) };

export const RELAY_LINKS = [
  ['inet/ra0', 'ra/eth0'],
  ['inet/rb0', 'rb/eth0'],
] as const;

/** What the client of a home has by IPv4. */
export const HOME_CLIENT: Host = {
  addresses: { eth0: ['192.168.1.100/24'] },
  routes: ['default via 192.168.1.1'],
};

/** The client of a home with both families. */
export const DUAL_CLIENT: Host = {
  addresses: { eth0: ['192.168.1.100/24', '2001:db8:1::100/64'] },
  routes: ['default via 192.168.1.1', 'default via 2001:db8:1::1'],
};

/** The client of a home without IPv4. */
export const V6_CLIENT: Host = {
  addresses: { eth0: ['2001:db8:1::100/64'] },
  routes: ['default via 2001:db8:1::1'],
};

/** `cli` behind `rtr`, whose rules are `nft`. */
export function home(nft: string, client: Host = HOME_CLIENT, router: Partial<Host> = {}): Topology {
  return {
    links: [['inet/c0', 'rtr/wan0'], ['rtr/lan0', 'cli/eth0'], ...RELAY_LINKS],
    hosts: {
      inet: INET,
      ...RELAY_HOSTS,
      rtr: {
        addresses: {
          wan0: ['203.0.113.66/26', '2001:db8:0:1::2/64'],
          lan0: ['192.168.1.1/24', '2001:db8:1::1/64'],
        },
        routes: ['default via 203.0.113.65', 'default via 2001:db8:0:1::1'],
        forwards: true,
        nft,
        ...router,
      },
      cli: client,
    },
  };
}

/** `cli` on the Internet, without a router. */
export function onTheInternet(client: Partial<Host> = {}): Topology {
  return {
    links: [['inet/c0', 'cli/eth0'], ...RELAY_LINKS],
    hosts: {
      inet: INET,
      ...RELAY_HOSTS,
      cli: {
        addresses: { eth0: ['203.0.113.66/26'] },
        routes: ['default via 203.0.113.65'],
        ...client,
      },
    },
  };
}

/** Lets out everything, and in what was asked for. `first`: rules before those of forwarding. */
export function firewall(first = ''): string {
  return `table inet fw {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "wan0" meta l4proto { tcp, udp } ct state new drop
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ${first}
    ct state established,related accept
    iifname "lan0" oifname "wan0" accept
    ct status dnat accept
  }
}`;
}

/** A router's IPv4 NAT. `post`: its source NAT; `pre`: what it does with what comes in. */
export function nat(post: string, pre = ''): string {
  return `table ip nat {
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
    ${pre}
  }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    ${post}
  }
}`;
}

/**
 * What nobody asked for does not reach the NAT itself. Where it does, pairs were seen relayed: the other end's first datagram
 * takes the outer port in the connection table, it seems, and the client's flow to it gets another one.
 */
export function closedInput(device = 'wan0'): string {
  return `table inet own {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "${device}" meta l4proto { tcp, udp } ct state new drop
  }
}`;
}

/** A router's IPv6 NAT. */
export function nat66(post: string): string {
  return `table ip6 nat {
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    ${post}
  }
}`;
}

export const MASQUERADE = 'oifname "wan0" masquerade';

/** Sends whatever comes to the router on to the client. */
export const TO_CLIENT = 'iifname "wan0" meta l4proto udp dnat to 192.168.1.100';

/** STUN servers of the lab; coturn answers from all four of its address and port pairs. */
export const STUN_ADDRESSES = ['203.0.113.10', '203.0.113.11'];
export const STUN_SERVERS = STUN_ADDRESSES.map((address) => `${address}:3478`);
export const STUN_ADDRESSES_V6 = ['2001:db8:c::10', '2001:db8:c::11'];
export const STUN_SERVERS_V6 = STUN_ADDRESSES_V6.map((address) => `[${address}]:3478`);

/** A routed public address behind a firewall that lets in only what was asked for. */
export const FIREWALLED: Topology = {
  links: [['inet/c0', 'rtr/wan0'], ['rtr/lan0', 'cli/eth0'], ...RELAY_LINKS],
  hosts: {
    inet: { ...INET, routes: [...(INET.routes ?? []), '203.0.113.128/28 via 203.0.113.66'] },
    ...RELAY_HOSTS,
    rtr: {
      addresses: { wan0: ['203.0.113.66/26'], lan0: ['203.0.113.129/28'] },
      routes: ['default via 203.0.113.65'],
      forwards: true,
      nft: firewall(),
    },
    cli: { addresses: { eth0: ['203.0.113.130/28'] }, routes: ['default via 203.0.113.129'] },
  },
};

/** A home behind its carrier's NAT. `post`: the carrier's source NAT; `rules`: those of the home's router. */
export function behindCarrier(post: string, rules = `${nat(MASQUERADE)}\n${firewall()}`): Topology {
  return {
    links: [['inet/c0', 'isp/wan0'], ['isp/br0', 'rtr/wan0'], ['rtr/lan0', 'cli/eth0'], ...RELAY_LINKS],
    hosts: {
      inet: INET,
      ...RELAY_HOSTS,
      isp: {
        addresses: { wan0: ['203.0.113.66/26'], br0: ['100.64.0.1/24'] },
        routes: ['default via 203.0.113.65'],
        forwards: true,
        nft: `${nat(post)}\n${closedInput()}`,
      },
      rtr: {
        addresses: { wan0: ['100.64.0.11/24'], lan0: ['192.168.1.1/24'] },
        routes: ['default via 100.64.0.1'],
        forwards: true,
        nft: rules,
      },
      cli: HOME_CLIENT,
    },
  };
}

/** The rules that miniupnpd works with. `input`: further ones for what comes to the router itself. */
export function gatewayRules(input = ''): string {
  return `table inet filter {
  chain input {
    type filter hook input priority 0; policy accept;
    iifname "wan0" udp sport { 3478, 3479 } accept
    iifname "wan0" ct state established,related accept
    iifname "wan0" meta l4proto ipv6-icmp accept
    iifname "wan0" drop
    ${input}
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan0" oifname "wan0" accept
    jump miniupnpd
  }
  chain miniupnpd { }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
    jump prerouting_miniupnpd
  }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    jump postrouting_miniupnpd
    meta nfproto ipv4 ${MASQUERADE}
  }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
}`;
}

/** Why no report can tell what a pair does where one relay alone sees this machine. */
export const ONE_WITNESS = {
  reason: 'one witness cannot tell the mapping',
  says: /one vantage point cannot tell|from one IP address/,
};
