import { describe, expect, it } from 'vitest';
import { hasNoRoute, judge, type Observation, type QuicSeen } from '../../lib/report/index.js';
import { isPublicAddress } from '../../lib/wire/index.js';
import {
  access,
  https,
  isPublicHere,
  lossyQuic,
  openV6,
  quic,
  R1,
  R2,
  records,
  refusal,
  route,
  seenAs,
  silence,
  stun,
  targets,
} from './support/records.js';

const verdictOf = (...observations: Observation[]) =>
  judge(records(...observations), targets([R1, R2]), isPublicHere);
const path = (remoteAddr: string, isRelay = false): Observation => ({ paths: [{ remoteAddr, isRelay }] });
/** A direct path by which so many datagrams came. */
const received = (count: number, remoteAddr = '8.8.8.8:4433'): Observation => ({
  paths: [{ remoteAddr, isRelay: false, received: count }],
});

describe('routes', () => {
  it('is unknown while nobody asked the kernel', () => {
    expect(verdictOf().ipv4.routed.value).toBe('unknown');
    expect(hasNoRoute([])).toBe(false);
  });

  it('is yes as soon as one destination has a route', () => {
    const { routed } = verdictOf(route(4, 'ENETUNREACH'), route(4)).ipv4;
    expect(routed).toMatchObject({ value: 'yes', evidence: ['b'] });
  });

  it('is no when the kernel refused every destination, and UDP with it', () => {
    const { ipv6, ipv4 } = verdictOf(route(4), route(6, 'ENETUNREACH'));
    expect(ipv6.routed).toMatchObject({ value: 'no', evidence: ['b'] });
    expect(ipv6.udp).toMatchObject({ value: 'no', evidence: ['b'] });
    expect(ipv6.udp.reason).toContain('ENETUNREACH');
    expect(ipv4.udp.value).toBe('unknown');
  });

  it('calls a machine without routes only when both families were refused', () => {
    expect(hasNoRoute(records(route(4, 'ENETUNREACH')))).toBe(false);
    expect(hasNoRoute(records(route(4, 'ENETUNREACH'), route(6, 'EADDRNOTAVAIL')))).toBe(true);
    expect(hasNoRoute(records(route(4, 'ENETUNREACH'), route(6, 'ENETUNREACH'), route(4)))).toBe(false);
  });

  const refused = [route(4, 'EHOSTUNREACH'), route(6, 'EINVAL')];
  const name = (mayHaveAddress: boolean): Observation => ({
    unresolved: [{ host: 'relay1.example', code: 'EAI_AGAIN', mayHaveAddress }],
  });

  it('calls nobody offline whose relays may have a route: their names were not looked up', () => {
    expect(verdictOf(...refused, name(true)).ipv4.routed.value).toBe('unknown');
    expect(hasNoRoute(records(...refused, name(true)))).toBe(false);
    expect(hasNoRoute(records(...refused, name(false)))).toBe(true);
    // A way out in the other family leaves no doubt about this one.
    expect(verdictOf(route(4), route(6, 'ENETUNREACH'), name(true)).ipv6.routed.value).toBe('no');
  });

  it('calls nobody offline who got an answer from anywhere', () => {
    expect(hasNoRoute(records(...refused, https(R1)))).toBe(false);
    expect(verdictOf(...refused, https(R1)).ipv4.routed.value).toBe('unknown');
    expect(verdictOf(...refused, openV6())).toMatchObject({
      ipv6: { routed: { value: 'yes' } },
      ipv4: { routed: { value: 'no' } },
    });
  });

  it.each([
    ['EACCES', 'prohibited'],
    ['EINVAL', 'blackhole'],
    ['EPERM', 'policy of this machine'],
    ['EHOSTUNREACH', 'unreachable'],
  ])('says what %s means', (code, words) => {
    expect(verdictOf(route(4, code), route(6, code)).ipv4.routed.reason).toContain(words);
  });
});

