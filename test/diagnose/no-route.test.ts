import { describe, expect, it } from 'vitest';
import type { LocalReport } from '../../lib/report/index.js';
import { runChild } from '../support/child.js';
import { CAN_UNSHARE, inNamespace } from './support/namespace.js';

async function reportInside(relays: readonly string[], ...prepare: string[]): Promise<LocalReport> {
  const source = `
    import { diagnose } from './lib/diagnose/index.js';
    const relays = ${JSON.stringify(relays)}.map((url) => ({ url }));
    console.log(JSON.stringify(await diagnose({ relays, environment: { env: {} } })));`;
  const { stdout } = await runChild(source, { enter: inNamespace(...prepare) });
  return JSON.parse(stdout);
}

describe.skipIf(!CAN_UNSHARE)('without any route (a network namespace of its own)', () => {
  it('ends at once and says so', async () => {
    const local = await reportInside(['https://192.0.2.10/', 'https://[2001:db8::10]/']);
    expect(local.endedBy).toBe('no-route');
    expect(local.durationMs).toBeLessThan(500);
    expect(local.verdict.ipv4.udp).toMatchObject({
      value: 'no',
      evidence: expect.arrayContaining(['route IPv4 192.0.2.1']),
    });
    expect(local.verdict.ipv6.routed.value).toBe('no');
    expect(local.summary).toMatchObject({ colour: 'grey', sentence: expect.stringContaining('offline') });
  });

  it('does not wait for names either', async () => {
    const local = await reportInside(['https://relay.example/']);
    expect(local.endedBy).toBe('no-route');
    expect(local.durationMs).toBeLessThan(1000);
  });

  it('goes on where a relay can be reached without the Internet', async () => {
    const local = await reportInside(['http://127.0.0.1:9/'], 'ip link set lo up');
    expect(local.endedBy).toBe('finished');
    expect(local.verdict.ipv4.routed.value).toBe('listed-only');
    expect(local.probes.find(({ ref }) => ref === 'https http://127.0.0.1:9/')?.error?.code).toBe(
      'ECONNREFUSED',
    );
  });
});
