import { describe, expect, it } from 'vitest';
import { judge, type Observation, type RouteSeen } from '../../lib/report/index.js';
import { access, quic, R1, records, reportOf, seenAs } from './support/records.js';

const GATEWAY = '192.168.1.1';
const SEEN = '203.0.113.66:5000';

const isPublic = (ip: string) => /^(203\.0\.113|198\.51\.100|9\.9)\./.test(ip);
const verdictOf = (...observations: Observation[]) =>
  judge(records(...observations), [], isPublic).upstreamNat;

type Parts = { [K in keyof RouteSeen]?: RouteSeen[K] | undefined };

/** @param more - undefined: the part is absent */
const via = (more: Parts = {}): Observation =>
  without({
    routes: [
      {
        ...{ family: 4, destination: '203.0.113.10', sourceIp: '192.168.1.100' },
        ...{ gateway: GATEWAY, interface: 'eth0', tunnel: false },
        ...more,
      },
    ],
  });
const names = (externalIp: string, gateway = GATEWAY): Observation => ({
  portMappings: [{ protocol: 'natPmp', available: true, gateway, externalIp }],
});

describe('upstream NAT', () => {
  it.each<[string, 'certain' | 'likely' | 'none' | 'unknown', Observation[]]>([
    ['nothing', 'unknown', []],
    ['a route alone', 'unknown', [via()]],
    ['an address seen, no gateway', 'unknown', [via(), seenAs(SEEN)]],
    [
      'a gateway that names nothing',
      'unknown',
      [via(), seenAs(SEEN), { portMappings: [{ protocol: 'pcp', available: true, gateway: GATEWAY }] }],
    ],

    ['the gateway in 10/8', 'certain', [via(), names('10.1.2.3')]],
    ['the gateway in 172.16/12', 'certain', [via(), names('172.31.0.1')]],
    ['the gateway in 192.168/16', 'certain', [via(), names('192.168.0.9')]],
    ['the gateway in 100.64/10', 'certain', [via(), names('100.127.255.254')]],
    ['the gateway in 192.0.0.0/29 (DS-Lite)', 'certain', [via(), names('192.0.0.2')]],
    ['the gateway just above 100.64/10', 'unknown', [via(), names('100.128.0.1')]],
    ['the gateway just above 172.16/12', 'unknown', [via(), names('172.32.0.1')]],
    ['the gateway just above 192.0.0.0/29', 'unknown', [via(), names('192.0.0.8')]],
    ['a private address, with what others saw', 'certain', [via(), names('10.1.2.3'), seenAs(SEEN)]],
    [
      'a private address of a gateway that is not on the way',
      'unknown',
      [via(), names('10.1.2.3', '192.168.1.2'), seenAs(SEEN)],
    ],
    ['a private address, the way unknown', 'unknown', [via({ gateway: undefined }), names('10.1.2.3')]],

    [
      'the address that others saw: it may have asked them',
      'unknown',
      [via(), names('203.0.113.66'), seenAs(SEEN)],
    ],
    [
      'the address that others saw, from elsewhere by the same way',
      'unknown',
      [via(), names('203.0.113.66'), seenAs(SEEN, '203.0.113.99')],
    ],
    ['the address, nobody else saw any', 'unknown', [via(), names('203.0.113.66')]],
    ['another global address', 'likely', [via(), names('9.9.9.9'), seenAs(SEEN)]],
    ["the gateway's own inner address", 'unknown', [via(), names(GATEWAY), seenAs(SEEN)]],
    ['our own address', 'unknown', [via(), names('192.168.1.100'), seenAs(SEEN)]],
    ["an address of the gateway's LAN", 'unknown', [via(), names('192.168.1.7'), seenAs(SEEN)]],
    ['its inner address beside one of a NAT', 'certain', [via(), names(GATEWAY), names('10.1.2.3')]],
    [
      'its inner address beside another global one',
      'likely',
      [via(), names(GATEWAY), names('9.9.9.9'), seenAs(SEEN)],
    ],
    ...['0.0.0.1', '127.0.0.1', '169.254.0.9', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.2.1'].map(
      (ip): [string, 'unknown', Observation[]] => [
        `reserved: ${ip}`,
        'unknown',
        [via(), names(ip), seenAs(SEEN)],
      ],
    ),
    [
      'an address that is neither global nor of a NAT',
      'unknown',
      [via(), names('169.254.0.9'), seenAs(SEEN)],
    ],
    [
      'another address, but the answer went another way',
      'unknown',
      [via({ destination: '192.0.2.1' }), names('9.9.9.9'), via({ gateway: '192.168.1.2' }), seenAs(SEEN)],
    ],
    [
      'another address, but the answer left from another interface',
      'unknown',
      [via(), names('9.9.9.9'), seenAs(SEEN, '203.0.113.99', { local: '10.8.0.2:5000' })],
    ],
    [
      'one of several addresses that others saw',
      'unknown',
      [via(), names('203.0.113.66'), seenAs(SEEN), seenAs('203.0.113.67:1')],
    ],
    ['several addresses', 'unknown', [via(), names('203.0.113.66'), names('9.9.9.9'), seenAs(SEEN)]],
    [
      'a global and a private address',
      'unknown',
      [via(), names('203.0.113.66'), names('10.1.2.3'), seenAs(SEEN)],
    ],
    ['several private addresses', 'certain', [via(), names('192.168.0.9'), names('10.1.2.3')]],
    [
      'a relay in the local network that saw us there',
      'unknown',
      [via(), names('203.0.113.66'), seenAs('10.0.0.5:1')],
    ],

    [
      'no NAT at all, beside a private transfer network',
      'none',
      [
        via({ sourceIp: '198.51.100.7' }),
        names('10.1.2.3'),
        seenAs('198.51.100.7:5', '203.0.113.10', { local: '198.51.100.7:5' }),
      ],
    ],

    [
      'our own side in 100.64/10',
      'likely',
      [via({ sourceIp: '100.70.1.2', gateway: '100.70.0.1' }), seenAs(SEEN)],
    ],
    [
      'our own side in 100.64/10, on a tunnel',
      'unknown',
      [via({ sourceIp: '100.70.1.2', gateway: '100.70.0.1', tunnel: true })],
    ],
    [
      'our own side in 100.64/10, perhaps a tunnel',
      'unknown',
      [via({ sourceIp: '100.70.1.2', gateway: '100.70.0.1', tunnel: undefined })],
    ],
    [
      'our own side in 100.64/10, on the link of the destination',
      'unknown',
      [via({ sourceIp: '100.70.1.2', gateway: null })],
    ],
    [
      'our own side in 100.64/10, and the gateway names what others see',
      'likely',
      [
        via({ sourceIp: '100.70.1.2' }),
        names('203.0.113.66'),
        seenAs(SEEN, '203.0.113.10', { local: '100.70.1.2:1' }),
      ],
    ],
    [
      'our own side in 100.64/10, the gateway global and nobody saw it',
      'likely',
      [via({ sourceIp: '100.70.1.2' }), names('203.0.113.66')],
    ],
    ['an overlay that the route does not use', 'unknown', [via()]],
  ])('%s: %s', (_, expected, observations) => {
    expect(verdictOf(...observations).value).toBe(expected);
  });

  it('names its evidence, and what looks alike', () => {
    const likely = verdictOf(via(), names('9.9.9.9'), seenAs(SEEN));
    expect(likely.evidence).toEqual(['b', 'c']);
    expect(likely.reason).toContain('9.9.9.9');
    expect(likely.reason).toContain('several uplinks, a VPN, an address pool or a wrong gateway');
  });

  it('says what is wrong with what a gateway names', () => {
    expect(verdictOf(via(), names(GATEWAY)).reason).toBe(
      'the gateway 192.168.1.1 names 192.168.1.1 as its external address, an address of the local network itself: a fault of the gateway',
    );
    expect(verdictOf(via(), names('127.0.0.1')).reason).toContain(
      '127.0.0.1 as its external address, a reserved',
    );
    expect(verdictOf(via(), names('203.0.113.66'), seenAs(SEEN)).reason).toContain(
      'holds that address or asked',
    );
  });

  it('is about IPv4 only', () => {
    const route6 = via({ family: 6, sourceIp: '2001:db8::1', gateway: GATEWAY });
    expect(verdictOf(route6, names('10.1.2.3')).value).toBe('unknown');
  });
});