describe('loss', () => {
  it.each<[string, 'yes' | 'no' | 'unknown', Observation[]]>([
    ['two of ten datagrams', 'yes', [lossyQuic(8, 2)]],
    ['one of nine, which is chance', 'no', [lossyQuic(8, 1)]],
    ['two of twenty, which is little', 'no', [lossyQuic(18, 2)]],
    ['none', 'no', [quic()]],
    ['one at each of two relays', 'yes', [lossyQuic(4, 1, R1, 200), lossyQuic(4, 1, R2, 200)]],
    ['all: that is no loss but a path that carries none', 'unknown', [quic('stalled')]],
    ['nobody knows how many', 'unknown', [quic('established')]],
    ['four of twelve on a slow line, whose own queue was full', 'unknown', [lossyQuic(8, 4, R1, 1200)]],
  ])('is, where there was lost: %s: %s', (_, expected, observations) => {
    expect(verdictOf(...observations).ipv4.lossy.value).toBe(expected);
  });

  it('tells how much', () => {
    expect(verdictOf(lossyQuic(8, 4)).ipv4.lossy.reason).toBe('4 of 12 full-size QUIC datagrams were lost');
  });
});

describe('UDP', () => {
  const SLOW = {
    ...{ family: 4, relayUrl: R2, destinationIp: '203.0.113.11', destinationPort: 7842 },
    ...{ reached: 'established', sent: 11, lost: 0 },
  } as const satisfies Partial<QuicSeen>;
  const bothSilent = [silence(4, R1), silence(4, R2)];
  const unknownSilence = (relayUrl: string): Observation => ({
    silences: [{ family: 4, relayUrl, isKnown: false }],
  });
  const bothOverHttps = [https(R1), https(R2)];
  it.each<[string, 'yes' | 'no' | 'unknown', Observation[]]>([
    ['full-size QUIC that keeps coming', 'yes', [quic()]],
    ['a QUIC handshake alone', 'unknown', [quic('established')]],
    ['an address that STUN tells', 'unknown', [stun('answered', 'stun.test:3478')]],
    ['a handshake, and then nothing', 'no', [quic('stalled')]],
    [
      'a handshake that stalled at one relay and not at the other',
      'yes',
      [quic('stalled', R1), quic('sustained', R2)],
    ],
    [
      'full-size QUIC on a slow uplink, beside a relay where it stalled',
      'yes',
      [quic('stalled', R1), { quic: [{ ...SLOW, acknowledged: 5, spanMs: 1200 }] }],
    ],
    ['a certificate that was refused', 'yes', [quic('answered', R1, { code: 'QAD_CERT_EXPIRED' })]],
    ['first packets of one relay', 'unknown', [quic('answered', R1, { code: 'QAD_TIMEOUT' })]],
    [
      'first packets of two relays',
      'no',
      [quic('answered', R1, { code: 'QAD_TIMEOUT' }), quic('answered', R2, { code: 'QAD_TIMEOUT' })],
    ],
    ['QUIC in the other family', 'unknown', [quic('sustained', R1, { family: 6 })]],
    [
      'QUIC with a relay in our own network',
      'unknown',
      [quic('sustained', R1, { destinationIp: '192.168.1.7' }), seenAs('192.168.1.100:5000', '192.168.1.7')],
    ],
    [
      'QUIC with a relay at a public-looking address that stands before the NAT',
      'unknown',
      [
        quic('sustained', R1, { destinationIp: '203.0.113.9' }),
        seenAs('203.0.113.8:5000', '203.0.113.9', { local: '203.0.113.8:5000' }),
        seenAs('198.51.100.7:5000', '203.0.113.20', { local: '203.0.113.8:5000' }),
      ],
    ],
    ['a live direct path to a public peer', 'yes', [path('8.8.8.8:4433')]],
    ['a direct path that carried a session', 'yes', [received(23)]],
    ['a direct path by which a handshake came, and nothing after it', 'unknown', [received(6)]],
    [
      'a direct path by which a handshake came, and relays that drop what comes after it',
      'no',
      [received(6), quic('stalled')],
    ],
    ['a live direct path in IPv4-mapped form', 'yes', [path('[::ffff:8.8.8.8]:4433')]],
    ['a live direct path in the local network', 'unknown', [path('192.168.1.7:4433')]],
    ['a live direct path inside an overlay', 'unknown', [path('100.100.1.1:4433')]],
    ['a live path through a relay', 'unknown', [path(R1, true)]],
    ['a path address nobody can read', 'unknown', [path('custom:xyz')]],
    ['HTTPS alone', 'unknown', bothOverHttps],
    ['silence of two relays alone', 'unknown', bothSilent],
    ['silence of one relay that answers HTTPS', 'unknown', [...bothSilent, https(R1)]],
    ['silence of two relays that answer HTTPS', 'no', [...bothSilent, ...bothOverHttps]],
    [
      'silence of two relays that may have discovery off',
      'unknown',
      [unknownSilence(R1), unknownSilence(R2), ...bothOverHttps],
    ],
    [
      'silence of two such relays that discovered over IPv6',
      'no',
      [
        ...[unknownSilence(R1), unknownSilence(R2), ...bothOverHttps],
        ...[R1, R2].map((relayUrl): Observation => ({ latencies: [{ relayUrl, kind: 'ipv6', ms: 9 }] })),
      ],
    ],
    [
      'silence of such relays and of STUN servers',
      'no',
      [unknownSilence(R1), ...bothOverHttps, stun('silent', 'stun.test:3478')],
    ],
    [
      'silence of such relays beside an answer of STUN',
      'unknown',
      [unknownSilence(R1), unknownSilence(R2), ...bothOverHttps, stun('answered', 'stun.test:3478')],
    ],
    [
      'silence of known relays beside an answer of STUN',
      'no',
      [...bothSilent, ...bothOverHttps, stun('answered', 'stun.test:3478')],
    ],
    ['a refusal of this machine for one relay', 'unknown', [refusal(4, R1), silence(4, R2), https(R1)]],
    ['a refusal of this machine for two relays', 'no', [refusal(4, R1), refusal(4, R2)]],
    ['a refusal in the other family', 'unknown', [refusal(6, R1), refusal(6, R2)]],
    ['silence in the other family', 'unknown', [silence(6, R1), silence(6, R2), ...bothOverHttps]],
    ['silence beside QUIC that works', 'yes', [...bothSilent, ...bothOverHttps, quic()]],
  ])('%s: %s', (_, expected, observations) => {
    expect(verdictOf(...observations).ipv4.udp.value).toBe(expected);
  });

  it('names both the silence and its control as evidence', () => {
    const { udp } = verdictOf(...bothSilent, ...bothOverHttps).ipv4;
    expect(udp.evidence).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is not known where the relays are silent at the port of HTTP/3', () => {
    const relays = targets([R1, R2]);
    const at = (quicPort: number, ...more: Observation[]) => {
      const observed = records(route(4), silence(4, R1), silence(4, R2), https(R1), https(R2), ...more);
      return judge(
        observed,
        relays.map((relay) => ({ ...relay, quicPort })),
        isPublicHere,
      ).ipv4.udp;
    };
    expect(at(7842).value).toBe('no');
    expect(at(443)).toMatchObject({ value: 'unknown', reason: expect.stringContaining('than 443') });
    expect(at(443, stun('answered', 'a.test:3478')).reason).toContain('than 443');
    expect(at(443, stun('silent', 'a.test:3478')).value).toBe('no');
  });

  it('is not known where handshakes had too few round trips', () => {
    const late = [R1, R2].map((url) => quic('answered', url, { code: 'QAD_LATE' }));
    expect(verdictOf(route(4), ...late).ipv4.udp.value).toBe('unknown');
  });

  it('names the relay that may have discovery off', () => {
    const { udp } = verdictOf(unknownSilence(R1), https(R1)).ipv4;
    expect(udp.reason).toContain('relay1.example. may have address discovery switched off');
  });

  it('takes the classification of addresses as an argument', () => {
    const observed = records(path('203.0.113.10:4433'));
    expect(judge(observed, []).ipv4.udp.value).toBe('unknown');
    expect(judge(observed, [], (ip) => ip.startsWith('203.0.113.')).ipv4.udp.value).toBe('yes');
  });
});

