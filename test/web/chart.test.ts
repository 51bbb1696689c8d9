import { describe, expect, it } from 'vitest';
import { HEIGHT, valueText, viewLine, WIDTH } from '../../web/words/chart.js';

const MINUTE = 60_000;
const line = (type: 'counter' | 'gauge', points: { at: number; value: string; increase?: string }[]) => ({
  sessionId: '0f',
  labels: [['remote', 'a']] as [string, string][],
  type,
  points: points.map((point) => ({ samples: 1, ...point })),
});
const span = { from: 0, to: 10 * MINUTE };

describe('a chart', () => {
  it('shows how fast a counter grew, by the second', () => {
    const points = [0, 1, 2].map((minute) => ({
      at: minute * MINUTE,
      value: '9',
      increase: `${minute * 60}`,
    }));
    const view = viewLine(line('counter', points), span);
    expect(view.points).toEqual([
      { at: MINUTE, value: 1 },
      { at: 2 * MINUTE, value: 2 },
    ]);
    expect([view.label, view.latest, view.range]).toEqual(['remote=a', '2 a second', '1 to 2 a second']);
  });

  it('reaches from the bottom to the top, inside its box, and breaks where values are missing', () => {
    const points = [0, 1, 2, 8, 9].map((minute) => ({ at: minute * MINUTE, value: `${minute}` }));
    const { path } = viewLine(line('gauge', points), span);
    expect(path).toBe(`M0.0 ${HEIGHT - 2}.0h0L40.0 41.1L80.0 36.2M320.0 6.9h0L360.0 2.0`);
    const xs = [...path.matchAll(/[ML]([\d.]+)/g)].map(([, x]) => Number(x));
    expect(Math.max(...xs)).toBeLessThanOrEqual(WIDTH);
  });

  it('shows what never changes in the middle, and one value alone as a point', () => {
    const { path } = viewLine(line('gauge', [{ at: 5 * MINUTE, value: '7' }]), span);
    expect(path).toBe(`M${WIDTH / 2}.0 ${HEIGHT / 2}.0h0`);
  });

  it('is empty without values, and for a counter with one', () => {
    for (const points of [[], [{ at: 1, value: '1', increase: '1' }]]) {
      const view = viewLine(line('counter', points), span);
      expect([view.path, view.latest, view.range]).toEqual(['', '', '']);
    }
  });

  it('writes numbers as long as they need to be', () => {
    expect([0, 12, 1234.5, 0.25, 0.123_456, 99.96].map(valueText)).toEqual([
      '0',
      '12',
      '1,235',
      '0.25',
      '0.123',
      '100',
    ]);
  });
});
