import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LocalReport } from '../../lib/report/index.js';
import { startChild } from '../support/child.js';
import { buildHome, type GatewaySettings, HOME, startGateway } from './support/home.js';
import type { Lab } from './support/lab.js';
import { Reporter } from './support/reporter.js';
import { whyNoLab } from './support/tools.js';

const why = whyNoLab(['nft', 'conntrack', 'turnserver', 'miniupnpd']);
if (why !== null && !process.env.CI) console.log(why);

/** One gateway and the truth about it. */
interface Topology {
  name: string;
  settings?: GatewaySettings;
  /** The router's address towards the carrier. Default: a public one. */
  wan?: string;
  /** Rules on the router, in nft's language. */
  rules?: string;
  truth: Record<'upnp' | 'pcp' | 'natPmp', 'yes' | 'no' | 'unknown'>;
  /** What the gateway says, where it does. */
  externalIp?: string;
  upstreamNat?: string;
}

const FROM_HOME = 'add rule inet filter input iifname "lan0"';

const TOPOLOGIES: readonly Topology[] = [
  {
    name: 'UPnP, PCP and NAT-PMP',
    truth: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
    externalIp: HOME.wan,
    upstreamNat: 'none',
  },
  {
    name: 'UPnP alone (its port for the others is closed)',
    settings: { enable_natpmp: 'no' },
    truth: { upnp: 'yes', pcp: 'no', natPmp: 'no' },
    externalIp: HOME.wan,
    upstreamNat: 'none',
  },
  {
    name: 'NAT-PMP alone',
    settings: { enable_upnp: 'no' },
    rules: `${FROM_HOME} udp dport 5351 @th,64,8 2 drop`,
    truth: { upnp: 'unknown', pcp: 'unknown', natPmp: 'yes' },
    externalIp: HOME.wan,
    upstreamNat: 'none',
  },
  {
    name: 'PCP alone',
    settings: { enable_upnp: 'no' },
    rules: `${FROM_HOME} udp dport 5351 @th,64,8 0 drop`,
    truth: { upnp: 'unknown', pcp: 'yes', natPmp: 'unknown' },
    upstreamNat: 'unknown',
  },
  {
    name: 'UPnP IGD version 1',
    settings: { force_igd_desc_v1: 'yes' },
    truth: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
    externalIp: HOME.wan,
    upstreamNat: 'none',
  },
  {
    name: 'SSDP without HTTP',
    rules: `${FROM_HOME} tcp dport 5000 drop`,
    truth: { upnp: 'unknown', pcp: 'yes', natPmp: 'yes' },
    externalIp: HOME.wan,
    upstreamNat: 'none',
  },
  {
    name: 'a gateway that answers no multicast',
    rules: `${FROM_HOME} ip daddr 239.255.255.250 drop`,
    truth: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
    externalIp: HOME.wan,
    upstreamNat: 'none',
  },
  {
    name: 'a gateway that names another address than the one seen',
    settings: { ext_perform_stun: 'no', ext_ip: '9.9.9.9' },
    truth: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
    externalIp: '9.9.9.9',
    upstreamNat: 'likely',
  },
  {
    name: "a gateway behind a carrier's NAT that does not name its address",
    settings: { ext_perform_stun: 'no' },
    wan: '100.64.0.11',
    // It knows that it cannot map ports there: NETWORK_FAILURE.
    truth: { upnp: 'yes', pcp: 'yes', natPmp: 'no' },
    upstreamNat: 'unknown',
  },
];

const PROBES = ['route', 'pcp', 'nat-pmp', 'upnp', 'stun'];
const STUN_SERVERS = [HOME.stun, HOME.otherStun];