describe('other ports', () => {
  const stunSeen = (port: number): Observation => ({
    addresses: [
      {
        ...{ family: 4, local: '192.168.1.100:5001', observed: '198.51.100.7:5001' },
        ...{ destinationIp: '203.0.113.50', destinationPort: port, by: 'stun' },
      },
    ],
  });
  it.each<[string, 'yes' | 'no' | 'unknown', Observation[]]>([
    ['nothing', 'unknown', []],
    ['the relays alone', 'unknown', [quic()]],
    ['STUN at another port', 'yes', [quic(), stunSeen(40_000), stun('answered', 'stun.test:40000')]],
    [
      'STUN at a port that firewalls open for calls',
      'unknown',
      [quic(), stunSeen(3478), stun('answered', 'stun.test:3478')],
    ],
    [
      'the same beside two silent servers at other ports',
      'no',
      [
        ...[quic(), stunSeen(3478), stun('answered', 'stun.test:3478')],
        ...[stun('silent', 'a.test:40000'), stun('silent', 'b.test:40001')],
      ],
    ],
    [
      'STUN at the port of the relays',
      'unknown',
      [quic(), stunSeen(7842), stun('answered', 'stun.test:7842')],
    ],
    ['a direct path to a peer', 'yes', [quic(), path('8.8.8.8:50123')]],
    [
      'a direct path to a peer by which only a handshake came',
      'unknown',
      [quic(), received(6, '8.8.8.8:50123')],
    ],
    ['a direct path to a neighbour', 'unknown', [quic(), path('192.168.1.7:50123')]],
    [
      'STUN at a well-known port alone',
      'unknown',
      [quic(), stunSeen(500), stun('answered', 'stun.test:500')],
    ],
    ['one silent STUN server', 'unknown', [quic(), stun('silent', 'a.test:3478')]],
    ['two silent STUN servers', 'no', [quic(), stun('silent', 'a.test:3478'), stun('silent', 'b.test:3478')]],
    [
      'two silent STUN servers beside one that answers at the same port',
      'unknown',
      [
        ...[quic(), stun('silent', 'a.test:3478'), stun('silent', 'b.test:3478')],
        ...[stunSeen(3478), stun('answered', 'c.test:3478')],
      ],
    ],
    [
      'two silent STUN servers where QUIC is silent too',
      'unknown',
      [stun('silent', 'a.test:1'), stun('silent', 'b.test:1')],
    ],
  ])('%s: %s', (_, expected, observations) => {
    expect(verdictOf(...observations).otherPorts.value).toBe(expected);
  });
});

