import { describe, expect, it } from 'vitest';
import { toWireReport } from '../../lib/report/index.js';
import { decodeReport, encodeReport, parseSocketAddr, SecretKey } from '../../lib/wire/index.js';
import { https, openV6, quic, R1, R2, reportOf, route, seenAs } from './support/records.js';

const endpointId = SecretKey.fromBytes(new Uint8Array(32).fill(21)).id;
const endpoint = (...direct: string[]) => ({
  endpointId,
  directAddrs: direct.map(parseSocketAddr),
  homeRelay: null,
  paths: [],
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

  it('survives its own encoding', () => {
    const observations = [https(R1, 12.345), https(R2, 1), seenAs(there), openV6()];
    const wire = toWireReport(reportOf(observations, [R1, R2], endpoint('198.51.100.7:4444', '[::1]:3')));
    expect(decodeReport(encodeReport(wire))).toEqual(wire);
  });
});
