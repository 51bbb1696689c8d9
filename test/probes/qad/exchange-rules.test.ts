import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Exchange, type Exchanged } from '../../../lib/probes/qad/connection/exchange.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Path {
  roundTripMs: number;
  /** How long the line is busy with one datagram. Default: 0. */
  eachMs?: number;
  /** Whether this datagram arrives. Default: all do. */
  passes?: (number: number, atMs: number) => boolean;
  /** When another probe is answered, in milliseconds from the start. Default: never. */
  answeredAtMs?: number;
}

interface Outcome extends Exchanged {
  /** Milliseconds since the start; null: never. */
  endedMs: number | null;
  troubleMs: number[];
}

/** An exchange over a path that carries one datagram after the other, and whose far end acknowledges each. */
async function over({
  roundTripMs,
  eachMs = 0,
  passes = () => true,
  answeredAtMs = Number.POSITIVE_INFINITY,
}: Path): Promise<Outcome> {
  const startedAt = Date.now();
  const sinceStart = () => Date.now() - startedAt;
  const troubleMs: number[] = [];
  let [count, freeAtMs] = [0, 0];
  let ended: Exchanged | null = null;
  let endedMs: number | null = null;
  const exchange = new Exchange({
    roundTripMs: roundTripMs + eachMs,
    timeoutMs: 10_000,
    now: () => Date.now(),
    send: () => {
      const number = count++;
      if (!passes(number, sinceStart())) return;
      freeAtMs = Math.max(freeAtMs, sinceStart()) + eachMs;
      setTimeout(() => exchange.acknowledged([number], Date.now()), freeAtMs - sinceStart() + roundTripMs);
    },
    livedInSilence: (silentMs, leastMs) =>
      sinceStart() >= answeredAtMs && silentMs - (sinceStart() - answeredAtMs) >= leastMs,
    onTrouble: () => troubleMs.push(sinceStart()),
    onEnd: (result) => {
      ended = result;
      endedMs = sinceStart();
    },
  });
  exchange.start();
  await vi.advanceTimersByTimeAsync(20_000);
  if (ended === null) throw new Error('the exchange did not end');
  return { ...(ended as Exchanged), endedMs, troubleMs };
}

describe('an exchange of full-size datagrams', () => {
  it.each([1, 30, 100, 250])(
    'is sustained by eight of them, and never in trouble, at %s ms',
    async (roundTripMs) => {
      const { end, acknowledged, lost, spanMs, troubleMs } = await over({ roundTripMs });
      expect({ end, acknowledged, lost, troubleMs }).toEqual({
        ...{ end: 'sustained', acknowledged: 8, lost: 0, troubleMs: [] },
      });
      expect(spanMs).toBeGreaterThanOrEqual(200);
    },
  );

  it('is in trouble soon after a limiter closed, and stalled when that has lasted', async () => {
    const { end, acknowledged, endedMs, troubleMs } = await over({ roundTripMs: 1, passes: (n) => n < 5 });
    expect({ end, acknowledged }).toEqual({ end: 'stalled', acknowledged: 5 });
    // The fifth leaves after 120 ms.
    expect(troubleMs).toHaveLength(1);
    expect(troubleMs[0]).toBeLessThanOrEqual(250);
    expect(endedMs).toBeGreaterThanOrEqual(720);
    expect(endedMs).toBeLessThanOrEqual(770);
  });

  it.each([
    ['nothing else shows that the path lives', Number.POSITIVE_INFINITY, 900],
    ['the path lived when the silence began', 30, 900],
    ['the path lives', 200, 600],
  ])('without any acknowledgement it is stalled in its time where %s', async (_, answeredAtMs, ms) => {
    const { end, endedMs, troubleMs } = await over({ roundTripMs: 1, passes: () => false, answeredAtMs });
    expect(end).toBe('stalled');
    expect(troubleMs[0]).toBeLessThanOrEqual(120);
    expect(endedMs).toBeGreaterThanOrEqual(ms);
    expect(endedMs).toBeLessThanOrEqual(ms + 50);
  });

  it.each([150, 500, 700])('outlives a path that carries nothing for %s ms at its start', async (ms) => {
    const { end } = await over({ roundTripMs: 1, passes: (_, atMs) => atMs >= ms });
    expect(end).toBe('sustained');
  });

  it('goes on where one of three is lost', async () => {
    const { end, acknowledged, lost } = await over({ roundTripMs: 20, passes: (n) => n % 3 !== 1 });
    expect({ end, acknowledged }).toEqual({ end: 'sustained', acknowledged: 8 });
    expect(lost).toBeGreaterThanOrEqual(3);
  });

  it('is in trouble where every second one is lost, though acknowledgements come', async () => {
    const { end, troubleMs } = await over({ roundTripMs: 1, passes: (n) => n % 2 === 0 });
    expect(end).toBe('sustained');
    expect(troubleMs).toHaveLength(1);
    expect(troubleMs[0]).toBeGreaterThanOrEqual(400);
  });

  it('asks for eight on a slow line, too: fewer would not show a limiter', async () => {
    const { end, acknowledged, troubleMs } = await over({ roundTripMs: 20, eachMs: 150 });
    expect({ end, acknowledged, troubleMs }).toEqual({ end: 'sustained', acknowledged: 8, troubleMs: [] });
  });
});
