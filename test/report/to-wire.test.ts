import { describe, expect, it } from 'vitest';
import { type Observation, toWireReport } from '../../lib/report/index.js';
import { decodeReport, encodeReport, parseSocketAddr, SecretKey } from '../../lib/wire/index.js';
import { access, https, openV6, quic, R1, R2, reportOf, route, seenAs } from './support/records.js';

const endpointId = SecretKey.fromBytes(new Uint8Array(32).fill(21)).id;
const endpoint = (...direct: string[]) => ({
  endpointId,
  directAddrs: direct.map(parseSocketAddr),
  homeRelay: null,
  paths: [],
});
const udpLatency = (relayUrl: string, ms: number): Observation => ({
  latencies: [{ relayUrl, kind: 'ipv4', ms }],
});
const there = '198.51.100.7:5000';

describe('the wire report', () => {
  it('needs an endpoint', () => {
    expect(() => toWireReport(reportOf([]))).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });

  it('has no net report when no relay answered anything', () => {
    const wire = toWireReport(
      reportOf([route(4)], [R1], endpoint('10.0.0.1:5', '[::1]:1', '9.0.0.1:7', '9.0.0.1:6')),
    );
    expect(wire).toEqual({
      endpointId,
      netReport: null,
      directAddrs: ['9.0.0.1:6', '9.0.0.1:7', '10.0.0.1:5', '[::1]:1'].map(parseSocketAddr),
      portmapProbe: { upnp: false, pcp: false, natPmp: false },
      irohVersion: '1.0.0',
      irohServicesVersion: '2.0.0',
    });
  });

  it('sends unknown as absent, and as false where the wire knows no absence', () => {
    const wire = toWireReport(reportOf([route(4), https(R2, 20.125), https(R1, 30)], [R2, R1], endpoint()));
    expect(wire.netReport).toEqual({
      udpV4: false,
      udpV6: false,
      mappingVariesByDestIpv4: null,
      mappingVariesByDestIpv6: null,
      preferredRelay: R2,
      relayLatency: {
        ipv4: [],
        ipv6: [],
        https: [
          { relayUrl: R2, latencyMs: 20.125 },
          { relayUrl: R1, latencyMs: 30 },
        ],
      },
      globalV4: null,
      globalV6: null,
      captivePortal: null,
    });
  });

  it('says what is known', () => {
    const { netReport, portmapProbe } = toWireReport(
      reportOf(
        [
          https(R1),
          seenAs(there, '203.0.113.10', { again: there }),
          seenAs('198.51.100.7:5001', '203.0.113.11'),
          openV6(),
          quic(),
          quic('sustained', R1, { family: 6 }),
          { portals: [{ relayUrl: R1, answer: 'right', status: 204 }] },
          { portMappings: [{ protocol: 'pcp', available: true, gateway: '192.168.1.1' }] },
        ],
        [R1],
        endpoint(),
      ),
    );
    expect(netReport).toMatchObject({
      udpV4: true,
      udpV6: true,
      mappingVariesByDestIpv4: true,
      mappingVariesByDestIpv6: false,
      globalV4: parseSocketAddr(there),
      globalV6: parseSocketAddr('[2001:db8:1::100]:6000'),
      captivePortal: false,
    });
    expect(portmapProbe).toEqual({ upnp: false, pcp: true, natPmp: false });
  });

  it("prefers the endpoint's own port where exactly one of its addresses has the observed IP", () => {
    const globalV4 = (...direct: string[]) =>
      toWireReport(reportOf([https(R1), seenAs(there)], [R1], endpoint(...direct))).netReport?.globalV4;
    expect(globalV4('198.51.100.7:4444', '192.168.1.100:4444')?.port).toBe(4444);
    expect(globalV4('198.51.100.7:4444', '198.51.100.7:4445')?.port).toBe(5000);
    expect(globalV4('192.168.1.100:4444')?.port).toBe(5000);
  });

  it('tells no latency over HTTPS of a relay that iroh cannot use, and prefers none if iroh picks such a one', () => {
    const relays = (...seen: Observation[]) => {
      const observations = [quic(), udpLatency(R1, 10), https(R1, 20), https(R2, 40), ...seen];
      const { netReport } = toWireReport(reportOf(observations, [R1, R2], endpoint()));
      const { https: overHttps, ipv4 } = netReport?.relayLatency ?? {};
      expect(ipv4?.map(({ relayUrl }) => relayUrl)).toEqual([R1]);
      return [netReport?.preferredRelay, overHttps?.map(({ relayUrl }) => relayUrl)];
    };
    const refused = (url: string) => access(url, 'upgrade', 'HTTP_STATUS');
    expect(relays(access(R1), access(R2))).toEqual([R1, [R1, R2]]);
    expect(relays(access(R1), refused(R2))).toEqual([R1, [R1]]);
    expect(relays(refused(R1), access(R2))).toEqual([null, [R2]]);
    expect(relays(refused(R1), refused(R2))).toEqual([null, []]);
    // Not known, or the running endpoint has another one.
    expect(relays()).toEqual([R1, [R1, R2]]);
    expect(relays(refused(R1), { homeRelays: [{ relayUrl: R2 }] })).toEqual([R1, [R2]]);
  });

  it('leaves the mapping open where iroh may believe a relay that tells a wrong address, whatever STUN servers say', () => {
    const by = (told: Observation): Observation => ({
      addresses: (told.addresses ?? []).map((address) => ({ ...address, by: 'stun' })),
    });
    const wireOf = (balanced: Observation) => {
      const seen = [quic(), seenAs(there), by(seenAs(there, '203.0.113.12')), balanced];
      const latencies = [udpLatency(R1, 10), udpLatency(R2, 10), access(R1), access(R2)];
      return reportOf([...seen, ...latencies], [R1, R2], endpoint('198.51.100.7:5000'));
    };
    const misled = wireOf(seenAs('203.0.113.11:5000', '203.0.113.11'));
    expect(misled.verdict.ipv4.mapping.value).toBe('endpoint-independent');
    expect(toWireReport(misled).netReport?.mappingVariesByDestIpv4).toBeNull();
    const told = wireOf(seenAs(there, '203.0.113.11'));
    expect(toWireReport(told).netReport?.mappingVariesByDestIpv4).toBe(false);
  });

  it('survives its own encoding', () => {
    const observations = [https(R1, 12.345), https(R2, 1), seenAs(there), openV6()];
    const wire = toWireReport(reportOf(observations, [R1, R2], endpoint('198.51.100.7:4444', '[::1]:3')));
    expect(decodeReport(encodeReport(wire))).toEqual(wire);
  });
});