describe('mapping and NAT type', () => {
  const there = '198.51.100.7:5000';
  it('is not known where the relays are reached by another way than everybody else', () => {
    const by = (name: string, destination: string, isReference = false): Observation => ({
      routes: [
        {
          family: 4,
          destination,
          sourceIp: '192.168.1.100',
          interface: name,
          ...(isReference ? { isReference } : {}),
        },
      ],
    });
    const told = [seenAs(there), seenAs(there, '203.0.113.11')];
    const to = (first: string, second: string) =>
      verdictOf(
        ...[by('eth0', '192.0.2.1', true), by(first, '203.0.113.10'), by(second, '203.0.113.11')],
        ...told,
      ).ipv4.mapping;
    expect(to('eth0', 'eth0').value).toBe('endpoint-independent');
    expect(to('vpn0', 'eth0').value).toBe('endpoint-independent');
    expect(to('vpn0', 'vpn0')).toMatchObject({
      value: 'unknown',
      reason: expect.stringContaining('through vpn0, and the rest of the Internet through eth0'),
    });
  });

  it.each<[string, string, string, Observation[]]>([
    ['nothing', 'unknown', 'Unknown', []],
    ['our own address', 'none', 'No NAT', [seenAs(there, '203.0.113.10', { local: there })]],
    [
      'our own private address: the relay is in our network',
      'unknown',
      'Unknown',
      [seenAs('192.168.1.100:5000')],
    ],
    [
      'two addresses, one of them from inside our network',
      'unknown',
      'Unknown',
      [seenAs('192.168.1.100:5000', '192.168.1.7', { again: '192.168.1.100:5000' }), seenAs(there)],
    ],
    [
      'a relay inside our network beside two outside that agree',
      'endpoint-independent',
      'Endpoint-Independent',
      [seenAs('192.168.1.100:5000', '192.168.1.7'), seenAs(there), seenAs(there, '203.0.113.11')],
    ],
    ['one answer', 'unknown', 'Unknown', [seenAs(there)]],
    [
      'equal answers from two IP addresses',
      'endpoint-independent',
      'Endpoint-Independent',
      [seenAs(there), seenAs(there, '203.0.113.11')],
    ],
    ['equal answers from one IP address', 'unknown', 'Unknown', [seenAs(there), seenAs(there)]],
    [
      'a relay behind a balancer beside two that agree',
      'endpoint-independent',
      'Endpoint-Independent',
      [
        seenAs('203.0.113.12:6000', '203.0.113.12'),
        seenAs(there, '203.0.113.10', { again: there }),
        seenAs(there, '203.0.113.11'),
      ],
    ],
    [
      'a relay behind a proxy with a private address, alone',
      'unknown',
      'Unknown',
      [seenAs('172.17.0.1:41000', '203.0.113.10')],
    ],
    [
      'one odd witness among three',
      'endpoint-independent',
      'Endpoint-Independent',
      [
        seenAs(there, '203.0.113.10', { again: there }),
        seenAs('198.51.100.99:5000', '203.0.113.12'),
        seenAs(there, '203.0.113.11'),
      ],
    ],
    [
      'one odd port among three',
      'endpoint-dependent',
      'Endpoint-Dependent',
      [
        seenAs(there, '203.0.113.10', { again: there }),
        seenAs('198.51.100.7:5001', '203.0.113.12'),
        seenAs(there, '203.0.113.11'),
      ],
    ],
    [
      'dependence on one socket, equal answers on another',
      'endpoint-dependent',
      'Endpoint-Dependent',
      [
        seenAs(there, '203.0.113.10', { again: there }),
        seenAs('198.51.100.7:5001', '203.0.113.11'),
        seenAs('198.51.100.7:6000', '203.0.113.10', { local: '192.168.1.100:6000' }),
        seenAs('198.51.100.7:6000', '203.0.113.11', { local: '192.168.1.100:6000' }),
      ],
    ],
    [
      'our own address by one relay, which may stand inside: another is silent',
      'unknown',
      'Unknown',
      [seenAs(there, '203.0.113.10', { local: there }), silence(4, R2), https(R2)],
    ],
    [
      'different ports, the first repeats',
      'endpoint-dependent',
      'Endpoint-Dependent',
      [seenAs(there, '203.0.113.10', { again: there }), seenAs('198.51.100.7:5001', '203.0.113.11')],
    ],
    [
      'different ports at one IP address',
      'endpoint-dependent',
      'Endpoint-Dependent',
      [seenAs(there, '203.0.113.10', { again: there }), seenAs('198.51.100.7:5001')],
    ],
    [
      'different answers, the first changed',
      'unknown',
      'Unknown',
      [
        seenAs(there, '203.0.113.10', { again: '198.51.100.7:5009' }),
        seenAs('198.51.100.7:5001', '203.0.113.11'),
      ],
    ],
    [
      'different answers, none repeated',
      'unknown',
      'Unknown',
      [seenAs(there), seenAs('198.51.100.7:5001', '203.0.113.11')],
    ],
    [
      'split routes',
      'unknown',
      'Unknown',
      [seenAs(there), seenAs('198.51.100.8:5000', '203.0.113.11', { local: '10.8.0.2:5000' })],
    ],
  ])('%s: %s', (_, mapping, natType, observations) => {
    const verdict = verdictOf(...observations);
    expect(verdict.ipv4.mapping.value).toBe(mapping);
    expect(verdict.natType.value).toBe(natType);
  });

  it('tells an address that differs from a port that differs', () => {
    const first = seenAs(there, '203.0.113.10', { again: there });
    const reason = (observed: string) =>
      verdictOf(first, seenAs(observed, '203.0.113.11')).ipv4.mapping.reason;
    expect(reason('198.51.100.7:5001')).toContain('only the public port');
    expect(reason('198.51.100.8:5000')).toContain('the public address');
  });

  it('names the relay that told nothing, and why', () => {
    const silent = verdictOf(
      { latencies: [{ relayUrl: R1, kind: 'ipv4', ms: 9 }] },
      seenAs(there),
      silence(4, R2),
    );
    expect(silent.ipv4.mapping.reason).toContain('relay2.example. was silent over QUIC (UDP port 7842)');
    expect(silent.ipv4.mapping.reason).not.toContain('relay1');
    const nameless: Observation = {
      names: [{ host: 'relay2.example.', family: 4, result: 'none', ips: [] }],
    };
    expect(verdictOf(seenAs(there), nameless).ipv4.mapping.reason).toContain(
      'relay2.example. has no IPv4 address',
    );
    const refused = quic('answered', R2, { code: 'QAD_NOT_OFFERED' });
    expect(verdictOf(seenAs(there), refused).ipv4.mapping.reason).toContain(
      'relay2.example. does not discover addresses',
    );
  });

  it('counts what a translator (NAT64) shows as IPv4, beside a native answer over IPv6', () => {
    const translated = (destinationIp: string): Observation => ({
      addresses: [
        {
          ...{ family: 6, local: '[2001:db8:1::100]:6000', observed: '198.51.100.7:6000' },
          ...{ destinationIp, destinationPort: 7842, by: 'quic' },
        },
      ],
    });
    const { ipv4, ipv6 } = verdictOf(
      openV6(),
      translated('64:ff9b::cb00:710a'),
      translated('64:ff9b::cb00:710b'),
    );
    expect(ipv6.mapping.value).toBe('none');
    expect(ipv4.mapping.value).toBe('endpoint-independent');
    expect(ipv4.publicAddress.value).toBe('198.51.100.7:6000');
  });

  it("is IPv6's when IPv4's is unknown, and says so", () => {
    expect(verdictOf(openV6()).natType).toMatchObject({ value: 'No NAT', family: 6 });
    const ownV4 = seenAs('203.0.113.66:5000', '203.0.113.10', { local: '203.0.113.66:5000' });
    expect(verdictOf(openV6(), ownV4).natType.family).toBe(4);
    expect(verdictOf().natType.family).toBeNull();
  });

  it('keeps the first public address with its witness', () => {
    expect(verdictOf(seenAs(there)).ipv4.publicAddress).toEqual({
      value: there,
      reason: 'seen by 203.0.113.10',
      evidence: ['a'],
    });
  });
});

