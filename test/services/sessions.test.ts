import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { SESSIONS_AT_ONCE } from '../../lib/services/constants.js';
import {
  DEFAULT_PROJECT,
  type EndpointId,
  type EndpointRef,
  MemoryStore,
  ServicesHost,
  type ServicesLimitOptions,
  ServicesShares,
  type Store,
} from '../../lib/services/index.js';
import { type Connection, call, type Endpoint } from '../../lib/transport/index.js';
import {
  type ApiSecret,
  Caps,
  encodeServicesRequest,
  SERVICES_ALPN,
  type ServicesRequest,
} from '../../lib/wire/index.js';
import { grantToken, refOf, Stage } from '../platform/stage.js';
import { until } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';

/** What befalls a store's database, and what it was asked. */
interface Mood {
  asked: string[];
  isAway: boolean;
  /** What fails when it is asked for. */
  fails: string[];
  /** What `slow` names waits for it. */
  gate: Promise<void>;
}

const SLOW: readonly string[] = ['sessionOpened', 'nameEndpoint'];

function moodyStore(mood: Mood): Store {
  return new Proxy(new MemoryStore(), {
    get: (store, name) => {
      const method = Reflect.get(store, name, store) as unknown;
      if (typeof method !== 'function' || typeof name !== 'string') return method;
      return async (...args: unknown[]) => {
        mood.asked.push(name);
        if (mood.isAway || mood.fails.includes(name))
          throw new NetDiagnosticsError('ERR_STORE', 'the database is away');
        if (SLOW.includes(name)) await mood.gate;
        return Reflect.apply(method, store, args) as unknown;
      };
    },
  });
}

/** @returns lets pass what waits */
function hold(mood: Mood): () => void {
  let open = () => {};
  mood.gate = new Promise((resolve) => {
    open = resolve;
  });
  return open;
}

const loopback = new Loopback();
const hosts: ServicesHost[] = [];
/** A collected connection is closed. */
const held: Connection[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  await loopback.closeAll();
  held.length = 0;
});

async function started(limits?: ServicesLimitOptions, shares?: ServicesShares) {
  const mood: Mood = { asked: [], isAway: false, fails: [], gate: Promise.resolve() };
  const store = moodyStore(mood);
  const host = ServicesHost.start({ endpoint: await loopback.bind(), store, limits, shares });
  hosts.push(host);
  return { host, store, mood, secret: await host.createApiSecret('test') };
}

function ask(connection: Connection, request: ServicesRequest): Promise<Uint8Array> {
  return call(connection, encodeServicesRequest(request), { timeoutMs: 10_000 });
}

async function openSession(host: ServicesHost, secret: ApiSecret, endpoint: Endpoint): Promise<Connection> {
  const connection = await endpoint.connect(host.address, SERVICES_ALPN);
  held.push(connection);
  const inAnHour = Math.floor(Date.now() / 1000) + 3_600;
  await ask(connection, { type: 'auth', token: secret.issueToken(endpoint.id, Caps.of('client'), inAnHour) });
  return connection;
}

const ping = () => ({ type: 'ping', id: new Uint8Array(16) }) as const;
const isOnline = async (host: ServicesHost, id: EndpointId) =>
  (await host.endpoint({ project: DEFAULT_PROJECT, id }))?.isOnline;

