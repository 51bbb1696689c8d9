import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, natOf, type Sighting } from '../../lib/services/witness/index.js';
import type { DiagnosticsReport, NetReport, SocketAddr } from '../../lib/wire/index.js';
import { madeUpId } from '../support/ids.js';

const RELAY = [{ relayUrl: 'https://relay.test/', latencyMs: 20 }];
const OTHER_RELAY = [{ relayUrl: 'https://relay-2.test/', latencyMs: 30 }];
const NOBODY = { ipv4: [], ipv6: [], https: [] };
const HERE: SocketAddr = { family: 4, ip: '203.0.113.5', port: 4711 };
const HERE_V6: SocketAddr = { family: 6, ip: '2001:db8::5', port: 4712 };
const INNER: SocketAddr = { family: 4, ip: '192.168.1.5', port: 47_808 };
const NO_MAPPING = { upnp: false, pcp: false, natPmp: false };

/** A report of an app behind a home router, with one relay that has address discovery. */
function report(
  net: Partial<NetReport> | null,
  over: Partial<Pick<DiagnosticsReport, 'directAddrs' | 'portmapProbe'>> = {},
): DiagnosticsReport {
  const base: NetReport = {
    ...{ udpV4: true, udpV6: false, mappingVariesByDestIpv4: null, mappingVariesByDestIpv6: null },
    preferredRelay: 'https://relay.test/',
    relayLatency: { ...NOBODY, ipv4: RELAY, https: RELAY },
    ...{ globalV4: HERE, globalV6: null, captivePortal: null },
  };
  return {
    endpointId: madeUpId('a'.repeat(64)),
    netReport: net === null ? null : { ...base, ...net },
    ...{ directAddrs: [INNER, HERE], portmapProbe: NO_MAPPING, irohVersion: '', irohServicesVersion: '' },
    ...over,
  };
}

const NO_UDP = { udpV4: false, relayLatency: { ...NOBODY, https: RELAY } };
/** What our reports say where iroh cannot use the relay that it picks. */
const WITHOUT_RELAY = { preferredRelay: null, mappingVariesByDestIpv4: false };
const SILENT = { udpV4: false, relayLatency: NOBODY };
const atPort = (port: number) => ({ directAddrs: [INNER, { ...HERE, port }] });

const direct = (address = '203.0.113.5:4711', over: Partial<Sighting> = {}): Sighting => ({
  ...{ path: 'direct', address, relayPath: true, relaysAreElsewhere: true, othersAreDirect: false },
  ...over,
});
const relayed = (othersAreDirect = true): Sighting => ({
  ...{ path: 'relay', address: null, relayPath: true, relaysAreElsewhere: false, othersAreDirect },
});
const SAME_PLACE = direct(undefined, { relaysAreElsewhere: false });
const BY_IPV6 = { udpV4: false, udpV6: true, relayLatency: { ...NOBODY, ipv6: RELAY } };

const [EI, ED] = ['Endpoint-Independent', 'Endpoint-Dependent'] as const;

describe('a report alone', () => {
  it.each([
    ['nothing measured', report(null), 'grey', 'Unknown'],
    ['no UDP, or UDP not measured', report(NO_UDP), 'grey', 'Unknown'],
    ['one vantage point', report({}), 'orange', 'Unknown'],
    ['the same mapping everywhere', report({ mappingVariesByDestIpv4: false }), 'green', EI],
    ['another mapping for each peer', report({ mappingVariesByDestIpv4: true }), 'orange', ED],
    [
      "IPv6's mapping where IPv4's is unknown",
      report({ ...BY_IPV6, mappingVariesByDestIpv6: false }),
      'green',
      EI,
    ],
    [
      'a mapping that a STUN server told, and no relay: iroh does not learn it',
      report({ mappingVariesByDestIpv4: false, relayLatency: { ...NOBODY, https: RELAY } }),
      'orange',
      EI,
    ],
    [
      'relays that tell the mapping, and none that iroh can use',
      report({ ...WITHOUT_RELAY, relayLatency: { ...NOBODY, ipv4: RELAY } }),
      'red',
      EI,
    ],
    [
      'relays that tell the mapping, and one that iroh could use if it did not pick another',
      report({ ...WITHOUT_RELAY, relayLatency: { ...NOBODY, ipv4: RELAY, https: OTHER_RELAY } }),
      'grey',
      EI,
    ],
    [
      'a bad NAT beside an open IPv6',
      report({
        ...{ udpV6: true, mappingVariesByDestIpv4: true, mappingVariesByDestIpv6: false },
        relayLatency: { ipv4: RELAY, ipv6: RELAY, https: RELAY },
      }),
      'green',
      ED,
    ],
  ] as const)('%s', (_name, given, level, natType) => {
    expect(judge(given, null)).toEqual({ level, natType, natTypeBy: 'report' });
  });
});

