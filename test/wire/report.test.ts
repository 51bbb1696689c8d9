import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDuration, writeDuration } from '../../lib/wire/duration.js';
import {
  type DiagnosticsReport,
  decodeReport,
  encodeReport,
  normaliseRelayUrl,
} from '../../lib/wire/index.js';
import { decodeWhole } from '../../lib/wire/postcard-reader.js';
import { PostcardWriter } from '../../lib/wire/postcard-writer.js';
import { madeUpId } from '../support/ids.js';
import { latencyMs, report as reportArbitrary } from './arbitraries.js';
import { fromHex, holds, keyOf, toHex } from './support.js';

const writeMs = (ms: number) => {
  const writer = new PostcardWriter();
  writeDuration(writer, ms, 'latencyMs');
  return writer.finish();
};
const readMs = (bytes: Uint8Array) => decodeWhole(bytes, (reader) => readDuration(reader, 'latencyMs'));

const base: DiagnosticsReport = {
  endpointId: keyOf(21).id,
  netReport: {
    udpV4: true,
    udpV6: false,
    mappingVariesByDestIpv4: null,
    mappingVariesByDestIpv6: null,
    preferredRelay: null,
    relayLatency: { ipv4: [], ipv6: [], https: [] },
    globalV4: null,
    globalV6: null,
    captivePortal: null,
  },
  directAddrs: [],
  portmapProbe: { upnp: false, pcp: false, natPmp: false },
  irohVersion: '1.0.0',
  irohServicesVersion: '1.0.0',
};
const withNet = (part: Partial<NonNullable<DiagnosticsReport['netReport']>>): DiagnosticsReport => ({
  ...base,
  netReport: base.netReport && { ...base.netReport, ...part },
});
const refused = expect.objectContaining({ code: 'ERR_WIRE_ENCODE' });

describe('reports', () => {
  it('go there and back', () => {
    holds(
      fc.property(reportArbitrary, (report) => {
        expect(decodeReport(encodeReport(report))).toEqual(report);
      }),
    );
  });

  it('are written sorted, with URLs as the wire writes them', () => {
    const back = decodeReport(
      encodeReport({
        ...withNet({
          preferredRelay: 'https://Relay.test.',
          relayLatency: {
            ipv4: [
              { relayUrl: 'https://b.test', latencyMs: 2 },
              { relayUrl: 'https://a.test', latencyMs: 1 },
            ],
            ipv6: [],
            https: [],
          },
        }),
        directAddrs: [
          { family: 6, ip: '::1', port: 1 },
          { family: 4, ip: '10.0.0.1', port: 1000 },
          { family: 4, ip: '10.0.0.1', port: 5 },
        ],
      }),
    );
    expect(back.netReport?.preferredRelay).toBe('https://relay.test./');
    expect(back.netReport?.relayLatency.ipv4.map(({ relayUrl }) => relayUrl)).toEqual([
      'https://a.test/',
      'https://b.test/',
    ]);
    expect(back.directAddrs.map(({ port }) => port)).toEqual([5, 1000, 1]);
  });

  it('refuse to write what has no place', () => {
    const twice = [
      { relayUrl: 'https://a.test', latencyMs: 1 },
      { relayUrl: 'https://a.test/', latencyMs: 2 },
    ];
    expect(() => encodeReport(withNet({ relayLatency: { ipv4: twice, ipv6: [], https: [] } }))).toThrow(
      refused,
    );
    expect(() => encodeReport(withNet({ preferredRelay: 'relay' }))).toThrow(refused);
    expect(() => encodeReport(withNet({ globalV4: { family: 6, ip: '::1', port: 1 } }))).toThrow(refused);
    expect(() => encodeReport({ ...base, endpointId: madeUpId('no id') })).toThrow('64 hex digits');
  });

  it('refuse a relay that stands in a map twice', () => {
    const latency = '0f 68747470733a2f2f612e746573742f 00 01';
    const head = `${base.endpointId} 01 0100 00 00 00`;
    const tail = '00 00 00 00 00 00 00 01 000000 00 00';
    expect(() => decodeReport(fromHex(`${head} 02 ${latency} ${latency} ${tail}`))).toThrow(
      'netReport.relayLatency.ipv4[1].relayUrl at offset 57: the relay stands in the map twice',
    );
  });
});

describe('durations', () => {
  it.each([
    [0, '0000'],
    [51.169319, '00a790b318'],
    [1000, '0100'],
    [1500.000001, '0181cab5ee01'],
  ])('%d ms is %s', (ms, hex) => {
    expect(toHex(writeMs(ms))).toBe(hex);
    expect(readMs(fromHex(hex))).toBe(ms);
  });

  it('keep every whole nanosecond below 2^51', () => {
    holds(
      fc.property(latencyMs, (ms) => {
        expect(readMs(writeMs(ms))).toBe(ms);
      }),
      { numRuns: 2000 },
    );
    for (let below = 1; below < 2000; below += 1) {
      const ns = 2 ** 51 - below;
      expect(Math.round((ns / 1e6) * 1e6)).toBe(ns);
    }
  });

  it('refuse what is out of range', () => {
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 51 / 1e6]) {
      expect(() => writeMs(ms)).toThrow(refused);
    }
    expect(() => readMs(fromHex('00 8094ebdc03'))).toThrow('a second or more');
    expect(() => readMs(fromHex('ffffffff0f 00'))).toThrow('longer than 26 days');
  });
});

describe('relay URLs', () => {
  it.each([
    ['https://relay.test', 'https://relay.test/'],
    ['HTTPS://Relay.Test.:443', 'https://relay.test./'],
    ['http://127.0.0.1:3340', 'http://127.0.0.1:3340/'],
  ])('%s is %s', (text, href) => {
    expect(normaliseRelayUrl(text)).toBe(href);
  });

  it.each(['', 'relay.test', 'javascript:alert(1)', 'ftp://relay.test', `https://${'a'.repeat(2048)}.test`])(
    'refuse %j',
    (text) => {
      expect(normaliseRelayUrl(text)).toBeNull();
    },
  );
});
