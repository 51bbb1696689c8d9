import { describe, expect, it } from 'vitest';
import { reportFacts } from '../../lib/services/report-facts.js';
import type { Sighting } from '../../lib/services/witness/index.js';
import type { DiagnosticsReport, NetReport } from '../../lib/wire/index.js';
import { verdict, viewReport } from '../../platform/server/report-view.js';
import { madeUpId } from '../support/ids.js';
import { sampleReport } from './stage.js';

const ID = madeUpId('a'.repeat(64));
const sample = sampleReport(ID);
const net = (over: Partial<NetReport>): NetReport => {
  if (sample.netReport === null) throw new Error('the sample has a net report');
  return { ...sample.netReport, ...over };
};

const NO_MAPPING = { upnp: false, pcp: false, natPmp: false };
const latency = sample.netReport?.relayLatency ?? { ipv4: [], ipv6: [], https: [] };
const ONE_RELAY = net({
  ...{ mappingVariesByDestIpv4: null, udpV6: false },
  relayLatency: { ...latency, ipv4: latency.ipv4.slice(0, 1) },
});
const NO_UDP = net({
  ...{ udpV4: false, udpV6: false, mappingVariesByDestIpv4: null },
  relayLatency: { ...latency, ipv4: [], ipv6: [] },
});
const NO_HTTPS = net({ relayLatency: { ...latency, https: [] } });
const BY_STUN = net({ udpV6: false, relayLatency: { ...latency, ipv4: [] } });
const OPEN_V6 = net({ mappingVariesByDestIpv4: true, mappingVariesByDestIpv6: false });
/** Where the sample's relays saw it. */
const SEEN: Sighting = {
  ...{ path: 'direct', address: '192.0.2.1:60246', relayPath: true },
  ...{ relaysAreElsewhere: true, othersAreDirect: false },
};
const RELAYED = { path: 'relay', address: null, othersAreDirect: true } as const;

const factsOf = (netReport: NetReport | null) => reportFacts({ ...sample, netReport }, null);

