import { afterEach, describe, expect, it } from 'vitest';
import {
  type ClientLimits,
  type MetricSample,
  MetricsPusher,
  type OnlineSession,
  RemoteError,
  statSamples,
  type UnitRequest,
} from '../../lib/client/index.js';
import { metricsUpdate, sameMetrics, uuidBytes } from '../../lib/client/metrics-update.js';
import type { EndpointStat } from '../../lib/transport/index.js';
import {
  decodeServicesRequest,
  encodeServicesRequest,
  type MetricSchema,
  type MetricsUpdate,
} from '../../lib/wire/index.js';
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
    const update = metricsUpdate(statSamples(endpoint.stats()));
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
  it('brings names, helps and values', () => {
    expect(metricsUpdate(statSamples([stat('a', 1), stat('b', 2)]))).toEqual({
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
  });

  it('tells whether one schema reads the values of both', () => {
    const item = (change: Partial<MetricSchema>): MetricSample => ({
      item: { type: 'gauge', name: 'a', prefixes: ['p'], labels: [['k', 'v']], ...change },
      help: '',
      value: { type: 'gauge', value: 1n },
    });
    const plain = item({});
    expect(sameMetrics([plain], [{ ...plain, help: 'other', value: { type: 'gauge', value: 2n } }])).toBe(
      true,
    );
    const others: Partial<MetricSchema>[] = [
      { type: 'counter' },
      { name: 'b' },
      { prefixes: [] },
      { prefixes: ['q'] },
      { labels: [] },
      { labels: [['k', 'w']] },
      { labels: [['l', 'v']] },
    ];
    for (const other of others)
      expect(sameMetrics([plain], [item(other)]), JSON.stringify(other)).toBe(false);
    expect(sameMetrics([plain], [plain, plain])).toBe(false);
  });

  it.each([
    ['a whole number', 7, [7n]],
    ['a fraction', 7.9, [7n]],
    ['a big one', 2 ** 53, [2n ** 53n]],
    ['no number', Number.NaN, []],
    ['no end', Number.POSITIVE_INFINITY, []],
    ['a negative one', -1, []],
  ])('sends what is a count and leaves out what is none: %s', (_, value, wanted) => {
    const update = metricsUpdate(statSamples([stat('a', value)]));
    expect(update.values.map((sent) => sent.type === 'counter' && sent.value)).toEqual(wanted);
    expect(update.schema?.items).toHaveLength(wanted.length);
    expect(
      encodeServicesRequest({ type: 'put-metrics', sessionId: new Uint8Array(16), update }),
    ).toBeInstanceOf(Uint8Array);
  });
});

