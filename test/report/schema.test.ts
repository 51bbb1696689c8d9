import { describe, expect, it } from 'vitest';
import { diagnose } from '../../lib/diagnose/index.js';
import { REPORT_SCHEMA } from '../../lib/report/index.js';
import { loopbackLookup } from '../probes/support/context.js';
import { Servers } from '../probes/support/servers.js';
import { FakeStunServer, honest } from '../probes/support/stun-server.js';
import { FULL_REPORT } from './support/full-report.js';
import { https, openV6, R1, reportOf, route, seenAs, silence } from './support/records.js';
import { closedViolations, violations } from './support/schema-check.js';

describe("the report's schema", () => {
  it('is plain JSON, names its version, and has no reference to nowhere or from nowhere', () => {
    const text = JSON.stringify(REPORT_SCHEMA);
    expect(JSON.parse(text)).toEqual(REPORT_SCHEMA);
    expect(REPORT_SCHEMA.$id).toBe('urn:iroh-net-diagnostics:local-report:1');
    const used = new Set([...text.matchAll(/"#\/\$defs\/(\w+)"/g)].map(([, name]) => name));
    expect(used).toEqual(new Set(Object.keys(REPORT_SCHEMA.$defs ?? {})));
  });

  it('knows every member that a report can have', () => {
    expect(closedViolations(FULL_REPORT)).toEqual([]);
  });

  it('takes reports without what may lack', () => {
    expect(closedViolations(reportOf([]))).toEqual([]);
    expect(
      closedViolations(
        reportOf([
          route(4),
          route(6, 'ENETUNREACH'),
          https(R1),
          silence(4, R1),
          openV6(),
          seenAs('203.0.113.66:1'),
        ]),
      ),
    ).toEqual([]);
  });

  it('takes what diagnose() makes, of good and of bad networks', async () => {
    const servers = new Servers();
    const stun = await FakeStunServer.start(honest);
    try {
      const good = `http://127.0.0.1:${await servers.http((_, answer) => answer.end())}/`;
      const bad = `http://127.0.0.1:${await servers.http((_, answer) => answer.writeHead(500).end())}/`;
      const environment = { lookup: loopbackLookup, env: {} };
      const relays = [good, bad, 'http://127.0.0.1:1/'].map((url) => ({ url }));
      const full = await diagnose({ relays, stun: [stun.label], environment });
      expect(full.settings.stunServers).toEqual([stun.label]);
      expect(full.probes.some(({ probe }) => probe === 'stun')).toBe(true);
      expect(closedViolations(full)).toEqual([]);
      expect(closedViolations(await diagnose({ relays, deadline: 1, environment }))).toEqual([]);
      expect(closedViolations(await diagnose({ signal: AbortSignal.abort(), environment }))).toEqual([]);
    } finally {
      stun.close();
      await servers.close();
    }
  });

  it.each<[string, (report: Record<string, unknown>) => unknown]>([
    ['another version', (report) => ({ ...report, version: 2 })],
    ['no verdict', ({ verdict, ...rest }) => rest],
    ['a duration that is negative', (report) => ({ ...report, durationMs: -1 })],
    [
      'an unknown colour',
      (report) => ({ ...report, summary: { colour: 'blue', sentence: '', nextSteps: [] } }),
    ],
    ['a note that is no text', (report) => ({ ...report, notes: [1] })],
    ['an endpoint that is a text', (report) => ({ ...report, endpoint: 'me' })],
    [
      'a probe without its outcome',
      (report) => ({ ...report, probes: [{ ref: 'a', probe: 'a', startedMs: 0, durationMs: 0 }] }),
    ],
  ])('refuses %s', (_, change) => {
    expect(violations(change({ ...FULL_REPORT }))).not.toEqual([]);
  });

  it('leaves room for what later releases add', () => {
    const { summary } = FULL_REPORT;
    const later = { ...FULL_REPORT, added: 1, summary: { ...summary, hue: 2 } };
    expect(violations(later)).toEqual([]);
    expect(closedViolations(later)).toEqual([
      '$ must NOT have additional properties added',
      '$/summary must NOT have additional properties hue',
    ]);
  });
});