describe('a session', () => {
  it('pings without asking the database, and while that is away', async () => {
    const { host, mood, secret } = await started();
    const connection = await openSession(host, secret, await loopback.bind());
    mood.asked.length = 0;
    for (let count = 0; count < 5; count += 1) await ask(connection, ping());
    expect(mood.asked).toEqual([]);
    mood.isAway = true;
    await ask(connection, ping());
    expect(connection.closeReason).toBeNull();
  });

  it('ends when its secret was revoked by another process, and the secret is not taken any more', async () => {
    const { host, store, secret } = await started();
    const endpoint = await loopback.bind();
    const connection = await openSession(host, secret, endpoint);
    await ask(connection, ping());
    await store.revokeApiSecret(DEFAULT_PROJECT, secret.keyId, Date.now());
    host.secretRevoked(secret.keyId);
    expect(await connection.closed()).toMatchObject({ code: 401 });
    await expect(openSession(host, secret, endpoint)).rejects.toMatchObject({ closeReason: { code: 401 } });
  });

  it('that ends while its beginning is being stored is not online for ever', async () => {
    const { host, mood, secret } = await started();
    const endpoint = await loopback.bind();
    const open = hold(mood);
    const opening = openSession(host, secret, endpoint).catch(() => {});
    await until(() => mood.asked.includes('sessionOpened'));
    held.at(-1)?.close(0);
    await opening;
    // The platform notices that it is gone.
    await sleep(300);
    open();
    await until(() => mood.asked.includes('sessionClosed'));
    await until(async () => (await isOnline(host, endpoint.id)) === false);
  });

  it('that could not be stored ends at once, and may come again: it keeps no place', async () => {
    const shares = new ServicesShares();
    const { host, mood, secret } = await started({}, shares);
    const endpoint = await loopback.bind();
    mood.fails = ['authorise'];
    await expect(openSession(host, secret, endpoint)).rejects.toMatchObject({ closeReason: { code: 503 } });
    await until(() => shares.inUse.sessions === 0);
    mood.fails = [];
    await ask(await openSession(host, secret, endpoint), ping());
  });

  it('loses nothing while many of its requests wait for a slow database: they have arrived', async () => {
    const { host, mood, secret } = await started({ openRequests: 4 });
    const sessions = await Promise.all(
      Array.from({ length: 8 }, async () => openSession(host, secret, await loopback.bind())),
    );
    const open = hold(mood);
    const naming = sessions.map((session, index) =>
      ask(session, { type: 'name-endpoint', name: `app ${index}` }),
    );
    await until(() => mood.asked.filter((name) => name === 'nameEndpoint').length === sessions.length);
    await Promise.all(sessions.map((session) => ask(session, ping())));
    open();
    await Promise.all(naming);
    expect(sessions.map(({ closeReason }) => closeReason)).toEqual(sessions.map(() => null));
  });
});