describe('captive portal', () => {
  const portal = (
    relayUrl: string,
    answer: 'right' | 'wrong' | 'own-https' | 'client-error',
  ): Observation => ({
    portals: [{ relayUrl, answer, status: 0 }],
  });
  it.each<[string, 'yes' | 'no' | 'unknown', Observation[]]>([
    ['no answer', 'unknown', []],
    ['a right answer', 'no', [portal(R1, 'right')]],
    ['a right and a wrong one', 'no', [portal(R1, 'wrong'), portal(R2, 'right')]],
    ['a wrong one', 'yes', [portal(R1, 'wrong')]],
    ["a redirect to the relay's own HTTPS", 'unknown', [portal(R1, 'own-https')]],
    [
      'a wrong one for a relay whose HTTPS and QUIC pass',
      'no',
      [portal(R1, 'wrong'), https(R1), { latencies: [{ relayUrl: R1, kind: 'ipv4', ms: 9 }] }],
    ],
    ['a wrong one for a relay whose HTTPS passes', 'unknown', [portal(R1, 'wrong'), https(R1)]],
    [
      "a redirect to the relay's own HTTPS, where somebody else shows a certificate",
      'yes',
      [
        portal(R1, 'own-https'),
        { access: [{ relayUrl: R1, stage: 'tls', code: 'ERR_TLS_CERT_ALTNAME_INVALID' }] },
      ],
    ],
    [
      "a redirect to the relay's own HTTPS, whose certificate has expired",
      'unknown',
      [portal(R1, 'own-https'), { access: [{ relayUrl: R1, stage: 'tls', code: 'CERT_HAS_EXPIRED' }] }],
    ],
    ['404 from a relay whose HTTPS passed', 'unknown', [portal(R1, 'client-error'), https(R1)]],
    ['404 in the name of a relay whose HTTPS failed', 'yes', [portal(R1, 'client-error'), https(R2)]],
  ])('%s: %s', (_, expected, observations) => {
    expect(verdictOf(...observations).captivePortal.value).toBe(expected);
  });
});

