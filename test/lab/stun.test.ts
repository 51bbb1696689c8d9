import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { FamilyVerdict, LocalReport, ProbeRecord } from '../../lib/report/index.js';
import { type Host, Lab, type Topology, whyNoLab } from './namespaces.js';
import { bundle, type Program } from './program.js';

const missing = whyNoLab('turnserver');

/** STUN servers of the lab; coturn answers from all four of its address and port pairs. */
const SERVERS = ['203.0.113.10:3478', '203.0.113.11:3478'];
const SERVERS_V6 = ['[2001:db8:a::10]:3478', '[2001:db8:a::11]:3478'];

const COTURN = [
  ...['turnserver', '-n', '--stun-only', '--no-auth', '--no-cli', '--no-tls', '--no-dtls', '--no-tcp'],
  ...['--log-file=stdout', '--pidfile=/run/turnserver-PORT.pid', '--listening-port=PORT'],
];

function coturn(addresses: readonly string[], port = 3478, ...more: string[]): string[] {
  const argv = COTURN.map((argument) => argument.replace('PORT', String(port)));
  return [...argv, ...addresses.flatMap((address) => ['-L', address]), ...more];
}

const TWO_ADDRESSES = { argv: coturn(['203.0.113.10', '203.0.113.11']), listensAt: SERVERS };

const INET: Host = {
  addresses: {
    lo: ['203.0.113.10/32', '203.0.113.11/32', '2001:db8:a::10/128', '2001:db8:a::11/128'],
    c0: ['203.0.113.65/26', '2001:db8:0:1::1/64'],
  },
  routes: ['2001:db8:1::/64 via 2001:db8:0:1::2'],
  forwards: true,
};

const LINKS = [
  ['inet/c0', 'rtr/wan0'],
  ['rtr/lan0', 'cli/eth0'],
] as const;

const FIREWALL = `table inet fw {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "wan0" meta l4proto { tcp, udp } ct state new drop
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "lan0" oifname "wan0" accept
    ct status dnat accept
  }
}`;