describe('the words of a report', () => {
  it.each([
    ['nothing measured', null, 'grey', 'Not measured'],
    ['no UDP, or UDP not measured', net({ udpV4: false, udpV6: false }), 'grey', 'UDP not confirmed'],
    ['the same mapping everywhere', net({}), 'green', 'Endpoint-Independent'],
    ['another mapping for each peer', net({ mappingVariesByDestIpv4: true }), 'orange', 'Endpoint-Dependent'],
    ['no knowledge of the mapping', net({ mappingVariesByDestIpv4: null }), 'orange', 'NAT type unknown'],
    [
      "IPv6's mapping where IPv4's is unknown",
      net({ mappingVariesByDestIpv4: null, mappingVariesByDestIpv6: false }),
      'green',
      'Endpoint-Independent',
    ],
    [
      "IPv4's mapping before IPv6's, though peers that have IPv6 are direct",
      net({ mappingVariesByDestIpv4: true, mappingVariesByDestIpv6: false }),
      'green',
      'Endpoint-Dependent',
    ],
  ])('say for %s what it means', (_name, netReport, level, headline) => {
    expect(verdict(factsOf(netReport), null)).toMatchObject({ level, headline });
    expect(verdict(factsOf(netReport), null).sentence).toMatch(/\.$/);
  });

  it.each([
    [
      'two vantage points that agree',
      ONE_RELAY,
      {},
      'green',
      'Endpoint-Independent',
      'the public address that it knows',
    ],
    [
      'two that do not',
      ONE_RELAY,
      { address: '192.0.2.1:9' },
      'orange',
      'Endpoint-Dependent',
      'different ports',
    ],
    [
      'one that does not count',
      ONE_RELAY,
      { relaysAreElsewhere: false },
      'orange',
      'NAT type unknown',
      'reached directly',
    ],
    [
      'UDP to the relays alone',
      net({}),
      RELAYED,
      'orange',
      'Reached through a relay',
      'others connect directly',
    ],
    ['no UDP at all', NO_UDP, RELAYED, 'red', 'UDP seems blocked', 'connections are relayed'],
    [
      'no relay that can be used',
      NO_HTTPS,
      { relayPath: false },
      'red',
      'No relay can be used',
      'peers do not find',
    ],
    [
      'relays that iroh cannot use, by the word of the app',
      net({ preferredRelay: null, relayLatency: { ...latency, https: [] } }),
      { relayPath: null },
      'red',
      'No relay can be used',
      'its own probes',
    ],
    [
      'one that it cannot use and picks',
      net({ preferredRelay: null }),
      null,
      'grey',
      'No relay in use',
      'without one peers do not find',
    ],
    [
      'a mapping by STUN alone',
      BY_STUN,
      { address: '192.0.2.9:1' },
      'orange',
      'Public address not known',
      'ship with address discovery',
    ],
    [
      'a bad IPv4 beside a good IPv6',
      OPEN_V6,
      null,
      'green',
      'Endpoint-Dependent',
      'with peers that have IPv6',
    ],
  ] as const)('say for %s what the platform saw', (_name, netReport, over, level, headline, words) => {
    const report = { ...sample, netReport, portmapProbe: NO_MAPPING };
    const sighting = over === null ? null : { ...SEEN, ...over };
    const { level: colour, headline: head, sentence } = verdict(reportFacts(report, sighting), sighting);
    expect([colour, head]).toEqual([level, headline]);
    expect(sentence).toContain(words);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    // The list and the page say the same.
    expect(viewReport(report, sighting)).toMatchObject({ level, headline, sentence });
  });

  it('say where the platform saw the app', () => {
    const seen = (over: Partial<Sighting> | null) =>
      viewReport(sample, over === null ? null : { ...SEEN, ...over }).network.find(
        ({ label }) => label === 'Seen from here',
      );
    expect(seen(null)).toBeUndefined();
    expect(seen({})).toMatchObject({ value: '192.0.2.1:60246, directly', tone: 'plain' });
    expect(seen({ relayPath: false })?.hint).toContain('No path led through a relay');
    expect(seen(RELAYED)).toMatchObject({ value: 'Through a relay', tone: 'warn' });
    expect(seen({ ...RELAYED, othersAreDirect: false })).toMatchObject({ tone: 'plain' });
  });

  it('say in the lines of a family what the platform found of it', () => {
    const lines = (netReport: NetReport, over: Partial<Sighting> = {}) =>
      viewReport({ ...sample, netReport, portmapProbe: NO_MAPPING }, { ...SEEN, ...over }).ipv4.map(
        ({ label, value, hint }) => [label, value, hint],
      );
    expect(lines(NO_UDP)[0]).toEqual(['UDP', 'Works', 'To this platform; no relay answered over UDP.']);
    expect(lines(ONE_RELAY)[1]).toEqual([
      ...['NAT mapping', 'Endpoint-Independent'],
      'This platform sees the address that the app knows.',
    ]);
    expect(lines(ONE_RELAY, { address: '192.0.2.1:9' })[1]).toEqual([
      ...['NAT mapping', 'Endpoint-Dependent'],
      'Another port towards this platform than towards its relay.',
    ]);
  });

  it('never say "No NAT": a wire report cannot tell', () => {
    const types = [true, false, null].map(
      (mappingVariesByDestIpv4) => factsOf(net({ mappingVariesByDestIpv4 })).natType,
    );
    expect(types).toEqual(['Endpoint-Dependent', 'Endpoint-Independent', 'Unknown']);
  });

  it('keep unknown apart from no', () => {
    const facts = (report: DiagnosticsReport) =>
      Object.fromEntries(viewReport(report, null).network.map(({ label, value }) => [label, value]));
    expect(facts(sample)).toEqual({ 'Captive portal': 'None', 'Port mapping': 'UPnP' });
    expect(facts({ ...sample, netReport: null, portmapProbe: null })).toEqual({
      'Captive portal': 'Unknown',
      'Port mapping': 'Unknown',
    });
    const none = { upnp: false, pcp: false, natPmp: false };
    expect(facts({ ...sample, netReport: net({ captivePortal: true }), portmapProbe: none })).toEqual({
      'Captive portal': 'Yes',
      'Port mapping': 'None reported',
    });
  });

  it('put the relays in order of their best latency, the preferred one marked', () => {
    expect(viewReport(sample, null).relays).toEqual([
      {
        url: 'https://relay1.test/',
        host: 'relay1.test',
        isPreferred: true,
        ipv4Ms: 23.4,
        ipv6Ms: 21.7,
        httpsMs: null,
      },
      {
        url: 'https://relay2.test/',
        host: 'relay2.test',
        isPreferred: false,
        ipv4Ms: 41.9,
        ipv6Ms: null,
        httpsMs: 88.2,
      },
    ]);
  });
});
