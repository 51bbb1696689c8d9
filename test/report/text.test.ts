import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PACKAGE_VERSION, redactReport, renderText } from '../../lib/report/index.js';
import { parseSocketAddr, SecretKey } from '../../lib/wire/index.js';
import { https, openV6, otherPeer, quic, R1, R2, reportOf, seenAs } from './support/records.js';

const ESCAPE = '\x1b';

describe('text rendering', () => {
  const report = reportOf(
    [https(R1, 12.34), seenAs('198.51.100.7:5000'), quic('sustained', R1, { family: 6 }), openV6()],
    [R1, R2],
  );

  it('leads with the summary and shows every section, plain', () => {
    const text = renderText(report);
    expect(text.startsWith(`GREEN: ${report.summary.sentence}\n`)).toBe(true);
    expect(text).toContain('IPv4 address     198.51.100.7:5000 (seen by 203.0.113.10)');
    expect(text).toContain(`  ${R1}  HTTPS 12.3 ms  (preferred)`);
    expect(text).toContain(`  ${R2}  no latency measured`);
    expect(text).toContain('Captive portal   unknown (');
    expect(text).toContain('Endpoint: none took part');
    expect(text.endsWith('took 123.5 ms of 3000 ms (finished).\n')).toBe(true);
    expect(text).not.toContain(ESCAPE);
  });

  it('paints the headline when asked to', () => {
    expect(renderText(report, { colour: true }).startsWith(`${ESCAPE}[32mGREEN`)).toBe(true);
  });

  it('shows failures with their code, the endpoint, and the notes', () => {
    const endpointId = SecretKey.fromBytes(new Uint8Array(32).fill(21)).id;
    const directAddrs = [parseSocketAddr('[::1]:7')];
    const text = renderText({
      ...report,
      endpoint: { endpointId, directAddrs, homeRelay: R1, paths: [] },
      notes: ['Mind this.'],
      probes: [
        {
          ref: `https ${R1}`,
          probe: 'https',
          outcome: 'failed',
          startedMs: 0,
          durationMs: 5,
          error: { code: 'ECONNREFUSED', message: 'refused' },
        },
      ],
    });
    expect(text).toContain(`  failed          5.0 ms  https ${R1}  ECONNREFUSED: refused`);
    expect(text).toContain(`Endpoint ${endpointId}\n  home relay  ${R1}\n  addresses   [::1]:7`);
    expect(text).toContain('Note: Mind this.');
  });

  it('shows a peer that was tried, and no row without one', () => {
    expect(renderText(report)).not.toContain('\nPeer ');
    const tried = reportOf([https(R1), otherPeer()]);
    expect(renderText(tried)).toContain(
      '\nPeer             no (with the peer 3f3f3f3f3f, whose own report is green,',
    );
  });

  it('shows a report that was kept since before its version had `peer`', () => {
    const old = structuredClone(report);
    Reflect.deleteProperty(old.verdict, 'peer');
    expect(renderText(old)).toBe(renderText(report));
  });

  it('shows a report that was kept since before its version had `lossy`, redacted too', () => {
    const old = structuredClone(report);
    for (const family of [old.verdict.ipv4, old.verdict.ipv6]) Reflect.deleteProperty(family, 'lossy');
    for (const exchange of old.probes.flatMap(({ observation }) => observation?.quic ?? []))
      Reflect.deleteProperty(exchange, 'lost');
    expect(renderText(old)).toBe(renderText(report));
    expect(renderText(redactReport(old))).toBe(renderText(redactReport(report)));
  });
});

it("the report's generator carries the version of package.json", async () => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  expect(PACKAGE_VERSION).toBe(JSON.parse(text).version);
});
