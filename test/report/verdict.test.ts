import { describe, expect, it } from 'vitest';
import { hasNoRoute, isPublicAddress, judge, type Observation } from '../../lib/report/index.js';
import {
  https,
  isPublicHere,
  openV6,
  R1,
  R2,
  records,
  refusal,
  route,
  seenAs,
  silence,
} from './support/records.js';

const verdictOf = (...observations: Observation[]) => judge(records(...observations), [R1, R2], isPublicHere);
const path = (remoteAddr: string, isRelay = false): Observation => ({ paths: [{ remoteAddr, isRelay }] });

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

describe('UDP', () => {
  it.each<[string, 'yes' | 'no' | 'unknown', Observation[]]>([
    ['an observed address', 'yes', [seenAs('198.51.100.7:1')]],
    ['a live direct path to a public peer', 'yes', [path('8.8.8.8:4433')]],
    ['a live direct path in IPv4-mapped form', 'yes', [path('[::ffff:8.8.8.8]:4433')]],
    ['a live direct path in the local network', 'unknown', [path('192.168.1.7:4433')]],
    ['a live direct path inside an overlay', 'unknown', [path('100.100.1.1:4433')]],
    ['a live path through a relay', 'unknown', [path(R1, true)]],
    ['a path address nobody can read', 'unknown', [path('custom:xyz')]],
    ['HTTPS alone', 'unknown', [https(R1), https(R2)]],
    ['silence of two relays alone', 'unknown', [silence(4, R1), silence(4, R2)]],
    ['silence of one relay that answers HTTPS', 'unknown', [silence(4, R1), silence(4, R2), https(R1)]],
    ['silence of two relays that answer HTTPS', 'no', [silence(4, R1), silence(4, R2), https(R1), https(R2)]],
    ['a refusal of this machine for one relay', 'unknown', [refusal(4, R1), silence(4, R2), https(R1)]],
    ['a refusal of this machine for two relays', 'no', [refusal(4, R1), refusal(4, R2)]],
    ['a refusal in the other family', 'unknown', [refusal(6, R1), refusal(6, R2)]],
    ['silence in the other family', 'unknown', [silence(6, R1), silence(6, R2), https(R1), https(R2)]],
    [
      'silence beside an observed address',
      'yes',
      [silence(4, R1), silence(4, R2), https(R1), https(R2), seenAs('198.51.100.7:1')],
    ],
  ])('%s: %s', (_, expected, observations) => {
    expect(verdictOf(...observations).ipv4.udp.value).toBe(expected);
  });

  it('names both the silence and its control as evidence', () => {
    const { udp } = verdictOf(silence(4, R1), silence(4, R2), https(R1), https(R2)).ipv4;
    expect(udp.evidence).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes the classification of addresses as an argument', () => {
    const observed = records(path('203.0.113.10:4433'));
    expect(judge(observed, []).ipv4.udp.value).toBe('unknown');
    expect(judge(observed, [], (ip) => ip.startsWith('203.0.113.')).ipv4.udp.value).toBe('yes');
  });
});

describe('mapping and NAT type', () => {
  const there = '198.51.100.7:5000';
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
    ['a wrong one for a relay whose HTTPS passes', 'yes', [portal(R1, 'wrong'), https(R1)]],
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
    expect(verdict.relays[0]).toEqual({ url: R1, ipv4Ms: 24, ipv6Ms: null, httpsMs: 25, answered: true });
    expect(verdict.preferredRelay).toBe(R1);
  });

  it('prefers UDP on a tie, and nobody when nothing answered', () => {
    const udp: Observation = { latencies: [{ relayUrl: R2, kind: 'ipv6', ms: 20 }] };
    expect(verdictOf(https(R1, 20), udp).preferredRelay).toBe(R2);
    expect(verdictOf().preferredRelay).toBeNull();
    expect(verdictOf().relays.map(({ answered }) => answered)).toEqual([false, false]);
  });
});

describe('TLS and port mapping', () => {
  it('is intercepted when only this machine vouches for a certificate', () => {
    const seen: Observation = { interceptions: [{ relayUrl: R1, issuer: 'Corp' }] };
    expect(verdictOf(https(R2), seen).tlsIntercepted).toMatchObject({ value: 'yes', evidence: ['b'] });
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
