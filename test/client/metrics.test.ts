import { afterEach, describe, expect, it } from 'vitest';
import { MetricsPusher, type OnlineSession, RemoteError, type UnitRequest } from '../../lib/client/index.js';
import { metricsUpdate, uuidBytes } from '../../lib/client/metrics-update.js';
import type { EndpointStat } from '../../lib/transport/index.js';
import { decodeServicesRequest, encodeServicesRequest, type MetricsUpdate } from '../../lib/wire/index.js';
import { FakeTime, settle } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';
import { requestVectors } from '../wire/support.js';

const net = new Loopback();
afterEach(() => net.closeAll());

const official = requestVectors
  .map(({ bytes }) => decodeServicesRequest(bytes))
  .flatMap((request) => (request.type === 'put-metrics' ? [request.update] : []));

const stat = (name: string, value: number): EndpointStat => ({
  group: 'socket',
  name,
  value,
  help: `of ${name}`,
});

describe('the metrics of the official client', () => {
  it('are all counters, one prefix each, without labels', () => {
    const items = official.flatMap(({ schema }) => schema?.items ?? []);
    expect(items.length).toBeGreaterThanOrEqual(70);
    expect(new Set(items.map(({ type }) => type))).toEqual(new Set(['counter']));
    expect(items.every(({ prefixes, labels }) => prefixes.length === 1 && labels.length === 0)).toBe(true);
  });

  it('are, name by name and help by help, those that an endpoint of the binding has', async () => {
    const endpoint = await net.bind();
    const { update } = metricsUpdate(endpoint.stats(), null);
    const named = (schema: MetricsUpdate['schema']) =>
      new Map(
        schema?.items.map((item, index) => [
          `${item.prefixes.join('_')}_${item.name}`,
          { ...item, help: schema.help?.[index] },
        ]),
      );
    const theirs = named(official.find(({ schema }) => schema !== null)?.schema ?? null);
    expect(named(update.schema)).toEqual(theirs);
  });
});

describe('metricsUpdate', () => {
  it('brings the schema first, then values alone, and the schema again when it changed', () => {
    const first = metricsUpdate([stat('a', 1), stat('b', 2)], null);
    expect(first.update).toEqual({
      schema: {
        items: [
          { type: 'counter', name: 'a', prefixes: ['socket'], labels: [] },
          { type: 'counter', name: 'b', prefixes: ['socket'], labels: [] },
        ],
        help: ['of a', 'of b'],
      },
      values: [
        { type: 'counter', value: 1n },
        { type: 'counter', value: 2n },
      ],
    });
    expect(metricsUpdate([stat('a', 3), stat('b', 4)], first.schema).update.schema).toBeNull();
    expect(metricsUpdate([stat('a', 3)], first.schema).update.schema?.items).toHaveLength(1);
    expect(metricsUpdate([stat('a', 3), stat('c', 4)], first.schema).update.schema?.items).toHaveLength(2);
  });

  it.each([
    ['a whole number', 7, [7n]],
    ['a fraction', 7.9, [7n]],
    ['a big one', 2 ** 53, [2n ** 53n]],
    ['no number', Number.NaN, []],
    ['no end', Number.POSITIVE_INFINITY, []],
    ['a negative one', -1, []],
  ])('sends what is a count and leaves out what is none: %s', (_, value, wanted) => {
    const { update, schema } = metricsUpdate([stat('a', value)], null);
    expect(update.values.map((sent) => sent.type === 'counter' && sent.value)).toEqual(wanted);
    expect(schema.items).toHaveLength(wanted.length);
    expect(
      encodeServicesRequest({ type: 'put-metrics', sessionId: new Uint8Array(16), update }),
    ).toBeInstanceOf(Uint8Array);
  });
});

describe('MetricsPusher', () => {
  const uuid = '37f40104-00a1-4c83-a641-65be4c7ffb37';

  function setUp(options: { intervalMs?: number; refuse?: (index: number) => RemoteError | null } = {}) {
    const time = new FakeTime();
    const connection = new AbortController();
    const sent: MetricsUpdate[] = [];
    const refused: string[] = [];
    const ids = new Set<string>();
    const session: OnlineSession = {
      signal: connection.signal,
      request: (request: UnitRequest) => {
        if (request.type !== 'put-metrics') throw new Error(request.type);
        ids.add(Buffer.from(request.sessionId).toString('hex'));
        const count = sent.push(request.update);
        const error = options.refuse?.(count) ?? null;
        return error === null ? Promise.resolve() : Promise.reject(error);
      },
    };
    const pusher = new MetricsPusher({
      stats: () => [stat('a', 1)],
      intervalMs: options.intervalMs ?? 60_000,
      random: () => 0.5,
      sleep: time.sleep,
      sessionUuid: uuid,
      onRefused: ({ message }) => refused.push(message),
    });
    return { time, connection, sent, refused, ids, session, pusher };
  }

  it('pushes soon after going online, then at the interval, the schema once', async () => {
    const { time, sent, session, pusher, ids, connection } = setUp();
    const done = pusher.onOnline(session);
    await time.advance(4_999);
    expect(sent).toHaveLength(0);
    await time.advance(1);
    expect(sent).toHaveLength(1);
    await time.advance(120_000);
    expect(sent.map(({ schema }) => schema !== null)).toEqual([true, false, false]);
    expect([...ids]).toEqual([Buffer.from(uuidBytes(uuid)).toString('hex')]);
    expect(ids.has(uuid.replaceAll('-', ''))).toBe(true);
    connection.abort();
    await expect(done).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(time.sleepers).toBe(0);
  });

  it('brings the schema again on each new connection', async () => {
    const { time, sent, session, pusher } = setUp();
    void pusher.onOnline(session);
    await time.advance(10_000);
    void pusher.onOnline(session);
    await time.advance(10_000);
    expect(sent.map(({ schema }) => schema !== null)).toEqual([true, true]);
  });

  it('brings the schema again after a refusal, and tells of the same refusal once', async () => {
    const fault = new RemoteError({ kind: 'internal-server-error' });
    const { time, sent, session, pusher, refused } = setUp({
      refuse: (index) => (index <= 2 ? fault : null),
    });
    void pusher.onOnline(session);
    await time.advance(5_000 + 3 * 60_000);
    expect(sent.map(({ schema }) => schema !== null)).toEqual([true, true, true, false]);
    expect(refused).toEqual([fault.message]);
  });

  it('slows down when only a person can lift the refusal', async () => {
    const { time, sent, session, pusher } = setUp({
      refuse: () => new RemoteError({ kind: 'auth-error', message: 'no metrics for you' }),
    });
    void pusher.onOnline(session);
    await time.advance(14 * 60_000);
    expect(sent).toHaveLength(1);
    await time.advance(2 * 60_000);
    expect(sent).toHaveLength(2);
  });

  it('ends with the connection', async () => {
    const { time, session, pusher } = setUp();
    const broken = { ...session, request: () => Promise.reject(new Error('gone')) };
    const done = pusher.onOnline(broken);
    await Promise.all([expect(done).rejects.toThrow('gone'), time.advance(5_000)]);
    expect(time.sleepers).toBe(0);
  });

  it('does nothing when the interval is 0', async () => {
    const { time, sent, session, pusher } = setUp({ intervalMs: 0 });
    await pusher.onOnline(session);
    await settle();
    expect([sent.length, time.sleepers]).toEqual([0, 0]);
  });
});