describe('limits', () => {
  it('are settings, and a wrong one is named', async () => {
    const endpoint = await loopback.bind();
    const start = (limits: object) => () =>
      ServicesHost.start({ endpoint, store: new MemoryStore(), limits });
    expect(start({ runs: 1.5 })).toThrow(/`limits\.runs` of ServicesHost\.start\(\) was 1\.5; it must be/);
    expect(() => new ServicesShares({ runs: 0 })).toThrow(/`limits\.runs` of new ServicesShares\(\) was 0/);
    expect(start({ stranger: 2 })).toThrow(/`limits\.stranger` .* is not known\. Did you mean `strangers`\?/);
  });

  it('of one secret leave the places of others free', async () => {
    const { host, secret } = await started({ sessions: 8, sessionsPerSecret: 2 });
    for (let count = 0; count < 2; count += 1) await openSession(host, secret, await loopback.bind());
    await expect(openSession(host, secret, await loopback.bind())).rejects.toMatchObject({
      closeReason: { code: 503 },
    });
    await openSession(host, await host.createApiSecret('another'), await loopback.bind());
  });

  it('of one endpoint bound how often it opens sessions: most of a storm is refused, and costs the database nothing', async () => {
    const { host, mood, secret } = await started({ sessionsPerEndpoint: 100 });
    const endpoint = await loopback.bind();
    const refused: string[] = [];
    host.subscribe((event) => event.type === 'session-refused' && refused.push(event.why));
    const storm = Promise.allSettled(
      Array.from({ length: 40 }, async () => (await openSession(host, secret, endpoint)).close(0)),
    );
    await until(() => refused.length >= 20);
    expect(new Set(refused)).toEqual(new Set(['too many sessions were opened lately']));
    expect(mood.asked.filter((name) => name === 'sessionOpened').length).toBeLessThanOrEqual(20);
    // Others of the same secret come in meanwhile.
    await openSession(host, secret, await loopback.bind());
    await storm;
  });

  it('of how often sessions are opened keep no place for a connection that ends before its turn', async () => {
    const begunAt = Date.now();
    const shares = new ServicesShares({ sessionsPerEndpoint: 100 }, { now: () => begunAt });
    const { host, mood, secret } = await started({}, shares);
    const endpoint = await loopback.bind();
    for (let count = 0; count < SESSIONS_AT_ONCE + 1; count += 1)
      (await openSession(host, secret, endpoint)).close(0);
    await until(() => shares.connections.taken === 0);
    const opened = () => mood.asked.filter((name) => name === 'sessionOpened').length;
    const before = opened();
    // Its turn would come in four seconds.
    const early = await endpoint.connect(host.address, SERVICES_ALPN);
    await until(() => shares.connections.taken === 1);
    await sleep(200);
    early.close(0);
    await until(() => shares.connections.taken === 0, 2_500);
    expect(opened()).toBe(before);
  });

  it("of connections without a token do not count who waits for its secret's turn: its token was shown", async () => {
    // A turn in a tenth of a second: the second session comes half a second after the first, the third a second after.
    const limits = { strangers: 1, requestsPerSecret: 100 };
    const shares = new ServicesShares(limits);
    const { host, secret } = await started({}, shares);
    const opening: Promise<unknown>[] = [];
    for (let count = 1; count <= 3; count += 1) {
      const opened = openSession(host, secret, await loopback.bind());
      opening.push(opened.then(({ closeReason }) => closeReason).catch((error: unknown) => error));
      await until(() => shares.inUse.sessions === count);
    }
    const waiting = shares.inUse.strangers;
    held.push(await (await loopback.bind()).connect(host.address, SERVICES_ALPN));
    expect(await Promise.all(opening)).toEqual([null, null, null]);
    expect(waiting).toBe(0);
  });

  describe('hold for all identities of a process together', () => {
    async function twoHosts(limits: ServicesLimitOptions) {
      const shares = new ServicesShares(limits);
      return { one: await started({}, shares), other: await started({}, shares) };
    }

    it('sessions: the secret that has the most gives way, whichever identity it names', async () => {
      const { one, other } = await twoHosts({ sessions: 3 });
      const sessions: Connection[] = [];
      for (let count = 0; count < 3; count += 1)
        sessions.push(await openSession(one.host, one.secret, await loopback.bind()));
      const newcomer = await openSession(other.host, other.secret, await loopback.bind());
      await until(() => sessions.some(({ closeReason }) => closeReason !== null));
      expect(sessions.map(({ closeReason }) => closeReason === null)).toEqual([false, true, true]);
      expect(newcomer.closeReason).toBeNull();
    });

    it('connections without a token', async () => {
      const { one, other } = await twoHosts({ strangers: 1 });
      const connect = async (host: ServicesHost) => {
        const connection = await (await loopback.bind()).connect(host.address, SERVICES_ALPN);
        held.push(connection);
        return connection;
      };
      const first = await connect(one.host);
      // The platform may see a connection later than the one who opened it.
      await sleep(200);
      await connect(other.host);
      await first.closed();
    });

    it('dial-backs: one more has to wait until one has ended', async () => {
      const { one, other } = await twoHosts({ runs: 1 });
      const stage = new Stage();
      const [stop, stopNext] = [new AbortController(), new AbortController()];
      try {
        const refs: EndpointRef[] = [];
        for (const { host, secret } of [one, other]) {
          const endpoint = await stage.clientHost({ onRun: () => undefined });
          const session = await openSession(host, secret, endpoint);
          await ask(session, { type: 'grant-cap', token: grantToken(endpoint, host) });
          refs.push(refOf(endpoint.id));
        }
        const [first, second] = refs as [EndpointRef, EndpointRef];
        const running = one.host.dialBack(first, stop).catch(() => {});
        await until(() => one.host.progress(first)?.phase === 'running');
        await expect(other.host.dialBack(second)).rejects.toThrow(/1 runs are under way/);
        stop.abort();
        await running;
        const going = other.host.dialBack(second, stopNext).catch(() => {});
        await until(() => other.host.progress(second)?.phase === 'running');
        stopNext.abort();
        await going;
      } finally {
        await stage.close();
      }
    });
  });
});