describe('the next step', () => {
  const dependent = [
    access(R1),
    quic(),
    seenAs('198.51.100.7:5000', '203.0.113.10', { again: '198.51.100.7:5000' }),
    seenAs('198.51.100.7:5001', '203.0.113.11'),
  ];
  const refused: Observation = {
    portMappings: [{ protocol: 'upnp', available: false, gateway: GATEWAY, refusal: 'REFUSED' }],
  };
  const steps = (...more: Observation[]) => reportOf([...dependent, ...more]).summary.nextSteps.join(' ');

  it('is about the NAT beyond the gateway, not about UPnP in front of it', () => {
    const advice = steps(via(), names('10.1.2.3'), refused);
    expect(advice).toContain('There is a second NAT beyond the gateway');
    expect(advice).toContain('public IPv4 address');
    expect(advice).not.toContain('UPnP');
  });

  it('says seems where it only seems', () => {
    expect(steps(via({ sourceIp: '100.70.1.2', gateway: '100.70.0.1' }))).toContain('There seems to be');
  });

  it('does not ask for UPnP where another protocol maps ports', () => {
    expect(steps(refused)).toContain('Enable UPnP');
    expect(steps(refused, names('203.0.113.66'))).not.toContain('UPnP');
  });
});

describe('the report', () => {
  it('tells who offers a mapping, who refuses, and the upstream NAT', () => {
    const { verdict } = reportOf([
      via(),
      names('10.1.2.3'),
      { portMappings: [{ protocol: 'pcp', available: false, gateway: GATEWAY, refusal: 'NOT_AUTHORIZED' }] },
    ]);
    expect(verdict.portMapping.natPmp.reason).toBe(
      'the gateway 192.168.1.1 offers it; its external address is 10.1.2.3',
    );
    expect(verdict.portMapping.pcp.reason).toBe('the gateway 192.168.1.1 refused it (NOT_AUTHORIZED)');
    expect(verdict.upstreamNat.value).toBe('certain');
  });
});

/** A part that is absent is not one that is undefined: reports are JSON. */
function without(observation: { routes: readonly Parts[] }): Observation {
  return JSON.parse(JSON.stringify(observation));
}