describe('relays', () => {
  it('keeps the smallest latency of each kind and prefers the fastest relay', () => {
    const verdict = verdictOf(https(R1, 30), https(R1, 25), https(R2, 24.5), {
      latencies: [{ relayUrl: R1, kind: 'ipv4', ms: 24 }],
    });
    expect(verdict.relays[0]).toMatchObject({
      url: R1,
      ipv4Ms: 24,
      ipv6Ms: null,
      httpsMs: 25,
      answered: true,
    });
    expect(verdict.preferredRelay).toBe(R1);
  });

  it('prefers UDP on a tie, and nobody when nothing answered', () => {
    const udp: Observation = { latencies: [{ relayUrl: R2, kind: 'ipv6', ms: 20 }] };
    expect(verdictOf(https(R1, 20), udp).preferredRelay).toBe(R2);
    expect(verdictOf().preferredRelay).toBeNull();
    expect(verdictOf().relays.map(({ answered }) => answered)).toEqual([false, false]);
  });
});

describe('relays that iroh can use', () => {
  const usable = (...observations: Observation[]) => verdictOf(...observations).relayUsable.value;
  const problem = (...observations: Observation[]) => verdictOf(...observations).relayProblem?.kind;
  const names = (host: string, result: 'found' | 'none' | 'silent', ...ips: string[]): Observation => ({
    names: ([4, 6] as const).map((family) => ({ host, family, result, ips })),
  });

  it('are those that take the connection, or that the endpoint has', () => {
    expect(usable(access(R1), access(R2, 'tls', 'CERT_HAS_EXPIRED'))).toBe('yes');
    expect(usable({ homeRelays: [{ relayUrl: R2 }] }, access(R2, 'tls', 'X'), access(R1, 'connect'))).toBe(
      'yes',
    );
    expect(usable(access(R1, 'connect', 'NO_ANSWER'), access(R2, 'tls', 'CERT_HAS_EXPIRED'))).toBe('no');
    expect(usable(access(R1, 'connect', 'NO_ANSWER'))).toBe('unknown');
    expect(usable()).toBe('unknown');
  });

  it('help nothing if iroh picks another: the one that answers fastest', () => {
    const picked = [https(R1, 10), access(R1, 'upgrade', 'HTTP_STATUS'), access(R2)];
    expect(usable(...picked, https(R2, 40))).toBe('no');
    expect(usable(...picked, https(R2, 12))).toBe('unknown');
    expect(usable(...picked, https(R2, 5))).toBe('yes');
    expect(usable(...picked, https(R2, 40), { homeRelays: [{ relayUrl: R2 }] })).toBe('yes');
  });

  it('are not known to be unusable if the report had too little time for them', () => {
    expect(usable(access(R1, 'tls', 'DEADLINE'), access(R2, 'upgrade', 'DEADLINE'))).toBe('unknown');
  });

  it('are not those unusable whose handshake a busy machine did not get to, while HTTPS went the same way', () => {
    const late = [access(R1, 'tls', 'NO_ANSWER'), access(R2, 'tls', 'NO_ANSWER')];
    expect(usable(...late)).toBe('no');
    expect(usable(...late, https(R1, 1500))).toBe('yes');
    expect(usable(access(R1, 'upgrade', 'NO_ANSWER'), access(R2, 'tls', 'NO_ANSWER'), https(R1, 9))).toBe(
      'no',
    );
  });

  it('are not those unusable whose WebSocket had no answer in time on a path that loses packets', () => {
    const asked = [access(R1, 'upgrade', 'NO_ANSWER'), access(R2), https(R1, 10), https(R2, 40)];
    const path = (lost: number): Observation => ({
      quic: [
        {
          ...{ family: 4, relayUrl: R1, destinationIp: '203.0.113.10', destinationPort: 7842 },
          ...{ reached: 'sustained', sent: 9, acknowledged: 9 - lost, lost, spanMs: 300 },
        },
      ],
    });
    expect(usable(...asked, path(0))).toBe('no');
    expect(usable(...asked, path(3))).toBe('yes');
  });

  it('are not known where the first address of their names is dead, which iroh measures alone', () => {
    const name = (...ips: string[]): Observation => ({
      names: [{ host: 'relay1.example.', family: 4, result: 'found', ips }],
    });
    const there = seenAs('198.51.100.7:5000', '203.0.113.10');
    expect(usable(access(R1), name('203.0.113.99', '203.0.113.10'), there)).toBe('unknown');
    expect(usable(access(R1), name('203.0.113.10', '203.0.113.99'), there)).toBe('yes');
    expect(usable(access(R1), name('203.0.113.99', '203.0.113.10'))).toBe('yes');
    expect(usable(access(R1), name('203.0.113.99', '203.0.113.10'), there, access(R2))).toBe('yes');
  });

  it.each<[string | undefined, Observation[]]>([
    [undefined, [access(R1), access(R2, 'tls', 'CERT_HAS_EXPIRED')]],
    ['certificate-expired', [access(R1, 'connect', 'ENETUNREACH'), access(R2, 'tls', 'CERT_HAS_EXPIRED')]],
    ['certificate-early', [access(R1, 'tls', 'CERT_NOT_YET_VALID')]],
    ['certificate-untrusted', [access(R1, 'tls', 'DEPTH_ZERO_SELF_SIGNED_CERT')]],
    ['certificate-untrusted', [{ interceptions: [{ relayUrl: R1, issuer: 'Corp' }] }]],
    ['certificate-wrong-name', [access(R1, 'tls', 'ERR_TLS_CERT_ALTNAME_INVALID')]],
    ['tls-broken', [access(R1, 'tls', 'ECONNRESET')]],
    ['tls-broken', [access(R1, 'tls', 'ERR_SSL_WRONG_VERSION_NUMBER')]],
    ['tls-hangs', [access(R1, 'tls', 'NO_ANSWER')]],
    ['tls-hangs', [access(R1, 'upgrade', 'NO_ANSWER')]],
    [undefined, [access(R1, 'tls', 'DEADLINE')]],
    ['picked-unusable', [https(R1, 5), https(R2, 9), access(R1, 'upgrade', 'HTTP_STATUS'), access(R2)]],
    ['tcp-silent', [access(R1, 'connect', 'NO_ANSWER')]],
    ['tcp-refused', [access(R1, 'connect', 'ECONNREFUSED')]],
    ['no-route', [access(R1, 'connect', 'ENETUNREACH')]],
    ['upgrade-refused', [access(R1, 'upgrade', 'HTTP_STATUS')]],
    [
      'names-lead-nowhere',
      [names('relay1.example.', 'found', '0.0.0.0'), names('relay2.example.', 'found', '::')],
    ],
    ['name-server-silent', [names('relay1.example.', 'silent'), names('relay2.example.', 'silent')]],
    ['names-unknown', [names('relay1.example.', 'none'), names('relay2.example.', 'none')]],
    [
      'tcp-silent',
      [
        ...[names('relay1.example.', 'found', '203.0.113.10'), names('relay2.example.', 'silent')],
        access(R1, 'connect', 'NO_ANSWER'),
      ],
    ],
    [
      'proxy-only',
      [access(R1, 'connect', 'NO_ANSWER'), { viaProxy: [{ relayUrl: R1, proxy: 'proxy.test:3128', ms: 9 }] }],
    ],
  ])('have a problem that is named: %s', (kind, observations) => {
    expect(problem(...observations)).toBe(kind);
  });
});