describe('a report and what the platform saw', () => {
  it.each([
    ['its relay and the platform see one address', report({}), direct(), 'green', EI, 'platform'],
    [
      'the same, but the relay may stand at the platform',
      report({}),
      SAME_PLACE,
      'orange',
      'Unknown',
      'report',
    ],
    [
      'two relays that told no mapping together: one of them may tell a wrong address',
      report({ relayLatency: { ...NOBODY, ipv4: [...RELAY, ...OTHER_RELAY], https: RELAY } }),
      direct(),
      ...(['orange', 'Unknown', 'report'] as const),
    ],
    ['they see two ports of one address', report({}, atPort(9)), direct(), 'orange', ED, 'platform'],
    [
      'two ports, though two relays saw one: a NAT that keeps ports towards some only',
      report({ mappingVariesByDestIpv4: false }, atPort(9)),
      direct(),
      'orange',
      ED,
      'platform',
    ],
    [
      'two ports, of which one may be mapped by the router',
      report({}, { ...atPort(9), portmapProbe: { ...NO_MAPPING, natPmp: true } }),
      direct(),
      'orange',
      'Unknown',
      'report',
    ],
    [
      'two ports, and nobody knows whether the router maps any',
      report({ mappingVariesByDestIpv4: false }, { ...atPort(9), portmapProbe: null }),
      direct(),
      'green',
      EI,
      'report',
    ],
    [
      'two IP addresses: two ways out',
      report({}),
      direct('198.51.100.7:4711'),
      'orange',
      'Unknown',
      'report',
    ],
    [
      'two IP addresses, though the report knows the NAT: the app does not know where peers see it',
      report({ mappingVariesByDestIpv4: false }),
      direct('198.51.100.7:4711'),
      'orange',
      EI,
      'report',
    ],
    [
      "the report's own word of a bad NAT",
      report({ mappingVariesByDestIpv4: true }),
      direct(),
      'orange',
      ED,
      'report',
    ],
    [
      'two that agree with the platform',
      report({ mappingVariesByDestIpv4: false }),
      direct(),
      'green',
      EI,
      'report',
    ],
    [
      'a direct path, and relays without address discovery',
      report(NO_UDP, { directAddrs: [INNER] }),
      direct(),
      'orange',
      'Unknown',
      'report',
    ],
    [
      'the same, and a public address that the machine itself has: what a relay sees is not known',
      report(NO_UDP),
      direct(),
      'orange',
      'Unknown',
      'report',
    ],
    [
      'a mapping by STUN, and the address that the platform sees is known without a relay',
      report({ ...NO_UDP, mappingVariesByDestIpv4: false }),
      direct(),
      'green',
      EI,
      'report',
    ],
    [
      'a mapping by STUN, and an address that nobody told',
      report({ ...NO_UDP, mappingVariesByDestIpv4: false }, { directAddrs: [INNER] }),
      direct(),
      'orange',
      EI,
      'report',
    ],
    [
      'a direct path, and no relay that answers: not online',
      report(SILENT),
      direct(),
      'grey',
      'Unknown',
      'report',
    ],
    [
      'a direct path that shows UDP, and no relay that answers as iroh uses it',
      report({ preferredRelay: null, relayLatency: NOBODY }),
      direct(undefined, { relayPath: null }),
      'grey',
      'Unknown',
      'report',
    ],
    ['a direct path, and no report of the network', report(null), direct(), 'grey', 'Unknown', 'report'],
    [
      'a relayed path where others are direct, and no UDP',
      report(NO_UDP),
      relayed(),
      'red',
      'Unknown',
      'report',
    ],
    ['the same where others are not', report(NO_UDP), relayed(false), 'grey', 'Unknown', 'report'],
    ['a relayed path, and no relay that answers', report(SILENT), relayed(), 'grey', 'Unknown', 'report'],
    ['a relayed path, and no report of the network', report(null), relayed(), 'grey', 'Unknown', 'report'],
    [
      'UDP that passes to the relays alone',
      report({ mappingVariesByDestIpv4: false }),
      relayed(),
      'orange',
      EI,
      'report',
    ],
    [
      'a relayed path, where it may be the fault of the platform',
      report({ mappingVariesByDestIpv4: false }),
      relayed(false),
      'green',
      EI,
      'report',
    ],
    [
      'a bad NAT, which a relayed path does not make better',
      report({ mappingVariesByDestIpv4: true }),
      relayed(),
      'orange',
      ED,
      'report',
    ],
    [
      'address discovery that works, and no relay over HTTPS, nor any path through one',
      report({ mappingVariesByDestIpv4: false, relayLatency: { ...NOBODY, ipv4: RELAY } }),
      direct(undefined, { relayPath: false }),
      'red',
      EI,
      'report',
    ],
    [
      'the same where it is not known whether there should be a path through a relay',
      report({ mappingVariesByDestIpv4: false, relayLatency: { ...NOBODY, ipv4: RELAY } }),
      direct(undefined, { relayPath: null }),
      'green',
      EI,
      'report',
    ],
    [
      'no relay that iroh can use, whatever the way to the platform',
      report({ ...WITHOUT_RELAY, relayLatency: { ...NOBODY, ipv4: RELAY } }),
      direct(undefined, { relayPath: null }),
      'red',
      EI,
      'report',
    ],
    [
      'the same, and a path through a relay: it may be one of the platform, where other peers do not look',
      report({ ...WITHOUT_RELAY, relayLatency: { ...NOBODY, ipv4: RELAY } }),
      direct(),
      'red',
      EI,
      'report',
    ],
    [
      'a relay that iroh cannot use and picks, beside another',
      report({ ...WITHOUT_RELAY, relayLatency: { ...NOBODY, ipv4: RELAY, https: OTHER_RELAY } }),
      direct(undefined, { relayPath: null }),
      'grey',
      EI,
      'report',
    ],
    [
      'the same, and no path through a relay, where others have one',
      report({ ...WITHOUT_RELAY, relayLatency: { ...NOBODY, ipv4: RELAY, https: OTHER_RELAY } }),
      direct(undefined, { relayPath: false }),
      'red',
      EI,
      'report',
    ],
    [
      'no path through a relay, though one answers over HTTPS',
      report({ mappingVariesByDestIpv4: false }),
      direct(undefined, { relayPath: false }),
      'green',
      EI,
      'report',
    ],
    [
      'IPv6 that both see alike',
      report(BY_IPV6, { directAddrs: [INNER, HERE_V6] }),
      direct('[2001:db8::5]:4712'),
      'green',
      EI,
      'platform',
    ],
    [
      'an IPv6 address of its own machine, where no relay answers over UDP',
      report({ ...NO_UDP }, { directAddrs: [INNER, HERE_V6] }),
      direct('[2001:db8::5]:4712', { relaysAreElsewhere: false }),
      'green',
      EI,
      'platform',
    ],
    [
      'the same, where a router may have told it',
      report({ ...NO_UDP }, { directAddrs: [INNER, HERE_V6], portmapProbe: null }),
      direct('[2001:db8::5]:4712', { relaysAreElsewhere: false }),
      'orange',
      'Unknown',
      'report',
    ],
    [
      'a bad NAT of IPv4 beside an IPv6 address of its own machine',
      report({ mappingVariesByDestIpv4: true }, { directAddrs: [INNER, HERE, HERE_V6] }),
      direct('[2001:db8::5]:4712'),
      'green',
      ED,
      'report',
    ],
    [
      "a sight in IPv6, which says nothing of IPv4's bad NAT",
      report({ mappingVariesByDestIpv4: true }, { directAddrs: [INNER, HERE] }),
      direct('[2001:db8::5]:4712'),
      'orange',
      ED,
      'report',
    ],
    [
      'a sight in IPv6 at another port, which says nothing against IPv4',
      report(
        { mappingVariesByDestIpv4: false, relayLatency: { ipv4: RELAY, ipv6: RELAY, https: [] } },
        { directAddrs: [HERE, HERE_V6] },
      ),
      direct('[2001:db8::5]:9'),
      'green',
      EI,
      'report',
    ],
  ] as const)('%s', (_name, given, sighting, level, natType, natTypeBy) => {
    expect(judge(given, sighting)).toEqual({ level, natType, natTypeBy });
  });

  it('takes an address that cannot be read for none', () => {
    for (const address of ['', 'odd', '203.0.113.5', '203.0.113.5:99999', '[2001:db8::5]'])
      expect(judge(report({}), direct(address))).toEqual(judge(report({}), null));
  });

  it('never throws, and keeps to its words, whatever an app and a store say', () => {
    const ip = fc.constantFrom('203.0.113.5', '192.168.1.5', '2001:db8::5', '');
    const addr = fc.record({
      family: fc.constantFrom(4 as const, 6 as const),
      ip,
      port: fc.constantFrom(0, 4711),
    });
    const latencies = fc.constantFrom([], RELAY);
    const known = fc.option(fc.boolean());
    const net = fc.record({
      ...{ udpV4: fc.boolean(), udpV6: fc.boolean() },
      ...{ mappingVariesByDestIpv4: known, mappingVariesByDestIpv6: known },
      relayLatency: fc.record({ ipv4: latencies, ipv6: latencies, https: latencies }),
      preferredRelay: fc.constantFrom(null, 'https://relay.test/'),
    });
    const sighting = fc.record({
      path: fc.constantFrom('direct' as const, 'relay' as const),
      address: fc.constantFrom(null, 'odd', '203.0.113.5:4711', '[2001:db8::5]:0'),
      ...{ relayPath: known, relaysAreElsewhere: fc.boolean(), othersAreDirect: fc.boolean() },
    });
    const given = fc.tuple(fc.option(net), fc.array(addr, { maxLength: 4 }), fc.option(sighting));
    fc.assert(
      fc.property(given, ([netReport, directAddrs, seen]) => {
        const one = report(netReport, { directAddrs });
        const { level, natType, natTypeBy } = judge(one, seen);
        expect(['green', 'orange', 'red', 'grey']).toContain(level);
        expect([EI, ED, 'Unknown']).toContain(natType);
        const isTold = netReport?.preferredRelay === null;
        // Without its own sight, the platform adds nothing.
        if (seen === null) expect([natTypeBy, level === 'red' && !isTold]).toEqual(['report', false]);
        if (isTold) expect(['grey', 'red', 'orange']).toContain(level);
        // No colour without evidence.
        if (level === 'green')
          expect([natOf(one, 4, seen).natType, natOf(one, 6, seen).natType]).toContain(EI);
        if (level === 'red' && !isTold)
          expect(seen?.path === 'direct' ? seen.relayPath === false : seen?.othersAreDirect).toBe(true);
      }),
    );
  });
});
