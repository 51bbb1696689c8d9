import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAYS } from '../harness/relays.js';
import { coturn, dnsmasq, relay, type Service } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import {
  DUAL_CLIENT,
  firewall,
  home,
  MASQUERADE,
  nat,
  nat66,
  STUN_ADDRESSES_V6,
  STUN_SERVERS_V6,
  V6_CLIENT,
} from './base.js';

const WITH_STUN = {
  services: [...RELAYS.map((each) => relay(each)), coturn(STUN_ADDRESSES_V6)],
  report: { stun: STUN_SERVERS_V6 },
};

/** The names of the relays as a DNS64 gives them: IPv4 addresses behind the network's own prefix (tayga
 * does not put documentation addresses behind the well-known one). */
const NAT64_NAMES = [RELAY_A, RELAY_B].map(({ name, ipv4 }) => {
  const digits = ipv4.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `2001:db8:64::${digits[0]}${digits[1]}:${digits[2]}${digits[3]} ${name}`;
});

/** tayga on the router: the prefix goes into its device, and what comes out is IPv4. */
const TAYGA: Service = {
  async start(lab) {
    const settings = [
      'tun-device nat64',
      'ipv4-addr 192.168.255.1',
      'prefix 2001:db8:64::/96',
      'dynamic-pool 192.168.255.0/24',
      'data-dir /run/lab',
    ];
    await lab.sh(
      'rtr',
      `cat >/run/lab/tayga.conf <<'END'
${settings.join('\n')}
END
tayga -c /run/lab/tayga.conf --mktun
ip link set nat64 up
ip addr add 192.168.255.1/24 dev nat64
ip route add 2001:db8:64::/96 dev nat64`,
    );
    const program = lab.start('rtr', [
      'tayga',
      '-d',
      '-c',
      '/run/lab/tayga.conf',
      '--pidfile',
      '/run/lab/tayga.pid',
    ]);
    await program.until('holds its device', async () =>
      (await lab.run('rtr', ['ip', '-o', 'link', 'show', 'nat64'])).includes('LOWER_UP'),
    );
  },
};

/** IPv6 only at home, IPv4 only beyond: the router translates. */
function translated(names: readonly string[] = NAT64_NAMES): Topology {
  return {
    ...home(nat(MASQUERADE), V6_CLIENT),
    names,
    resolver: 'nameserver 2001:db8:1::1',
  };
}

/** The client and the router of a home with unique local addresses (RFC 4193). */
const LOCAL_ROUTER = {
  addresses: {
    wan0: ['203.0.113.66/26', '2001:db8:0:1::2/64'],
    lan0: ['192.168.1.1/24', 'fd00:1::1/64'],
  },
};

/** An IPv6 tunnel that carries 1,280 bytes, and a firewall that drops what says so. */
const SILENT_TUNNEL = 'meta nfproto ipv6 meta length > 1280 drop';

