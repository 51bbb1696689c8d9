import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LocalReport, redactReport, renderText } from '../../lib/report/index.js';
import { redactProse } from '../../lib/report/redact/prose.js';
import { Pseudonyms } from '../../lib/report/redact/pseudonyms.js';
import { ENDPOINT_ID, FULL_REPORT } from './support/full-report.js';
import { reportOf } from './support/records.js';
import { closedViolations } from './support/schema-check.js';

/** What {@link FULL_REPORT} must not tell. */
const SECRETS = [
  ...['corp', 'nas', 'Corp Inc', 'Meier', 'wg-', ENDPOINT_ID, ENDPOINT_ID.slice(0, 10), 'DNS:proxy'],
  ...['192.168.1', '203.0.113', '198.51.100', '100.64.0', '2001:db8'],
];

const redacted = redactReport(FULL_REPORT);
const text = JSON.stringify(redacted);

describe('a redacted report', () => {
  it.each(SECRETS)('does not hold %s', (secret) => {
    expect(JSON.stringify(FULL_REPORT)).toContain(secret);
    expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
  });

  it('has the same form, and fits the schema', () => {
    const shape = (value: unknown): unknown =>
      typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shape(member)]))
        : typeof value;
    const { details: _, ...before } = { ...FULL_REPORT.probes[0]?.observation };
    const { details: __, ...after } = { ...redacted.probes[0]?.observation };
    expect(shape(after)).toEqual(shape(before));
    expect(shape(redacted.verdict)).toEqual(shape(FULL_REPORT.verdict));
    expect(closedViolations(redacted)).toEqual([]);
  });

  it('keeps conclusions, times, latencies, ports and codes', () => {
    expect(redacted.verdict.ipv4.mapping.value).toBe('endpoint-independent');
    expect(redacted.startedAt).toBe(FULL_REPORT.startedAt);
    expect(redacted.probes[0]).toMatchObject({
      durationMs: 2,
      error: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
      observation: { latencies: [{ ms: 20 }], portMappings: [{ refusal: 'NOT_AUTHORIZED' }] },
    });
    expect(redacted.settings.relays[0]?.url).toMatch(/^https:\/\/host-\d+\.invalid:8443\/$/);
  });

  it('gives the same address the same token, in data and in prose', () => {
    const observation = redacted.probes[0]?.observation;
    const address = observation?.addresses?.[0];
    const [route] = observation?.routes ?? [];
    const [mapping] = observation?.portMappings ?? [];
    expect(address?.observed).toBe(redacted.verdict.ipv4.publicAddress.value);
    expect(address?.local).toBe(`${route?.sourceIp}:5000`);
    expect(redacted.endpoint?.directAddrs[0]?.ip).toBe(route?.sourceIp);
    expect(mapping?.gateway).toBe(route?.gateway);
    expect(redacted.verdict.upstreamNat.reason).toBe(
      `${mapping?.gateway} names ${mapping?.externalIp}, not ${address?.observed.split(':')[0]}`,
    );
    expect(mapping?.externalIp).toMatch(/^shared-ipv4-/);
    expect(redacted.verdict.natType.reason).toBe(`seen by ${address?.destinationIp}`);
  });

  it('still names its evidence by the references of its probes', () => {
    expect(redacted.verdict.ipv4.udp.evidence).toEqual([redacted.probes[0]?.ref]);
    expect(redacted.probes[0]?.ref).toBe(`https ${redacted.settings.relays[0]?.url}`);
  });

  it('names a peer by the same token wherever its short id stands, though the run told no id', () => {
    const [peer, gone] = ['3f'.repeat(32), 'a7a7a7a7a7'];
    const base = { probe: 'peer', startedMs: 0, durationMs: 1 };
    const report = reportOf([{ peers: [{ peer, reached: 'relayed', watchedMs: 6000, isPeerWell: true }] }]);
    const seen = redactReport({
      ...report,
      probes: [
        ...report.probes.map((record) => ({
          ...record,
          probe: 'peer',
          ref: `peer ${peer.slice(0, 10)}`,
          target: peer.slice(0, 10),
        })),
        { ...base, ref: `peer ${gone}`, target: gone, outcome: 'aborted' },
      ],
    });
    const all = JSON.stringify(seen);
    expect(all).not.toMatch(/3f3f3f|a7a7a7/);
    expect(seen.probes.map(({ ref, target }) => [ref, target])).toEqual([
      ['peer endpoint-1', 'endpoint-1'],
      ['peer endpoint-2', 'endpoint-2'],
    ]);
    expect(seen.verdict.peer.reason).toMatch(/^with the peer endpoint-1, whose own report is green/);
    expect(seen.summary.sentence).not.toMatch(/3f3f3f/);
  });

  it('can be rendered', () => {
    expect(renderText(redacted)).toContain('endpoint-1');
  });

  it('leaves the original alone, and is the same each time', () => {
    const before = JSON.stringify(FULL_REPORT);
    expect(redactReport(FULL_REPORT)).toEqual(redacted);
    expect(JSON.stringify(FULL_REPORT)).toBe(before);
  });

  it('leaves out what the schema does not know, and cleans what is not of its kind', () => {
    const odd = {
      ...FULL_REPORT,
      secret: 'corp',
      generator: 'nas.corp.example',
      startedAt: 'at corp',
      endedBy: 'corp',
    } as unknown as LocalReport;
    expect(redactReport(odd)).not.toHaveProperty('secret');
    expect(JSON.stringify(redactReport(odd))).not.toContain('corp');
  });
});

