import { describe, expect, it } from 'vitest';
import type { LocalReport } from '../../lib/index.js';
import { PROBE_NAMES } from '../../lib/probes/index.js';
import { probeName, viewProbes } from '../../web/words/probes.js';

type ProbeRecord = LocalReport['probes'][number];

const record = (over: Partial<ProbeRecord>): ProbeRecord => ({
  ref: 'x',
  probe: 'https',
  outcome: 'ok',
  startedMs: 0,
  durationMs: 100,
  ...over,
});

describe('the timings', () => {
  it('have a name for every probe that there is', () => {
    expect(PROBE_NAMES.filter((name) => name !== 'stun' && probeName(name) === name)).toEqual([]);
    expect(probeName('a new one')).toBe('a new one');
  });

  it('count the outcomes', () => {
    const probes = [
      record({}),
      record({}),
      record({ outcome: 'timeout' }),
      record({ outcome: 'unsupported' }),
    ];
    expect(viewProbes({ probes, durationMs: 100 }).sentence).toBe(
      '4 probes: 2 ok, 1 without an answer, 1 not possible here',
    );
    expect(viewProbes({ probes: [record({})], durationMs: 100 }).sentence).toBe('1 probe: 1 ok');
    expect(viewProbes({ probes: [], durationMs: 0 }).sentence).toBe('0 probes');
  });

  it('say what was asked, how long it took, what came of it and why', () => {
    const probe = record({
      probe: 'qad',
      family: 6,
      target: 'https://relay.test/',
      outcome: 'failed',
      startedMs: 50,
      durationMs: 50,
      error: { code: 'CERT_HAS_EXPIRED', message: 'certificate has expired' },
    });
    expect(viewProbes({ probes: [probe], durationMs: 200 }).rows).toEqual([
      expect.objectContaining({
        name: 'Address discovery IPv6',
        target: 'https://relay.test/',
        outcome: 'Failed',
        start: 25,
        width: 25,
        took: '50 ms',
        error: 'CERT_HAS_EXPIRED: certificate has expired',
      }),
    ]);
  });

  it('keep every bar on its track, and visible', () => {
    const probes = [record({ startedMs: 100, durationMs: 0 }), record({ durationMs: 130 })];
    for (const { start, width } of viewProbes({ probes, durationMs: 100 }).rows) {
      expect(width).toBeGreaterThan(1);
      expect(start + width).toBeLessThanOrEqual(100);
    }
    expect(viewProbes({ probes: [record({ durationMs: 0 })], durationMs: 0 }).rows[0]?.start).toBe(0);
  });
});