/** Networks with IPv6. */
export const IPV6: readonly Case[] = [
  {
    name: 'dual stack',
    about: 'A NAT for IPv4 beside a firewall for IPv6.',
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`, DUAL_CLIENT),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { udp: 'yes', mapping: 'endpoint-independent' },
      ipv6: {
        udp: 'yes',
        mapping: 'none',
        filtering: 'address-and-port-dependent',
        publicAddress: /^\[2001:db8:1::100\]:/,
      },
    },
  },
  {
    name: 'IPv6 only',
    about: 'No IPv4 at all.',
    topology: home(firewall(), V6_CLIENT),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'No NAT',
      ipv4: { routed: 'no' },
      ipv6: { udp: 'yes', mapping: 'none' },
    },
  },
  {
    name: 'NAT66',
    about: 'A router that masquerades IPv6 too.',
    topology: home(`${nat66(MASQUERADE)}\n${firewall()}`, V6_CLIENT),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv6: { mapping: 'endpoint-independent', publicAddress: /^\[2001:db8:0:1::2\]:/ },
    },
  },
  {
    name: 'symmetric NAT66',
    about: 'The same with a random port for each destination.',
    topology: home(`${nat66(`${MASQUERADE} fully-random`)}\n${firewall()}`, V6_CLIENT),
    ...WITH_STUN,
    truth: {
      colour: 'orange',
      natType: 'Endpoint-Dependent',
      ipv6: { mapping: 'endpoint-dependent', filtering: 'address-and-port-dependent' },
    },
  },
  {
    name: 'NPTv6',
    about: "A router that swaps the network's prefix and nothing else (RFC 6296).",
    topology: home(
      `${nat66('oifname "wan0" snat ip6 prefix to ip6 saddr map { 2001:db8:1::/64 : 2001:db8:2::/64 }')}\n${firewall()}`,
      V6_CLIENT,
    ),
    services: [
      ...WITH_STUN.services,
      {
        start: (lab) => lab.sh('inet', 'ip -6 route add 2001:db8:2::/64 via 2001:db8:0:1::2').then(() => {}),
      },
    ],
    report: WITH_STUN.report,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv6: { mapping: 'endpoint-independent', publicAddress: /^\[2001:db8:2::100\]:/ },
    },
  },
  {
    name: 'NAT64',
    about: 'IPv6 at home, IPv4 beyond: a translator stands between.',
    topology: translated(),
    services: [
      ...RELAYS.map((each) => relay(each)),
      TAYGA,
      dnsmasq('rtr', '2001:db8:1::1', '--address=/ipv4only.arpa/2001:db8:64::c000:aa'),
    ],
    oneSideCannotKnow: {
      reason: "whether the peer's IPv6 lets in who comes through no translator",
      says: /peers whose IPv6 can be reached/,
      isByChance: true,
    },
    truth: { colour: 'orange', sentence: /NAT64/, ipv4: { routed: 'no' }, ipv6: { udp: 'yes' } },
    official: {
      udp_v6:
        'it drops an IPv4 address that was asked for over IPv6; that an answer came shows that UDP works',
      mapping_varies_by_dest_ipv4: 'as before: it keeps nothing that could be compared',
      global_v4: 'as before',
    },
    mayContact: [/^(tcp|udp) \[2001:db8:64::c633:64(0a|14)\]:(80|443|7842)$/, /^udp \[2001:db8:1::1\]:53$/],
  },
  {
    name: 'NAT64 beside a relay with IPv6',
    about: 'One relay is reached through the translator, which shows an IPv4 address, the other as it is.',
    topology: translated([NAT64_NAMES[0] ?? '', `${RELAY_B.ipv6} ${RELAY_B.name}`]),
    services: [
      ...RELAYS.map((each) => relay(each)),
      TAYGA,
      dnsmasq('rtr', '2001:db8:1::1', '--address=/ipv4only.arpa/2001:db8:64::c000:aa'),
    ],
    truth: {
      colour: 'green',
      ipv4: { routed: 'no' },
      ipv6: { udp: 'yes', mapping: 'none', publicAddress: /^\[2001:db8:1::100\]:/ },
    },
    official: {
      mapping_varies_by_dest_ipv6: 'one relay sees our own address, which no other need confirm',
      global_v4: 'it drops an IPv4 address that was asked for over IPv6',
    },
    mayContact: [/^(tcp|udp) \[2001:db8:64::c633:64(0a|14)\]:(80|443|7842)$/, /^udp \[2001:db8:1::1\]:53$/],
  },
  {
    name: 'broken IPv6',
    about: 'The router announces IPv6, but nothing of it comes through.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('meta nfproto ipv6 drop')}`, DUAL_CLIENT),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { udp: 'yes', mapping: 'endpoint-independent' },
      ipv6: { routed: 'yes', udp: 'no', mapping: 'unknown' },
      captivePortal: 'no',
    },
  },
  {
    name: 'cloud machine with IPv6',
    about: "A cloud's 1:1 NAT for IPv4, and a public IPv6 address.",
    topology: home(
      nat(
        'oifname "wan0" ip saddr 192.168.1.100 snat to 203.0.113.70',
        'ip daddr 203.0.113.70 dnat to 192.168.1.100',
      ),
      DUAL_CLIENT,
      {
        addresses: {
          wan0: ['203.0.113.66/26', '203.0.113.70/26', '2001:db8:0:1::2/64'],
          lan0: ['192.168.1.1/24', '2001:db8:1::1/64'],
        },
      },
    ),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent', publicAddress: /^203\.0\.113\.70:/ },
      ipv6: { mapping: 'none' },
    },
  },
  {
    name: 'temporary and deprecated IPv6 addresses',
    about: 'A machine with several IPv6 addresses of which it prefers one.',
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`, {
      ...DUAL_CLIENT,
      commands: [
        'ip -6 addr add 2001:db8:1::dead/64 dev eth0 preferred_lft 0',
        'ip -6 addr add 2001:db8:1::beef/64 dev eth0',
      ],
    }),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv6: { mapping: 'none', publicAddress: /^\[2001:db8:1::(100|beef)\]:/ },
    },
  },
  {
    name: 'unique local addresses behind a NAT66',
    about: 'IPv6 alone, with addresses that the Internet does not know, and a router that masquerades them.',
    topology: home(
      `${nat66(MASQUERADE)}\n${firewall()}`,
      { addresses: { eth0: ['fd00:1::100/64'] }, routes: ['default via fd00:1::1'] },
      LOCAL_ROUTER,
    ),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv6: { udp: 'yes', mapping: 'endpoint-independent', publicAddress: /^\[2001:db8:0:1::2\]:/ },
    },
  },
  {
    name: 'unique local addresses that lead nowhere',
    about: 'A router that gives IPv6 addresses and a route, and has no IPv6 itself; IPv4 works.',
    topology: home(
      `${nat(MASQUERADE)}\n${firewall()}`,
      {
        addresses: { eth0: ['192.168.1.100/24', 'fd00:1::100/64'] },
        routes: ['default via 192.168.1.1', 'default via fd00:1::1'],
      },
      LOCAL_ROUTER,
    ),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { udp: 'yes' },
      ipv6: { routed: 'yes', mapping: 'unknown' },
    },
  },
  {
    name: 'IPv6 through a tunnel that loses large packets, beside IPv4',
    about: 'IPv6 carries 1,280 bytes and nobody says so. iroh prefers it for its relay, where it hangs.',
    topology: home(`${nat(MASQUERADE)}\n${firewall(SILENT_TUNNEL)}`, DUAL_CLIENT),
    truth: { colour: 'red', sentence: /the first large packet after it/, ipv6: { udp: 'yes' } },
    platformCannotKnow:
      'an app that is connected to its home relay by IPv4, from before iroh knew of IPv6, has one that works',
  },
  {
    name: 'IPv6 through a tunnel that loses large packets, alone',
    about: 'The same without IPv4.',
    topology: home(firewall(SILENT_TUNNEL), V6_CLIENT),
    truth: { colour: 'red', sentence: /the first large packet after it/, ipv6: { udp: 'yes' } },
  },
];
