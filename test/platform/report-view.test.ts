import { describe, expect, it } from 'vitest';
import { reportFacts } from '../../lib/services/report-facts.js';
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