describe('MetricsPusher', () => {
  const uuid = '37f40104-00a1-4c83-a641-65be4c7ffb37';

  interface Options {
    intervalMs?: number;
    refuse?: (index: number) => RemoteError | null;
    takesAll?: () => Promise<boolean>;
    limits?: Partial<ClientLimits>;
  }

  function setUp(options: Options = {}) {
    const time = new FakeTime();
    const connection = new AbortController();
    const sent: MetricsUpdate[] = [];
    const refused: string[] = [];
    let slowed = 0;
    let stats = [stat('a', 1)];
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
      samples: () => statSamples(stats),
      intervalMs: options.intervalMs ?? 60_000,
      random: () => 0.5,
      clock: time,
      sleep: time.sleep,
      takesAll: options.takesAll,
      limits: options.limits,
      sessionUuid: uuid,
      onRefused: ({ message }) => refused.push(message),
      onSlowed: () => {
        slowed += 1;
      },
    });
    const measure = (...now: EndpointStat[]) => {
      stats = now;
    };
    const withSchema = () => sent.map(({ schema }) => schema !== null);
    return {
      time,
      connection,
      sent,
      refused,
      ids,
      session,
      pusher,
      measure,
      withSchema,
      slowed: () => slowed,
    };
  }

  it('pushes soon after going online, then at the interval, the schema twice', async () => {
    const { time, sent, session, pusher, ids, connection, withSchema } = setUp();
    const done = pusher.onOnline(session);
    await time.advance(4_999);
    expect(sent).toHaveLength(0);
    await time.advance(1);
    expect(sent).toHaveLength(1);
    await time.advance(120_000);
    expect(withSchema()).toEqual([true, true, false]);
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
    expect(sent.map(({ schema }) => schema !== null)).toEqual([true, true, true, true]);
    await time.advance(60_000);
    expect(sent.at(-1)?.schema).toBeNull();
    expect(refused).toEqual([fault.message]);
  });

  it('repeats the schema when it changed, and from time to time: no one dropped push can hide the names', async () => {
    const { time, session, pusher, measure, withSchema } = setUp();
    void pusher.onOnline(session);
    await time.advance(5_000 + 2 * 60_000);
    expect(withSchema()).toEqual([true, true, false]);
    measure(stat('a', 1), stat('b', 2));
    await time.advance(3 * 60_000);
    expect(withSchema()).toEqual([true, true, false, true, true, false]);
    await time.advance(20 * 60_000);
    const later = withSchema().slice(3);
    for (let index = 0; index < 20; index += 1) {
      expect(later.slice(index, index + 10)).toContain(true);
    }
  });

  it('never pushes faster than every 30 s to a platform that is not known to keep it, and says so once', async () => {
    const { time, sent, session, pusher, slowed } = setUp({ intervalMs: 1_000 });
    void pusher.onOnline(session);
    const at: number[] = [];
    for (let second = 0; second < 130; second += 1) {
      const before = sent.length;
      await time.advance(1_000);
      if (sent.length > before) at.push(second);
    }
    const gaps = at.slice(1).map((second, index) => second - (at[index] ?? 0));
    expect(gaps.length).toBeGreaterThanOrEqual(3);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30);
    expect(slowed()).toBe(1);
  });

  it('pushes as often as asked to a platform that is known to keep it, and asks for that once', async () => {
    let asked = 0;
    const takesAll = async () => {
      asked += 1;
      return true;
    };
    const { time, sent, session, pusher, slowed } = setUp({ intervalMs: 1_000, takesAll });
    void pusher.onOnline(session);
    await time.advance(20_500);
    expect([sent.length, asked, slowed()]).toEqual([21, 1, 0]);
  });

  it('pushes by hand at once, and then when it may; who wants a push meanwhile joins', async () => {
    const { time, sent, session, pusher } = setUp({ intervalMs: 0 });
    await expect(pusher.pushNow()).rejects.toMatchObject({ code: 'ERR_STATE' });
    await pusher.onOnline(session);
    await pusher.pushNow();
    expect(sent).toHaveLength(1);
    const [second, third] = [pusher.pushNow(), pusher.pushNow()];
    await time.advance(29_000);
    expect(sent).toHaveLength(1);
    await time.advance(2_000);
    await Promise.all([second, third]);
    expect(sent).toHaveLength(2);
  });

  it('has a last push for a session that stops, also within the 30 s; none when paused or off', async () => {
    const { time, sent, session, pusher } = setUp();
    void pusher.onOnline(session);
    await time.advance(5_000);
    await pusher.farewell(session);
    expect(sent).toHaveLength(2);
    const off = setUp({ intervalMs: 0 });
    await off.pusher.onOnline(off.session);
    await off.pusher.farewell(off.session);
    expect(off.sent).toHaveLength(0);
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

  it('slows down as the limits of the client say', async () => {
    const { time, sent, session, pusher } = setUp({
      refuse: () => new RemoteError({ kind: 'auth-error', message: 'no metrics for you' }),
      limits: { slowRetryMs: 2 * 60_000 },
    });
    void pusher.onOnline(session);
    await time.advance(5_000 + 119_000);
    expect(sent).toHaveLength(1);
    await time.advance(2_000);
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