describe('prose', () => {
  it.each([
    ['nothing to hide: 3 of 4, 20.5 ms', 'nothing to hide: 3 of 4, 20.5 ms'],
    ['connect ECONNREFUSED 10.0.0.1:443', 'connect ECONNREFUSED private-ipv4-1:443'],
    ['connect ECONNREFUSED ::1:443', /^connect ECONNREFUSED private-ipv6-1(:443)?$/],
    ['connect 2001:db8:1:2:3:4:5:6:443', 'connect private-ipv6-1:443'],
    ['from [fe80::1%eth0]:5 to fe80::1.', 'from [private-ipv6-1]:5 to private-ipv6-1.'],
    ['::ffff:10.0.0.1 is 10.0.0.1', 'private-ipv4-1 is private-ipv4-1'],
    ['2606:4700::1111 and 2606:4700:0:0::1111', 'public-ipv6-1 and public-ipv6-1'],
    ['8.8.8.8, 100.64.0.1 and 10.0.0.1.', 'public-ipv4-1, shared-ipv4-1 and private-ipv4-1.'],
    ['version 1.2.3 at 12:34:56', 'version 1.2.3 at 12:34:56'],
    ['from 01:23:45:67:89:ab', 'from address-1'],
    ['getaddrinfo ENOTFOUND Relay.Corp.Example', 'getaddrinfo ENOTFOUND host-1.invalid'],
    ['1.2.3.4.corp.example', 'host-1.invalid'],
    ['see https://user:pass@relay.corp.example./a/b?c#d', 'see https://host-1.invalid./path-1'],
    ['see http://[::1]:3340/, then go', 'see http://private-ipv6-1:3340/, then go'],
    [`peer ${ENDPOINT_ID.toUpperCase()} left`, 'peer endpoint-1 left'],
    ["Host: a.bc. is not cert's CN: Corp Inc", "Host: host-1.invalid. is not cert's CN: names-1"],
    [
      "IP: 10.0.0.1 is not in the cert's list: 10.0.0.2",
      "IP: private-ipv4-1 is not in the cert's list: names-1",
    ],
  ])('%s', (before, after) => {
    expect(redactProse(before, new Pseudonyms())).toEqual(
      typeof after === 'string' ? after : expect.stringMatching(after),
    );
  });

  it('loses short names that were seen elsewhere, as whole words', () => {
    const pseudonyms = new Pseudonyms();
    pseudonyms.host('nas');
    expect(redactProse('NAS on nasal nas-2 (nas)', pseudonyms)).toBe(
      'host-1.invalid on nasal nas-2 (host-1.invalid)',
    );
  });
});

describe('whatever a report holds', () => {
  const label = fc.stringMatching(/^[a-z]{8,12}$/);
  const ipv6 = fc
    .uint8Array({ minLength: 12, maxLength: 12 })
    .map((bytes) => `2606:4700:${(Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':')}`);
  const secrets = fc.record({
    host: fc.tuple(label, label).map(([a, b]) => `${a}.${b}.zz`),
    short: label,
    v4: fc.ipV4().filter((ip) => ip.length > 8),
    v6: ipv6,
    id: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    port: fc.integer({ min: 1, max: 65_535 }),
  });

  it('nothing of it is in the redacted one', () => {
    fc.assert(
      fc.property(secrets, ({ host, short, v4, v6, id, port }) => {
        const url = `https://${host}:${port}/${short}`;
        const mentions = `of ${host}, ${short}, ${v4}:${port}, [${v6}]:${port}, ${v6}, ${id}, ${url}`;
        const base = reportOf(
          [
            {
              addresses: [
                {
                  family: 4,
                  local: `${v4}:${port}`,
                  destinationIp: v6,
                  destinationPort: port,
                  by: 'stun',
                  observed: `[${v6}]:${port}`,
                },
              ],
              interceptions: [{ relayUrl: url, issuer: short }],
              details: { a: short, b: v6, c: url, [mentions]: mentions },
            },
          ],
          [url, `https://${short}/`],
          { endpointId: id, directAddrs: [{ family: 6, ip: v6, port }], homeRelay: url, paths: [] },
        );
        const report = { ...base, notes: [mentions], summary: { ...base.summary, sentence: mentions } };
        const hidden = JSON.stringify(redactReport(report));
        for (const secret of [host, short, v4, v6, id]) expect(hidden).not.toContain(secret);
      }),
      { numRuns: 300 },
    );
  });
});
