import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { systemGateways } from '../../lib/probes/index.js';
import { routeProbe } from '../../lib/probes/route.js';
import { parseIpv4Routes, parseIpv6Routes } from '../../lib/probes/routes/linux.js';
import { interfacesTowards, pickRoute } from '../../lib/probes/routes/route-table.js';
import { runAlone } from './support/context.js';

const IPV4 = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0101A8C0	0003	0	0	100	00000000	0	0	0
wlan0	00000000	0102A8C0	0003	0	0	600	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	100	00FFFFFF	0	0	0
tun0	00004064	00000000	0001	0	0	0	0000C0FF	0	0	0
eth0	000010AC	00000000	0201	0	0	0	0000F0FF	0	0	0
broken
`;
const IPV6 = `20010db8000100000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000002 00000000 00000003     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;

describe("the kernel's route tables", () => {
  const table4 = parseIpv4Routes(IPV4, true);
  const table6 = parseIpv6Routes(IPV6);
  const eth0 = new Set(['eth0']);

  it('are read, without what is down, rejected or broken', () => {
    expect(table4).toHaveLength(4);
    expect(table4[0]).toEqual({
      network: '0.0.0.0',
      bits: 0,
      gateway: '192.168.1.1',
      interface: 'eth0',
      metric: 100,
    });
    expect(table6).toEqual([
      { network: '2001:db8:1::', bits: 64, gateway: null, interface: 'eth0', metric: 256 },
      { network: '::', bits: 0, gateway: 'fe80::1', interface: 'eth0', metric: 1024 },
    ]);
    expect(parseIpv4Routes('', true)).toEqual([]);
    const bigEndian = 'head\neth0 00000000 C0A80101 0003 0 0 0 00000000 0 0 0';
    expect(parseIpv4Routes(bigEndian, false)[0]?.gateway).toBe('192.168.1.1');
  });

  it('are followed by the longest prefix, then the lowest metric', () => {
    expect(pickRoute(table4, '203.0.113.10', eth0)?.gateway).toBe('192.168.1.1');
    expect(pickRoute(table4, '192.168.1.77', eth0)).toMatchObject({ bits: 24, gateway: null });
    expect(pickRoute(table4, '100.64.0.9', new Set(['tun0']))).toMatchObject({
      interface: 'tun0',
      gateway: null,
    });
    expect(pickRoute(table6, '2001:db8:a::10', eth0)?.gateway).toBe('fe80::1');
  });

  it('name no next hop where the kernel writes 0.0.0.0: an IPv6 router (RFC 5549)', () => {
    const [route] = parseIpv4Routes(IPV4.replace('0101A8C0', '00000000'), true);
    expect(route).toMatchObject({ bits: 0, gateway: null, interface: 'eth0' });
  });

  it('tell on whose link one of our addresses lies', () => {
    expect([...interfacesTowards(table4, '192.168.1.100')]).toEqual(['eth0']);
    expect([...interfacesTowards(table4, '100.70.1.2')]).toEqual(['tun0']);
    expect([...interfacesTowards(table4, '203.0.113.9')]).toEqual([]);
    expect([...interfacesTowards(table6, '2001:db8:1::100')]).toEqual(['eth0']);
  });

  it('say nothing where the source address lies on another interface: policy routing', () => {
    expect(pickRoute(table4, '203.0.113.10', new Set(['wlan0']))).toBeNull();
    expect(pickRoute([], '203.0.113.10', eth0)).toBeNull();
  });
});

describe('route probe', () => {
  it('names the source address for the Internet and for each relay', async () => {
    const [v4, v6, relay] = await runAlone(routeProbe, ['http://127.0.0.1:3340/']);
    expect(v4).toMatchObject({ ref: 'route IPv4 192.0.2.1', family: 4, outcome: 'ok' });
    expect(v6).toMatchObject({ ref: 'route IPv6 2001:db8::1', family: 6, outcome: 'ok' });
    expect(relay).toMatchObject({
      ref: 'route http://127.0.0.1:3340/',
      outcome: 'ok',
      observation: { routes: [{ family: 4, destination: '127.0.0.1', sourceIp: '127.0.0.1' }] },
    });
    // Whatever this machine's network is: a source address is one of ours, and without one there is a code.
    const own = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address));
    for (const { sourceIp, refusal } of [v4, v6].flatMap((record) => record?.observation?.routes ?? [])) {
      if (sourceIp === null) expect(refusal).toMatch(/^E/);
      else expect(own).toContain(sourceIp);
    }
  });

  it('fails with the code of the name lookup', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('no\x1bsuch name'), { code: 'ENOTFOUND' }));
    const records = await runAlone(routeProbe, ['https://relay.test/'], { lookup });
    expect(records[2]).toMatchObject({
      outcome: 'failed',
      error: { code: 'ENOTFOUND', message: 'no\ufffdsuch name' },
    });
  });

  it('does not invent a gateway for loopback', async () => {
    const hop = await systemGateways()(4, '127.0.0.1', '127.0.0.1', new AbortController().signal);
    expect(hop.gateway ?? null).toBeNull();
  });
});
