import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  GrantKeeper,
  LabelsKeeper,
  MetricsPusher,
  type OnlineHook,
  Session,
  type SessionEvent,
  type SessionOptions,
  statSamples,
} from '../../lib/client/index.js';
import { MemoryRevocationStore, Revocation } from '../../lib/host/index.js';
import type { Endpoint, WaitOptions } from '../../lib/transport/index.js';
import {
  ApiSecret,
  Caps,
  type RemoteFailure,
  SERVICES_ALPN,
  SecretKey,
  TOKEN_LIFETIME_SECONDS,
} from '../../lib/wire/index.js';
import { reportOf } from '../host/stage.js';
import { FakeTime, settle, until } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';
import { type Behaviour, TinyPlatform } from './tiny-platform.js';

const net = new Loopback();
const sessions: Session[] = [];
const platforms: TinyPlatform[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.stop()));
  await Promise.all(platforms.splice(0).map((platform) => platform.close()));
  await net.closeAll();
});

/** Short enough for a test, long enough for a loaded machine. */
const QUICK = { reconnectMinMs: 20, reconnectMaxMs: 100, connectTimeoutMs: 5_000, requestTimeoutMs: 5_000 };

async function bindPlatform(): Promise<TinyPlatform> {
  const platform = new TinyPlatform(await net.bind());
  platforms.push(platform);
  return platform;
}

async function startSession(platform: { apiSecret: ApiSecret }, options: Partial<SessionOptions> = {}) {
  const endpoint = options.endpoint ?? (await net.bind());
  const events: SessionEvent[] = [];
  const states: string[] = [];
  const session = new Session({
    endpoint,
    apiSecret: platform.apiSecret,
    onEvent: (event) => events.push(event),
    onState: ({ state }) => {
      if (states.at(-1) !== state) states.push(state);
    },
    ...options,
    limits: { ...QUICK, ...options.limits },
  });
  sessions.push(session);
  session.start();
  const count = (type: SessionEvent['type']) => events.filter((event) => event.type === type).length;
  return { session, endpoint, events, states, count };
}

async function keepers(endpoint: Endpoint): Promise<{ grants: GrantKeeper; hooks: OnlineHook[] }> {
  const grants = new GrantKeeper({
    secretKey: endpoint.secretKey(),
    platformId: (platforms[0] as TinyPlatform).endpoint.id,
    revocation: await Revocation.load(new MemoryRevocationStore()),
    enabled: true,
  });
  const metrics = new MetricsPusher({
    samples: () => statSamples(endpoint.stats()),
    intervalMs: 50,
    takesAll: () => Promise.resolve(true),
  });
  const labels = new LabelsKeeper({ name: 'app' });
  return { grants, hooks: [labels.onOnline, grants.onOnline, metrics.onOnline] };
}

const refusing = (failure: RemoteFailure) => (request: { type: string }) =>
  request.type === 'auth' ? 'answer' : failure;

