import type { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  interfaceIndexesWith,
  interfacesWith,
  isTunnel,
  ownInterfaces,
} from '../../lib/probes/routes/interfaces.js';
import {
  macosGateways,
  parsePrintedIpv4,
  parsePrintedIpv6,
  parseRouteGet,
  routeCommand,
  windowsGateways,
} from '../../lib/probes/routes/route-program.js';
import { pickRoute } from '../../lib/probes/routes/route-table.js';

const { signal } = new AbortController();

const MACOS = `   route to: 192.0.2.1
destination: default
       mask: default
    gateway: 192.168.1.1
  interface: en0
      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING,GLOBAL>
 recvpipe  sendpipe  ssthresh  rtt,msec    rttvar  hopcount      mtu     expire
       0         0         0         0         0         0      1500         0
`;

describe('macOS: route -n get', () => {
  it.each([
    ['a next hop', MACOS, { gateway: '192.168.1.1', interface: 'en0' }],
    [
      'an IPv6 next hop with its zone',
      MACOS.replace('192.168.1.1', 'fe80::1%en0'),
      { gateway: 'fe80::1', interface: 'en0' },
    ],
    [
      'a tunnel',
      MACOS.replace(/ +gateway.*\n/, '').replace('en0', 'utun4'),
      { gateway: null, interface: 'utun4' },
    ],
    ['the link', MACOS.replace('192.168.1.1', 'link#6'), { gateway: null, interface: 'en0' }],
    ['no gateway', MACOS.replace('192.168.1.1', '0.0.0.0'), { gateway: null, interface: 'en0' }],
    ['a failure', 'route: writing to routing socket: not in table\n', {}],
    ['nothing', '', {}],
  ])('%s', (_, text, expected) => {
    expect(parseRouteGet(text)).toEqual(expected);
  });

  it('counts only for the interface that the kernel picked', async () => {
    const asked: (readonly string[])[] = [];
    const find = macosGateways(async (args) => {
      asked.push(args);
      return MACOS.replace('en0', 'lo');
    });
    const own = interfacesWith('127.0.0.1')?.has('lo') === true;
    expect(await find(4, '192.0.2.1', '127.0.0.1', signal)).toEqual(
      own ? { gateway: '192.168.1.1', interface: 'lo' } : {},
    );
    expect(asked).toEqual([['-n', 'get', '-inet', '192.0.2.1']]);
    expect(await find(4, '192.0.2.1', '198.51.100.1', signal)).toEqual({});
    expect(await find(6, '--help', '::1', signal)).toEqual({});
    expect(asked).toHaveLength(2);
    expect(await macosGateways(async () => null)(4, '192.0.2.1', '127.0.0.1', signal)).toEqual({});
  });
});

const WINDOWS_4 = `===========================================================================
Schnittstellenliste
 12...00 15 5d 01 02 03 ......Hyper-V Virtual Ethernet Adapter
===========================================================================

IPv4-Routentabelle
===========================================================================
Aktive Routen:
     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik
          0.0.0.0          0.0.0.0      192.168.1.1    192.168.1.100     25
          0.0.0.0          0.0.0.0      192.168.2.1    192.168.2.100     50
        127.0.0.0        255.0.0.0   Auf Verbindung         127.0.0.1    331
      192.168.1.0    255.255.255.0         On-link     192.168.1.100    281
  255.255.255.255  255.255.255.255   Auf Verbindung     192.168.1.100    281
===========================================================================
Ständige Routen:
  Netzwerkadresse          Netzmaske  Gatewayadresse  Metrik
          0.0.0.0          0.0.0.0      192.168.9.1       1
===========================================================================
`.replaceAll('\n', '\r\n');

const WINDOWS_6 = `===========================================================================
IPv6 Route Table
===========================================================================
Active Routes:
 If Metric Network Destination      Gateway
 12    281 ::/0                     fe80::1
  1    331 ::1/128                  On-link
 12    281 2001:db8:1::/64          On-link
 12    281 2001:db8:1:0:aaaa:bbbb:cccc:dddd/128
                                    On-link
 12    281 2001:db8:2222:3333:4444:5555:6666:7777/128
                                    fe80::2
===========================================================================
Persistent Routes:
  None
`.replaceAll('\n', '\r\n');