describe.skipIf(why !== null && !process.env.CI)('a real miniupnpd (network namespaces)', () => {
  let reporter: Reporter;
  let lab: Lab | undefined;
  beforeAll(async () => {
    // Where nothing may be skipped, this line says why it fails.
    if (why !== null) throw new Error(why);
    reporter = await Reporter.compile();
  });
  afterEach(async () => {
    await lab?.close();
    lab = undefined;
  });
  afterAll(() => reporter?.remove());

  it.each(TOPOLOGIES)('$name', async ({ settings, wan, rules, truth, externalIp, upstreamNat }) => {
    lab = await buildHome(wan);
    await startGateway(lab, settings);
    if (rules !== undefined) await lab.nft('rtr', rules);
    await countForeign(lab);
    const report = await reporter.report(lab, 'cli', { probes: PROBES, stunServers: STUN_SERVERS });

    const { portMapping } = report.verdict;
    const found = Object.fromEntries(Object.entries(portMapping).map(([name, { value }]) => [name, value]));
    expect(found).toEqual(truth);
    expect(report.verdict.upstreamNat.value).toBe(upstreamNat);
    const named = mappingsOf(report).flatMap((mapping) => mapping.externalIp ?? []);
    expect(new Set(named)).toEqual(new Set(externalIp === undefined ? [] : [externalIp]));
    // What answers answers fast; what does not is given up in time.
    expect(report.durationMs).toBeLessThan(1600);
    expect(await foreign(lab)).toBe('0');
    // No mapping was made.
    expect(
      await lab.exec('rtr', ['nft', 'list', 'chain', 'inet', 'filter', 'prerouting_miniupnpd']),
    ).not.toMatch(/dnat/);
  });

  it("a gateway behind a carrier's NAT that names its address", async () => {
    lab = await buildHome('100.64.0.11');
    // A NAT-PMP server of our own: miniupnpd names no such address.
    const server = `
      const socket = require('node:dgram').createSocket('udp4');
      const answer = Uint8Array.from([0, 128, 0, 0, 0, 0, 0, 1, 100, 64, 0, 11]);
      socket.on('message', (_, { port, address }) => socket.send(answer, port, address));
      socket.bind(5351, '${HOME.gateway}', () => console.log('ready'));`;
    await lab.start('rtr', [process.execPath, '-e', server]).says(/ready/);
    const report = await reporter.report(lab, 'cli', { probes: ['nat-pmp'] });
    expect(report.verdict.upstreamNat).toMatchObject({
      value: 'certain',
      reason: expect.stringContaining('100.64.0.11'),
      evidence: ['nat-pmp'],
    });
  });

  it('a home without any of them: unknown in a second, or no where the port is closed', async () => {
    lab = await buildHome();
    const { verdict, durationMs } = await reporter.report(lab, 'cli', { probes: PROBES });
    expect(verdict.portMapping).toMatchObject({
      upnp: { value: 'unknown' },
      pcp: { value: 'no' },
      natPmp: { value: 'no' },
    });
    expect(verdict.upstreamNat.value).toBe('unknown');
    expect(durationMs).toBeLessThan(1300);
  });

  it('a dead router: unknown, in a second', async () => {
    lab = await buildHome();
    await lab.nft('rtr', `${FROM_HOME} drop`);
    const { verdict, durationMs } = await reporter.report(lab, 'cli', {
      probes: ['route', 'pcp', 'nat-pmp', 'upnp'],
    });
    expect(Object.values(verdict.portMapping).map(({ value }) => value)).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ]);
    expect(durationMs).toBeGreaterThan(900);
    expect(durationMs).toBeLessThan(1300);
  });

  it('searches on the interface of the route alone', async () => {
    lab = await buildHome();
    await lab.sh(
      'cli',
      `ip link add other0 type veth peer name other1
       ip addr add 10.9.0.1/24 dev other0; ip link set other0 up; ip link set other1 up
       ip route add 224.0.0.0/4 dev other0`,
    );
    await lab.nft(
      'cli',
      `table inet count {
        counter other { }
        chain out { type filter hook output priority 0
          oifname "other0" udp dport 1900 counter name other
        }
      }`,
    );
    await startGateway(lab);
    const { verdict } = await reporter.report(lab, 'cli', { probes: ['upnp'] });
    expect(verdict.portMapping.upnp.value).toBe('yes');
    expect(await lab.sh('cli', 'nft list counter inet count other')).toContain('packets 0');
  });

  it('leaves nothing behind, even when its process is killed', async () => {
    const child = await startChild(`
      import { startChild } from '../support/child.js';
import { buildHome, startGateway } from './test/lab/support/home.js';
      const lab = await buildHome();
      await startGateway(lab);
      console.log(await lab.exec('rtr', ['readlink', '/proc/self/ns/pid', '/proc/self/ns/net']));
      setInterval(() => {}, 1000);`);
    const worlds = [await child.line(/^pid:/), await child.line(/^net:/)];
    for (const world of worlds) expect(inhabitants(world)).not.toEqual([]);
    child.process.kill('SIGKILL');
    await child.ended;
    await vi.waitFor(() => {
      for (const world of worlds) expect(inhabitants(world)).toEqual([]);
    }, 5000);
  });
});

type Mapping = NonNullable<NonNullable<LocalReport['probes'][number]['observation']>['portMappings']>[number];

function mappingsOf({ probes }: LocalReport): Mapping[] {
  return probes.flatMap(({ observation }) => observation?.portMappings ?? []);
}

/** Counts what leaves the client for anybody but the gateway, the search group and the STUN servers. */
async function countForeign(lab: Lab): Promise<void> {
  const known = [HOME.gateway, '239.255.255.250', HOME.stun, HOME.otherStun].join(', ');
  await lab.nft(
    'cli',
    `table inet count {
      counter foreign { }
      chain out { type filter hook output priority 0;
        oifname "eth0" ip daddr != { ${known} } counter name foreign
      }
    }`,
  );
}

async function foreign(lab: Lab): Promise<string | undefined> {
  return /packets (\d+)/.exec(await lab.sh('cli', 'nft list counter inet count foreign'))?.[1];
}

/** The processes of this machine that live in a namespace. */
function inhabitants(namespace: string): string[] {
  const file = namespace.slice(0, namespace.indexOf(':'));
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/ns/${file}`) === namespace;
    } catch {
      return false; // it has just ended
    }
  });
}