describe('TLS and port mapping', () => {
  it('is intercepted when only this machine vouches for a certificate', () => {
    const at = (relayUrl: string): Observation => ({ interceptions: [{ relayUrl, issuer: 'Corp' }] });
    expect(verdictOf(at(R1), at(R2)).tlsIntercepted).toMatchObject({ value: 'yes', evidence: ['a', 'b'] });
    // The owner of one domain may have an authority of his own.
    expect(verdictOf(at(R1), at('https://eu.relay1.example/')).tlsIntercepted.value).toBe('unknown');
    expect(verdictOf(https(R1)).tlsIntercepted.value).toBe('no');
    expect(verdictOf(https('http://relay.example/')).tlsIntercepted.value).toBe('unknown');
  });

  it('tells a refusal from silence', () => {
    const { portMapping } = verdictOf({
      portMappings: [
        { protocol: 'pcp', available: true, gateway: '192.168.1.1' },
        { protocol: 'natPmp', available: false, gateway: '192.168.1.1' },
      ],
    });
    expect(portMapping.pcp.value).toBe('yes');
    expect(portMapping.natPmp.value).toBe('no');
    expect(portMapping.upnp.value).toBe('unknown');
  });
});

describe('mapped ports', () => {
  const gateway = (externalIp?: string): Observation => ({
    portMappings: [
      {
        ...{ protocol: 'upnp', available: true, gateway: '192.168.1.1' },
        ...(externalIp === undefined ? {} : { externalIp }),
      },
    ],
  });
  it.each<[string, string, Observation[]]>([
    ['the address that others see', 'yes', [gateway('198.51.100.7'), seenAs('198.51.100.7:1')]],
    ['another address', 'no', [gateway('100.64.0.11'), seenAs('198.51.100.7:1')]],
    ['no address', 'unknown', [gateway(), seenAs('198.51.100.7:1')]],
    ['an address that nobody saw', 'unknown', [gateway('198.51.100.7')]],
  ])('a gateway that maps ports of %s: %s', (_, expected, observations) => {
    expect(verdictOf(...observations).portMapping.reachable.value).toBe(expected);
  });
});

describe('public addresses', () => {
  it.each([
    ['8.8.8.8', true],
    ['2606:4700::1', true],
    ['::ffff:8.8.8.8', true],
    ['10.1.2.3', false],
    ['100.64.0.1', false],
    ['169.254.1.1', false],
    ['203.0.113.9', false],
    ['255.255.255.255', false],
    ['::ffff:10.0.0.1', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['2001:db8::1', false],
    ['2001:4860::1', true],
    ['::1', false],
    ['not an address', false],
  ])('%s: %s', (ip, expected) => {
    expect(isPublicAddress(ip)).toBe(expected);
  });
});