describe('Windows: route print', () => {
  const table4 = parsePrintedIpv4(WINDOWS_4);
  const table6 = parsePrintedIpv6(WINDOWS_6);

  it('is read in any language, without the persistent routes', () => {
    expect(table4).toHaveLength(5);
    expect(table4[0]).toEqual({
      network: '0.0.0.0',
      bits: 0,
      gateway: '192.168.1.1',
      interface: '192.168.1.100',
      metric: 25,
    });
    expect(table4[2]).toMatchObject({ network: '127.0.0.0', bits: 8, gateway: null });
    expect(table6.map(({ bits, gateway, interface: index }) => [bits, gateway, index])).toEqual([
      [0, 'fe80::1', '12'],
      [128, null, '1'],
      [64, null, '12'],
      [128, null, '12'],
      [128, 'fe80::2', '12'],
    ]);
    expect(parsePrintedIpv4('')).toEqual([]);
    expect(parsePrintedIpv6('1 2 x/y z')).toEqual([]);
  });

  it('is followed as the kernel does', () => {
    const hop = (destination: string, source: string) =>
      pickRoute(table4, destination, new Set([source]))?.gateway;
    expect(hop('192.0.2.1', '192.168.1.100')).toBe('192.168.1.1');
    expect(hop('192.168.1.7', '192.168.1.100')).toBeNull();
    expect(hop('192.0.2.1', '192.168.2.100')).toBeUndefined();
  });

  it('is asked for once per family', async () => {
    const asked: (readonly string[])[] = [];
    const find = windowsGateways(
      async (args) => {
        asked.push(args);
        return args.includes('-4') ? WINDOWS_4 : WINDOWS_6;
      },
      () => new Set(['12']),
    );
    const hop = { gateway: '192.168.1.1', interface: '192.168.1.100' };
    expect(await find(4, '192.0.2.1', '192.168.1.100', signal)).toEqual(hop);
    expect(await find(4, '203.0.113.10', '192.168.1.100', signal)).toEqual(hop);
    expect(await find(6, '2001:db8::1', '2001:db8:1::100', signal)).toEqual({
      gateway: 'fe80::1',
      interface: '12',
    });
    expect(asked).toEqual([
      ['print', '-4'],
      ['print', '-6'],
    ]);
    expect(await windowsGateways(async () => null)(4, '192.0.2.1', '192.168.1.100', signal)).toEqual({});
  });
});

type Interfaces = ReturnType<typeof networkInterfaces>;

describe("this machine's interfaces", () => {
  const address = (ip: string, mac: string, scopeid?: number) => ({
    ...{ address: ip, mac, internal: ip.startsWith('127.'), netmask: '', cidr: null },
    ...(scopeid === undefined ? { family: 'IPv4' as const } : { family: 'IPv6' as const, scopeid }),
  });
  const none = '00:00:00:00:00:00';
  const all: Interfaces = {
    lo: [address('127.0.0.1', none)],
    eth0: [address('192.168.1.100', '02:00:00:00:00:01'), address('fe80::1', '02:00:00:00:00:01', 12)],
    tailscale0: [address('100.70.1.2', none)],
  };

  it.each([
    ['192.168.1.100', false],
    ['100.70.1.2', true],
    ['127.0.0.1', undefined],
    ['203.0.113.1', undefined],
  ])('%s is on a tunnel: %s', (ip, expected) => {
    expect(isTunnel(ip, all)).toBe(expected);
  });

  it('are unknown where the kernel may not be asked for them: no netlink', () => {
    const denied = ownInterfaces(() => {
      throw Object.assign(new Error('uv_interface_addresses returned Unknown system error 97'), {
        code: 'ERR_SYSTEM_ERROR',
      });
    });
    expect(denied).toBeNull();
    expect(interfacesWith('192.168.1.100', denied)).toBeNull();
    expect([...interfaceIndexesWith('192.168.1.100', denied)]).toEqual([]);
    expect(isTunnel('192.168.1.100', denied)).toBeUndefined();
  });

  it('are found by address, by name and by index', () => {
    expect([...(interfacesWith('192.168.1.100', all) ?? [])]).toEqual(['eth0']);
    expect([...interfaceIndexesWith('192.168.1.100', all)]).toEqual(['12']);
    expect([...interfaceIndexesWith('203.0.113.1', all)]).toEqual([]);
  });
});

describe('the route program', () => {
  it('says nothing where it fails, is missing or says too much, and ends with the report', async () => {
    expect(await routeCommand(process.execPath)(['-p', '1 + 1'], signal)).toBe('2\n');
    expect(await routeCommand(process.execPath)(['-e', 'process.exit(1)'], signal)).toBeNull();
    expect(await routeCommand('/nowhere/route')([], signal)).toBeNull();
    const flood = 'process.stdout.write("x".repeat(1e6))';
    expect(await routeCommand(process.execPath)(['-e', flood], signal)).toBeNull();
    const hang = ['-e', 'setInterval(() => {}, 1000)'];
    const startedAt = performance.now();
    expect(await routeCommand(process.execPath)(hang, AbortSignal.timeout(100))).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(900);
    expect(await routeCommand(process.execPath)(hang, signal)).toBeNull();
  });
});