/** A router at home; `post`: its source NAT; `pre`: what it does with what comes in. */
function nat(post: string, pre = ''): string {
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

const MASQUERADE = 'oifname "wan0" masquerade';
const TO_CLIENT = 'iifname "wan0" meta l4proto udp dnat to 192.168.1.100';

function home(nft: string, client: Host = {}): Topology {
  return {
    links: LINKS,
    hosts: {
      inet: INET,
      rtr: {
        addresses: {
          wan0: ['203.0.113.66/26', '2001:db8:0:1::2/64'],
          lan0: ['192.168.1.1/24', '2001:db8:1::1/64'],
        },
        routes: ['default via 203.0.113.65', 'default via 2001:db8:0:1::1'],
        forwards: true,
        nft,
      },
      cli: { addresses: { eth0: ['192.168.1.100/24'] }, routes: ['default via 192.168.1.1'], ...client },
    },
  };
}

/** A client without a router. */
const PUBLIC: Topology = {
  links: [['inet/c0', 'cli/eth0']],
  hosts: {
    inet: INET,
    cli: { addresses: { eth0: ['203.0.113.66/26'] }, routes: ['default via 203.0.113.65'] },
  },
};

/** A routed public address behind a firewall that lets in only what was asked for. */
const FIREWALLED: Topology = {
  links: LINKS,
  hosts: {
    inet: { ...INET, routes: ['203.0.113.128/28 via 203.0.113.66'] },
    rtr: {
      addresses: { wan0: ['203.0.113.66/26'], lan0: ['203.0.113.129/28'] },
      routes: ['default via 203.0.113.65'],
      forwards: true,
      nft: FIREWALL,
    },
    cli: { addresses: { eth0: ['203.0.113.130/28'] }, routes: ['default via 203.0.113.129'] },
  },
};

/** Lets in whoever the same port of the client has written to, from any port of theirs. */
const ADDRESS_RESTRICTED = `table inet fw {
  set talked {
    type ipv4_addr . inet_service
    flags dynamic
    timeout 60s
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "lan0" meta l4proto udp add @talked { ip daddr . udp sport }
    iifname "lan0" accept
    ct state established,related accept
    iifname "wan0" ip saddr . udp dport @talked accept
  }
}`;

const V6_CLIENT: Host = {
  addresses: { eth0: ['192.168.1.100/24', '2001:db8:1::100/64'] },
  routes: ['default via 192.168.1.1', 'default via 2001:db8:1::1'],
};

interface Case {
  topology: Topology;
  /** Programs of the Internet; default: one coturn with two addresses. */
  services?: readonly { argv: readonly string[]; listensAt: readonly string[] }[];
  servers?: readonly string[];
  truth: Partial<Record<'ipv4' | 'ipv6', Partial<Record<'udp' | 'mapping' | 'filtering', string>>>>;
  outcomes?: Readonly<Record<string, string>>;
  publicAddress?: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  'a public address': {
    topology: PUBLIC,
    truth: { ipv4: { udp: 'yes', mapping: 'none', filtering: 'endpoint-independent' } },
    publicAddress: /^203\.0\.113\.66:/,
  },
  'a public address behind a stateful firewall': {
    topology: FIREWALLED,
    truth: { ipv4: { udp: 'yes', mapping: 'none', filtering: 'address-and-port-dependent' } },
    publicAddress: /^203\.0\.113\.130:/,
  },
  'a home router': {
    topology: home(`${nat(MASQUERADE)}\n${FIREWALL}`),
    truth: {
      ipv4: { udp: 'yes', mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
      ipv6: { udp: 'no' },
    },
    outcomes: { 'stun IPv6 mapping': 'skipped', 'stun IPv6 filtering': 'skipped' },
    publicAddress: /^203\.0\.113\.66:/,
  },
  'a home router that does not preserve ports': {
    topology: home(`${nat('oifname "wan0" meta l4proto udp masquerade to :20000-29999')}\n${FIREWALL}`),
    truth: { ipv4: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } },
    publicAddress: /^203\.0\.113\.66:2\d{4}$/,
  },
  'a symmetric NAT': {
    topology: home(`${nat('oifname "wan0" masquerade random')}\n${FIREWALL}`),
    truth: {
      ipv4: { udp: 'yes', mapping: 'endpoint-dependent', filtering: 'address-and-port-dependent' },
    },
  },
  'a symmetric NAT, fully random': {
    topology: home(`${nat('oifname "wan0" masquerade fully-random')}\n${FIREWALL}`),
    truth: { ipv4: { mapping: 'endpoint-dependent', filtering: 'address-and-port-dependent' } },
  },
  'a full cone NAT': {
    topology: home(`${nat(MASQUERADE, TO_CLIENT)}\n${FIREWALL}`),
    truth: { ipv4: { mapping: 'endpoint-independent', filtering: 'endpoint-independent' } },
  },
  'an address-restricted cone NAT': {
    topology: home(`${nat(MASQUERADE, TO_CLIENT)}\n${ADDRESS_RESTRICTED}`),
    truth: { ipv4: { mapping: 'endpoint-independent', filtering: 'address-dependent' } },
  },
  'dual stack: a NAT for IPv4 beside a firewall for IPv6': {
    topology: home(`${nat(MASQUERADE)}\n${FIREWALL}`, V6_CLIENT),
    services: [
      {
        argv: coturn(['203.0.113.10', '203.0.113.11', '2001:db8:a::10', '2001:db8:a::11']),
        listensAt: [...SERVERS, ...SERVERS_V6],
      },
    ],
    servers: [...SERVERS, ...SERVERS_V6],
    truth: {
      ipv4: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
      ipv6: { udp: 'yes', mapping: 'none', filtering: 'address-and-port-dependent' },
    },
  },
  'a symmetric NAT66': {
    topology: home(
      `table ip6 nat {\n  chain post {\n    type nat hook postrouting priority srcnat; policy accept;\n    oifname "wan0" masquerade fully-random\n  }\n}\n${FIREWALL}`,
      V6_CLIENT,
    ),
    services: [{ argv: coturn(['2001:db8:a::10', '2001:db8:a::11']), listensAt: SERVERS_V6 }],
    servers: SERVERS_V6,
    truth: { ipv6: { udp: 'yes', mapping: 'endpoint-dependent', filtering: 'address-and-port-dependent' } },
  },
  'UDP blocked': {
    topology: home(
      `${nat(MASQUERADE)}\n${FIREWALL.replace('ct state est', 'meta l4proto udp drop\n    ct state est')}`,
    ),
    truth: { ipv4: { udp: 'unknown', mapping: 'unknown', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 mapping': 'timeout', 'stun IPv4 filtering': 'timeout' },
  },
  'a local firewall that drops what we send': {
    topology: home(`${nat(MASQUERADE)}\n${FIREWALL}`, {
      addresses: { eth0: ['192.168.1.100/24'] },
      routes: ['default via 192.168.1.1'],
      nft: 'table inet own {\n  chain output {\n    type filter hook output priority filter; policy accept;\n    meta l4proto udp drop\n  }\n}',
    }),
    truth: { ipv4: { udp: 'unknown', mapping: 'unknown', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 mapping': 'failed', 'stun IPv4 filtering': 'failed' },
  },
  'every third datagram lost at a full cone NAT': {
    topology: home(
      `${nat(MASQUERADE, TO_CLIENT)}\n${FIREWALL.replace('ct state est', 'numgen inc mod 3 == 0 drop\n    ct state est')}`,
    ),
    truth: { ipv4: { mapping: 'endpoint-independent', filtering: 'endpoint-independent' } },
  },
  'coturn with one address each': {
    topology: home(`${nat(MASQUERADE, TO_CLIENT)}\n${FIREWALL}`),
    services: [
      { argv: coturn(['203.0.113.10']), listensAt: ['203.0.113.10:3478'] },
      { argv: coturn(['203.0.113.11'], 3480), listensAt: ['203.0.113.11:3480'] },
    ],
    servers: ['203.0.113.10:3478', '203.0.113.11:3480'],
    truth: { ipv4: { mapping: 'endpoint-independent', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 filtering': 'skipped' },
  },
  "coturn's second address alone, which names itself as the other": {
    topology: home(`${nat(MASQUERADE)}\n${FIREWALL}`),
    servers: ['203.0.113.11:3478'],
    truth: { ipv4: { udp: 'yes', mapping: 'unknown', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 filtering': 'skipped' },
  },
  'an auxiliary server of coturn, which ignores CHANGE-REQUEST': {
    topology: home(`${nat(MASQUERADE)}\n${FIREWALL}`),
    services: [
      {
        argv: coturn(['203.0.113.10', '203.0.113.11'], 3478, '--aux-server=203.0.113.10:3500'),
        listensAt: ['203.0.113.10:3500'],
      },
    ],
    servers: ['203.0.113.10:3500'],
    truth: { ipv4: { udp: 'yes', mapping: 'unknown', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 filtering': 'skipped' },
  },
};

function valuesOf(verdict: FamilyVerdict): Record<'udp' | 'mapping' | 'filtering', string> {
  return { udp: verdict.udp.value, mapping: verdict.mapping.value, filtering: verdict.filtering.value };
}

function outcomesOf(records: readonly ProbeRecord[]): Record<string, string> {
  return Object.fromEntries(records.map(({ ref, outcome }) => [ref, outcome]));
}

const title = missing === null ? 'STUN behind real NATs' : `STUN behind real NATs (this machine ${missing})`;

it.runIf(missing !== null && process.env.CI !== undefined)('the lab runs in CI', () => {
  throw new Error(`The lab cannot be left out in CI: it ${missing}.`);
});

describe.skipIf(missing !== null)(title, () => {
  let program: Program;
  beforeAll(async () => {
    program = await bundle('report-here');
  });
  afterAll(() => program?.remove());

  async function inLab<T>(
    { topology, services = [TWO_ADDRESSES], servers = SERVERS }: Case,
    then: (report: LocalReport, lab: Lab) => T,
  ): Promise<Awaited<T>> {
    const lab = await Lab.start(topology);
    try {
      await Promise.all(services.map(({ argv, listensAt }) => lab.serve('inet', argv, listensAt)));
      const options = { stunServers: servers, probes: ['route', 'stun'] };
      const output = await lab.run('cli', [process.execPath, program.path, JSON.stringify(options)]);
      return await then(JSON.parse(output) as LocalReport, lab);
    } finally {
      await lab.close();
    }
  }

  it.concurrent.for(Object.entries(CASES))('%s', async ([, wanted], { expect }) => {
    await inLab(wanted, ({ verdict, probes, durationMs, endedBy }) => {
      const found = { ipv4: valuesOf(verdict.ipv4), ipv6: valuesOf(verdict.ipv6) };
      expect(found, JSON.stringify(probes, null, 1)).toMatchObject(wanted.truth);
      expect(outcomesOf(probes)).toMatchObject(wanted.outcomes ?? {});
      expect(verdict.ipv4.publicAddress.value ?? '').toMatch(wanted.publicAddress ?? /^/);
      expect({ endedBy, inTime: durationMs < 3000 }).toEqual({ endedBy: 'finished', inTime: true });
    });
  });

  it.concurrent('writes to the listed servers and to nobody else', async ({ expect }) => {
    const nft = `table inet watch {
  counter others { }
  counter servers { }
  chain output {
    type filter hook output priority filter; policy accept;
    oifname "eth0" ip daddr { 203.0.113.10, 203.0.113.11 } udp dport 3478 counter name servers accept
    meta l4proto ipv6-icmp accept
    oifname "eth0" counter name others
  }
}`;
    const client = { addresses: { eth0: ['192.168.1.100/24'] }, routes: ['default via 192.168.1.1'], nft };
    const topology = home(`${nat(MASQUERADE, TO_CLIENT)}\n${FIREWALL}`, client);
    await inLab({ topology, truth: {} }, async (_, lab) => {
      const counters = await lab.run('cli', ['nft', 'list', 'counters']);
      const packets = (name: string) =>
        Number(new RegExp(`counter ${name} \\{\\s+packets (\\d+)`).exec(counters)?.[1]);
      expect(packets('others')).toBe(0);
      // Two for the mapping; for the filtering one and the two changed ones at each server that can.
      expect(packets('servers')).toBeGreaterThanOrEqual(5);
      expect(packets('servers')).toBeLessThanOrEqual(12);
    });
  });

  it.concurrent('leaves no process behind when it is killed', async ({ expect }) => {
    const lab = await Lab.start(PUBLIC);
    const sleeper = lab.spawn('inet', ['sleep', '1000']);
    const ended = once(sleeper, 'exit');
    await lab.run('inet', ['true']);
    lab.kill();
    await ended;
    expect(sleeper.exitCode).not.toBe(0);
    const namespaces = await readdir('/run/netns').catch(() => []);
    expect(namespaces.filter((name) => ['inet', 'cli'].includes(name))).toEqual([]);
  });
});