describe('Session', () => {
  it('shows its client token first, then names itself, grants, and sends metrics', async () => {
    const platform = (await bindPlatform()).open();
    const endpoint = await net.bind();
    const { grants, hooks } = await keepers(endpoint);
    const { session, states } = await startSession(platform, { endpoint, hooks });
    await session.whenOnline();
    await until(
      () => platform.grants.length === 1 && platform.names.length === 1 && platform.metrics.length >= 2,
    );
    expect(platform.conversations[0]?.[0]).toBe('auth');
    const [token] = platform.auths;
    expect(token).toMatchObject({ issuer: platform.apiSecret.keyId, audience: endpoint.id });
    expect(token?.caps.toStrings()).toEqual(['client']);
    expect(token?.expiresAt).toBeCloseTo(Date.now() / 1000 + TOKEN_LIFETIME_SECONDS, -2);
    expect(platform.names).toEqual(['app']);
    await until(() => platform.metrics.length >= 3);
    const withSchema = platform.metrics.slice(0, 3).map(({ update }) => update.schema !== null);
    expect(withSchema).toEqual([true, true, false]);
    expect(platform.metrics[0]?.sessionId).toMatch(/^.{12}4.{3}[89ab].{15}$/);
    await until(() => grants.state.state === 'granted');
    expect(states).toEqual(['connecting', 'online']);
    expect(platform.connections).toHaveLength(1);
  });

  it('sends reports and measures pings', async () => {
    const platform = (await bindPlatform()).open();
    const { session, endpoint } = await startSession(platform);
    await session.whenOnline();
    await session.request({ type: 'put-network-diagnostics', report: reportOf(endpoint) });
    expect(platform.reports).toEqual([reportOf(endpoint)]);
    expect(await session.ping()).toBeGreaterThan(0);
    await Promise.all(Array.from({ length: 40 }, () => session.ping()));
    expect(platform.connections).toHaveLength(1);
  });

  it.each<[RemoteFailure]>([
    [{ kind: 'missing-capability', caps: Caps.of('net-diagnostics:put-any') }],
    [{ kind: 'auth-error', message: 'token expired' }],
    [{ kind: 'internal-server-error' }],
  ])('throws what the platform answered: %o', async (failure) => {
    const platform = (await bindPlatform()).open();
    platform.behave = refusing(failure);
    const { session } = await startSession(platform);
    await session.whenOnline();
    const request = session.request({ type: 'name-endpoint', name: 'app' });
    await expect(request).rejects.toMatchObject({ code: 'ERR_REMOTE', failure: { kind: failure.kind } });
    expect(session.status.state).toBe('online');
  });

  it('refuses requests while it is offline, and more than it can keep', async () => {
    const platform = await bindPlatform();
    const { session } = await startSession(platform);
    await expect(session.ping()).rejects.toMatchObject({ code: 'ERR_STATE' });
    platform.open();
    platform.behave = ({ type }) => (type === 'ping' ? 'mute' : 'answer');
    await session.whenOnline();
    const pings = Array.from({ length: 73 }, () =>
      session.ping().catch((error: { code: string }) => error.code),
    );
    expect(await Promise.all(pings.slice(65))).toEqual(Array(8).fill('ERR_STATE'));
    await session.stop();
    await Promise.all(pings);
  });

  it('has one request under way at a time, in their order, and a caller who leaves harms none', async () => {
    const platform = (await bindPlatform()).open();
    platform.delayMs = 60;
    const { session } = await startSession(platform);
    await session.whenOnline();
    const name = (text: string, wait?: WaitOptions) =>
      session.request({ type: 'name-endpoint', name: text }, wait);
    const leaving = new AbortController();
    const begun = name('begun', { timeoutMs: 10 });
    const waiting = name('never sent', { signal: leaving.signal });
    const others = ['third', 'fourth'].map((text) => name(text));
    await expect(begun).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await Promise.all(others);
    expect(platform.names).toEqual(['begun', 'third', 'fourth']);
    expect([platform.mostAtOnce, platform.faults, platform.connections.length]).toEqual([1, [], 1]);
  });

  it('measures a ping from its turn on', async () => {
    const platform = (await bindPlatform()).open();
    const { session } = await startSession(platform);
    await session.whenOnline();
    platform.behave = ({ type }) => {
      platform.delayMs = type === 'ping' ? 0 : 500;
      return 'answer';
    };
    const slow = session.request({ type: 'name-endpoint', name: 'slow' });
    expect(await session.ping()).toBeLessThan(450);
    await slow;
  });

  it("lets a caller's own time limit or signal end a request without a verdict on the platform", async () => {
    const platform = (await bindPlatform()).open();
    platform.behave = ({ type }) => (type === 'ping' ? 'mute' : 'answer');
    const { session } = await startSession(platform);
    await session.whenOnline();
    await expect(session.ping({ timeoutMs: 30 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    const signal = AbortSignal.timeout(30);
    await expect(session.ping({ signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(session.status.state).toBe('online');
    expect(platform.connections).toHaveLength(1);
  });

  it('renews itself for a fresh token at half of the life of the old one, without a delay', async () => {
    const platform = (await bindPlatform()).open();
    const time = new FakeTime();
    const { session, count } = await startSession(platform, { clock: time, sleep: time.sleep });
    await session.whenOnline();
    for (let guard = 0; platform.auths.length < 2 && guard < 100; guard += 1) {
      await time.advance(6 * 3600_000 + 1);
      await until(() => session.status.state === 'online' && time.sleepers > 0);
    }
    const [first, second] = platform.auths;
    expect((second?.expiresAt ?? 0) - (first?.expiresAt ?? 0)).toBeGreaterThanOrEqual(
      TOKEN_LIFETIME_SECONDS / 2,
    );
    expect((second?.expiresAt ?? 0) - (first?.expiresAt ?? 0)).toBeLessThan(
      TOKEN_LIFETIME_SECONDS / 2 + 12 * 3600,
    );
    expect(count('offline')).toBe(0);
  }, 60_000);
});

describe('a platform that', () => {
  it('is down at the start gets its grant when it comes up', async () => {
    const platform = await bindPlatform();
    const endpoint = await net.bind();
    const { grants, hooks } = await keepers(endpoint);
    // Nobody takes the connection: each attempt runs into its time limit.
    const limits = { connectTimeoutMs: 300 };
    const { session, count } = await startSession(platform, { endpoint, hooks, limits });
    await until(() => count('offline') >= 2);
    expect(session.status).toMatchObject({ why: expect.any(String), retryAt: expect.any(Number) });
    expect(grants.state).toEqual({ state: 'ungranted' });
    platform.open();
    await until(() => grants.state.state === 'granted');
    expect(session.status).toMatchObject({ state: 'online', why: null, retryAt: null });
  });

  it('goes and comes back, with and without its memory, gets its grant each time', async () => {
    const platform = (await bindPlatform()).open();
    const endpoint = await net.bind();
    const { hooks } = await keepers(endpoint);
    const { session } = await startSession(platform, { endpoint, hooks });
    for (const loses of [false, true, true]) {
      await until(
        () => platform.grants.length > 0 && platform.names.length > 0 && platform.metrics.length > 0,
      );
      await platform.close();
      await until(() => session.status.state !== 'online');
      if (loses) platform.forget();
      const known = platform.grants.length;
      platform.open();
      await until(() => platform.grants.length > known && platform.metrics.length > 0);
    }
    expect(platform.metrics.at(0)?.update.schema).not.toBeNull();
    expect(platform.conversations.filter(([first]) => first !== undefined && first !== 'auth')).toEqual([]);
  });

  it('refuses the token is asked again slowly, and told of once', async () => {
    const platform = (await bindPlatform()).open();
    const time = new FakeTime();
    let isRefusing = true;
    platform.behave = ({ type }): Behaviour =>
      type === 'auth' && isRefusing ? { close: 401, reason: 'Unauthorized' } : 'answer';
    const { session, count, states } = await startSession(platform, {
      clock: time,
      sleep: time.sleep,
      random: () => 0.5,
    });
    const refused = (times: number) =>
      until(() => platform.connections.length === times && time.sleepers === 1);
    await refused(1);
    expect(session.status).toMatchObject({ state: 'unauthorized', retryAt: time.now() + 15 * 60_000 });
    await time.advance(15 * 60_000 - 1);
    expect(platform.connections).toHaveLength(1);
    await time.advance(1);
    await refused(2);
    expect(count('unauthorized')).toBe(1);
    isRefusing = false;
    await time.advance(15 * 60_000);
    await session.whenOnline();
    expect(states).toEqual([
      'connecting',
      'unauthorized',
      'connecting',
      'unauthorized',
      'connecting',
      'online',
    ]);
    expect([count('unauthorized'), count('offline'), count('online')]).toEqual([1, 0, 1]);
  });

  it('refuses at a ping is asked again slowly, too', async () => {
    const platform = (await bindPlatform()).open();
    platform.behave = ({ type }) => (type === 'ping' ? { close: 401, reason: 'Unauthorized' } : 'answer');
    const { session } = await startSession(platform, { limits: { pingIntervalMs: 20 } });
    await until(() => session.status.state === 'unauthorized');
  });

  it('takes the token back later is asked again slowly, too', async () => {
    const platform = (await bindPlatform()).open();
    const { session, count } = await startSession(platform);
    await session.whenOnline();
    platform.connections[0]?.close(401, 'Unauthorized');
    await until(() => session.status.state === 'unauthorized');
    expect((session.status.retryAt ?? 0) - Date.now()).toBeGreaterThan(5 * 60_000);
    expect(count('unauthorized')).toBe(1);
  });

  it('refuses in the way of a stream that ends just before the connection is still understood', async () => {
    const platform = (await bindPlatform()).open();
    platform.behave = () => ({ close: 401, reason: 'Unauthorized', late: true });
    const { session } = await startSession(platform);
    await until(() => session.status.state === 'unauthorized');
  });

  it.each<[string, (request: { type: string }) => Behaviour]>([
    ['at Auth', ({ type }) => (type === 'auth' ? 'mute' : 'answer')],
    ['at a ping', ({ type }) => (type === 'ping' ? 'mute' : 'answer')],
  ])('never answers is noticed and dialled anew: %s', async (_, behave) => {
    const platform = (await bindPlatform()).open();
    platform.behave = behave;
    const { count, events } = await startSession(platform, {
      limits: { requestTimeoutMs: 200, pingIntervalMs: 50 },
    });
    await until(() => count('offline') >= 2);
    expect(platform.connections.length).toBeGreaterThanOrEqual(2);
    expect(events.find(({ type }) => type === 'offline')).toMatchObject({
      why: expect.stringMatching(/answer|nothing/),
    });
    platform.behave = () => 'answer';
    const online = count('online');
    await until(() => count('online') > online);
  });

  it('closes every connection at once is not called in a tight loop', async () => {
    const platform = (await bindPlatform()).open();
    const time = new FakeTime();
    platform.behave = ({ type }) => (type === 'auth' ? 'answer' : { close: 0, reason: 'go away' });
    const { session, events } = await startSession(platform, {
      clock: time,
      sleep: time.sleep,
      random: () => 0.5,
      limits: { reconnectMinMs: 500, reconnectMaxMs: 60_000 },
      hooks: [(online) => online.request({ type: 'name-endpoint', name: 'app' })],
    });
    const delays = () => events.flatMap((event) => (event.type === 'offline' ? [event.retryInMs] : []));
    for (let round = 1; round <= 4; round += 1) {
      await until(() => delays().length === round && session.status.state === 'waiting');
      await time.advance(60_000);
    }
    expect(delays().slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
  });

  it('was fine for a while is called again at the shortest delay', async () => {
    const platform = (await bindPlatform()).open();
    const { session, events } = await startSession(platform, { limits: { stableAfterMs: 0 } });
    for (let round = 1; round <= 3; round += 1) {
      await until(() => session.status.state === 'online' && platform.connections.length === round);
      platform.connections.at(-1)?.close(0);
      await until(() => events.filter(({ type }) => type === 'offline').length === round);
    }
    expect(events.flatMap((event) => (event.type === 'offline' ? [event.attempt] : []))).toEqual([0, 0, 0]);
  });
});

describe('a sign that the platform is there', () => {
  it('shows at once whether a session is dead, which looks alive', async () => {
    const platform = (await bindPlatform()).open();
    platform.behave = ({ type }) => (type === 'ping' ? 'mute' : 'answer');
    const { session, count } = await startSession(platform, { limits: { requestTimeoutMs: 300 } });
    await session.whenOnline();
    session.checkNow();
    await until(() => count('online') === 2, 5_000);
    expect(platform.conversations).toEqual([['auth', 'ping'], ['auth']]);
  });

  it('costs a session that lives one ping', async () => {
    const platform = (await bindPlatform()).open();
    const { session, count } = await startSession(platform);
    await session.whenOnline();
    session.checkNow();
    await until(() => session.status.latencyMs !== null);
    expect(platform.conversations).toEqual([['auth', 'ping']]);
    expect(count('offline')).toBe(0);
  });

  it('ends the wait for the next attempt', async () => {
    const platform = await bindPlatform();
    const slow = { reconnectMinMs: 60_000, reconnectMaxMs: 60_000, connectTimeoutMs: 300 };
    const { session, states } = await startSession(platform, { limits: slow });
    await until(() => session.status.state === 'waiting');
    platform.open();
    session.checkNow();
    await until(() => session.status.state === 'online', 5_000);
    expect(states).toEqual(['connecting', 'waiting', 'connecting', 'online']);
  });

  it('does not hurry one whose token was refused', async () => {
    const platform = (await bindPlatform()).open();
    platform.behave = () => ({ close: 401, reason: 'Unauthorized' });
    const { session } = await startSession(platform);
    await until(() => session.status.state === 'unauthorized');
    session.checkNow();
    await settle();
    expect(session.status.state).toBe('unauthorized');
    expect(platform.connections).toHaveLength(1);
  });
});

describe('a platform that answers with more than an answer has', () => {
  it('has its 16 MiB left unread, and the session goes on', async () => {
    const platform = (await bindPlatform()).open();
    const message = 'x'.repeat(16 * 1024 * 1024 - 20);
    platform.behave = ({ type }) => (type === 'name-endpoint' ? { kind: 'auth-error', message } : 'answer');
    const { session } = await startSession(platform);
    await session.whenOnline();
    const request = session.request({ type: 'name-endpoint', name: 'app' });
    await expect(request).rejects.toMatchObject({ code: 'ERR_MESSAGE_TOO_LARGE' });
    expect(await session.ping()).toBeGreaterThan(0);
  });
});

describe('a fault of the app', () => {
  it('in a hook is told and ends nothing', async () => {
    const platform = (await bindPlatform()).open();
    const fault = new Error('hook');
    const { session, events } = await startSession(platform, {
      hooks: [
        () => {
          throw fault;
        },
        () => Promise.reject(fault),
      ],
    });
    await until(() => events.length === 3);
    expect(events).toEqual([
      { type: 'online' },
      { type: 'hook-failed', error: fault },
      { type: 'hook-failed', error: fault },
    ]);
    expect(await session.ping()).toBeGreaterThan(0);
  });

  it('in an observer is ignored', async () => {
    const platform = (await bindPlatform()).open();
    const dialled: string[] = [];
    const { session } = await startSession(platform, {
      onAuthenticated: ({ alpn, closeReason }) => {
        dialled.push(alpn);
        expect(closeReason).toBeNull();
        throw new Error('connection');
      },
      onEvent: () => {
        throw new Error('event');
      },
      onState: () => {
        throw new Error('state');
      },
    });
    await session.whenOnline();
    expect(dialled).toEqual([SERVICES_ALPN]);
    expect(await session.ping()).toBeGreaterThan(0);
  });

  it('is not told of a connection on which the platform never answered: its path may carry a handshake alone', async () => {
    const platform = (await bindPlatform()).open();
    platform.behave = () => 'mute';
    const told: string[] = [];
    const { session } = await startSession(platform, { onAuthenticated: ({ alpn }) => told.push(alpn) });
    await until(() => platform.connections.length > 0);
    await settle();
    expect(told).toEqual([]);
    platform.behave = () => 'answer';
    platform.connections.at(-1)?.close(0);
    await session.whenOnline();
    expect(told).toEqual([SERVICES_ALPN]);
  });

  it('that closes the endpoint ends the session for good', async () => {
    const platform = (await bindPlatform()).open();
    const { session, endpoint, count } = await startSession(platform);
    await session.whenOnline();
    await endpoint.close();
    await until(() => session.status.state === 'stopped');
    expect(count('endpoint-closed')).toBe(1);
    await expect(session.whenOnline()).rejects.toMatchObject({ code: 'ERR_STATE' });
  });
});

/** A UDP port nobody answers on, held so that nobody else gets it. */
async function deadPort() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
}

describe('stop', () => {
  const setUps: [string, () => Promise<{ session: Session; time: FakeTime }>][] = [
    [
      'idle',
      async () => {
        const [platform, endpoint] = [await bindPlatform(), await net.bind()];
        return { session: new Session({ endpoint, apiSecret: platform.apiSecret }), time: new FakeTime() };
      },
    ],
    [
      'connecting',
      async () => {
        const dead = await deadPort();
        const { id } = await net.bind();
        const directAddrs = [{ family: 4 as const, ip: '127.0.0.1', port: dead.port }];
        const key = SecretKey.fromBytes(new Uint8Array(32).fill(9));
        const apiSecret = ApiSecret.create(key, { id, relayUrls: [], directAddrs });
        const time = new FakeTime();
        const { session } = await startSession({ apiSecret }, { clock: time, sleep: time.sleep });
        await new Promise((resolve) => setTimeout(resolve, 50));
        dead.close();
        return { session, time };
      },
    ],
    [
      'authenticating',
      async () => {
        const platform = (await bindPlatform()).open();
        platform.behave = () => 'mute';
        const time = new FakeTime();
        const { session } = await startSession(platform, { clock: time, sleep: time.sleep });
        await until(() => platform.conversations[0]?.length === 1);
        return { session, time };
      },
    ],
    [
      'online, with hooks at work and requests under way',
      async () => {
        const platform = (await bindPlatform()).open();
        platform.behave = ({ type }) => (type === 'ping' ? 'mute' : 'answer');
        const time = new FakeTime();
        const endpoint = await net.bind();
        const hook: OnlineHook = (online) => time.sleep(1e9, online.signal);
        const { session } = await startSession(platform, {
          endpoint,
          clock: time,
          sleep: time.sleep,
          hooks: [hook],
          limits: { stopGraceMs: 100 },
        });
        await session.whenOnline();
        for (let round = 0; round < 12; round += 1) session.ping().catch(() => {});
        await until(() => (platform.conversations[0]?.length ?? 0) > 1);
        return { session, time };
      },
    ],
    [
      'waiting',
      async () => {
        const platform = (await bindPlatform()).open();
        platform.behave = () => ({ close: 0, reason: 'later' });
        const time = new FakeTime();
        const { session } = await startSession(platform, { clock: time, sleep: time.sleep });
        await until(() => session.status.state === 'waiting');
        return { session, time };
      },
    ],
    [
      'unauthorized',
      async () => {
        const platform = (await bindPlatform()).open();
        platform.behave = () => ({ close: 401, reason: 'Unauthorized' });
        const time = new FakeTime();
        const { session } = await startSession(platform, { clock: time, sleep: time.sleep });
        await until(() => session.status.state === 'unauthorized');
        return { session, time };
      },
    ],
  ];

  it.each(setUps)('is quick, final and leaves no timer: %s', async (_, setUp) => {
    const { session, time } = await setUp();
    const waiting = session.whenOnline().then(
      () => 'online',
      (error: { code: string }) => error.code,
    );
    const wasOnline = session.status.state === 'online';
    const startedAt = performance.now();
    await Promise.all([session.stop(), session.stop()]);
    expect(performance.now() - startedAt).toBeLessThan(300);
    expect(session.status).toMatchObject({ state: 'stopped', retryAt: null });
    expect(await waiting).toBe(wasOnline ? 'online' : 'ERR_STATE');
    await settle();
    expect(time.sleepers).toBe(0);
    expect(() => session.start()).toThrow(/stopped/);
    await expect(session.ping()).rejects.toMatchObject({ code: 'ERR_STATE' });
  });

  it('lets the request under way finish, drops those that wait, and says farewell', async () => {
    const platform = (await bindPlatform()).open();
    const farewell: OnlineHook = (last) => last.request({ type: 'name-endpoint', name: 'farewell' });
    const { session } = await startSession(platform, { farewell });
    await session.whenOnline();
    platform.delayMs = 200;
    const [begun, waiting] = ['begun', 'waiting'].map((name) =>
      session.request({ type: 'name-endpoint', name }),
    );
    const dropped = expect(waiting).rejects.toMatchObject({ code: 'ERR_STATE' });
    await until(() => platform.conversations[0]?.length === 2);
    platform.delayMs = 0;
    await session.stop();
    await begun;
    await dropped;
    expect(platform.names).toEqual(['begun', 'farewell']);
    await until(() => platform.endings.length === 1);
    expect(platform.endings[0]).toMatchObject({ by: 'peer', code: 0 });
    expect(platform.faults).toEqual([]);
  });

  it('ends a farewell that takes too long: an app may ask elsewhere for what it says', async () => {
    const platform = (await bindPlatform()).open();
    const farewell: OnlineHook = () => new Promise(() => {});
    const { session } = await startSession(platform, { farewell, limits: { farewellTimeoutMs: 50 } });
    await session.whenOnline();
    const startedAt = performance.now();
    await session.stop();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await until(() => platform.endings.length === 1);
    expect(platform.endings[0]).toMatchObject({ by: 'peer', code: 0 });
  });

  it('says no farewell to a platform that hangs, and none to one that never came', async () => {
    const platform = (await bindPlatform()).open();
    let farewells = 0;
    const farewell: OnlineHook = async () => {
      farewells += 1;
    };
    const limits = { stopGraceMs: 50 };
    const { session } = await startSession(platform, { farewell, limits });
    await session.whenOnline();
    platform.behave = () => 'mute';
    session.ping().catch(() => {});
    await until(() => platform.conversations[0]?.length === 2);
    await session.stop();
    const { session: other } = await startSession(await bindPlatform(), { farewell, limits });
    await other.stop();
    expect(farewells).toBe(0);
  });

  it('closes the connection with code 0 and leaves the endpoint open', async () => {
    const platform = (await bindPlatform()).open();
    const { session, endpoint } = await startSession(platform);
    await session.whenOnline();
    await session.stop();
    await until(() => platform.endings.length === 1);
    expect(platform.endings[0]).toMatchObject({ by: 'peer', code: 0 });
    expect(endpoint.isClosed).toBe(false);
  });
});
