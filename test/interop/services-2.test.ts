import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SecretKey } from '../../lib/core.js';
import { NetDiagnostics, type NetDiagnosticsOptions } from '../../lib/index.js';
import { MemoryStore, type MetricsRecord, type ServicesHost } from '../../lib/services/index.js';
import { refOf } from '../platform/stage.js';
import { until } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';
import { QUIET_PROBES } from '../support/quiet-probes.js';
import { servicesOnLoopback } from '../support/services-on-loopback.js';
import {
  buildPeer,
  interopAvailable,
  type Line,
  RustBackend,
  RustClient2,
  RustPlatform,
} from './support/index.js';

/** How long the app lives with the backend; INTEROP_LIFE_MS=300000 for five minutes. */
const LIFE_MS = Number(process.env.INTEROP_LIFE_MS ?? 65_000);

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The value of an app's metric, by its name and labels as OpenMetrics has them. */
function metricOf(record: MetricsRecord | undefined, name: string): unknown {
  const index = record?.schema.items.findIndex(({ prefixes, name: last, labels }) => {
    const text = labels.map(([key, value]) => `${key}="${value}"`).join(',');
    return `${[...prefixes, last].join('_')}${text === '' ? '' : `{${text}}`}` === name;
  });
  const { type: _, ...value } = record?.values[index ?? -1] ?? { type: null };
  return value;
}

describe.skipIf(!interopAvailable())('Platform and the official client of 2.0', () => {
  const net = new Loopback();
  const store = new MemoryStore();
  let platform: ServicesHost;
  let client: RustClient2;
  let restart: () => Promise<void>;

  beforeAll(async () => {
    await buildPeer();
    const endpoint = await net.bind();
    const start = () => servicesOnLoopback({ store, endpoint });
    platform = start();
    restart = async () => {
      await platform.stop();
      platform = start();
    };
    client = await RustClient2.start({
      apiSecret: (await platform.createApiSecret('interop')).reveal(),
      name: 'rust 2.0',
      group: 'staging 👋',
      attributes: { region: 'eu', tïer: '' },
    });
  });
  afterAll(async () => {
    await client?.stop();
    await platform?.stop();
    await net.closeAll();
  });

  const record = () => store.endpoint(refOf(client.id));

  it('keeps name, group and attributes in one connection, which used to be lost for each', async () => {
    let sessions = 0;
    platform.subscribe(({ type }) => {
      if (type === 'session-opened') sessions += 1;
    });
    await until(async () => Object.keys((await record())?.attributes ?? {}).length === 2);
    expect(await record()).toMatchObject({
      name: 'rust 2.0',
      group: 'staging 👋',
      attributes: { region: 'eu', tïer: '' },
    });
    expect((await platform.endpoints({ group: 'staging 👋' })).endpoints.map(({ id }) => id)).toEqual([
      client.id,
    ]);
    expect(sessions).toBeLessThanOrEqual(1);
  });

  it('takes what changes at run time, and refuses by the errors of 2.0', async () => {
    await client.do('set-name', { name: 'renamed' });
    await client.do('set-group', { group: 'production' });
    await client.do('set-attribute', { key: 'version', value: '1.0.3' });
    expect(await record()).toMatchObject({
      name: 'renamed',
      group: 'production',
      attributes: { region: 'eu', tïer: '', version: '1.0.3' },
    });
    await client.do('set-attributes', { attributes: [] });
    expect((await record())?.attributes).toEqual({});
    let refusal = '';
    for (let round = 0; round < 40 && refusal === ''; round += 1) {
      await client.do('set-group', { group: `group ${round}` }).catch((error: Error) => {
        refusal = error.message;
      });
    }
    expect(refusal).toContain('Rate limit exceeded');
    expect((await platform.endpoint(refOf(client.id)))?.isOnline).toBe(true);
  });

  it('keeps metrics of an app: counter, gauge, histogram, labels', async () => {
    await client.do('work', { path: '/a' });
    await client.do('work', { path: '/b' });
    await client.do('work', { path: '/b' });
    await client.do('push-metrics');
    const [latest] = await platform.metrics(refOf(client.id));
    expect(metricOf(latest, 'app_jobs')).toEqual({ value: 3n });
    expect(metricOf(latest, 'app_depth')).toEqual({ value: -3n });
    expect(metricOf(latest, 'app_requests{path="/b"}')).toEqual({ value: 2n });
    expect(metricOf(latest, 'app_wait')).toEqual({
      buckets: [
        [0.1, 0n],
        [1, 3n],
        [Number.POSITIVE_INFINITY, 3n],
      ],
      sum: 1.5,
      count: 3n,
    });
  });

  it('dials back into its ClientHost', async () => {
    await client.do('grant');
    console.log('The official host takes 10 s for a report without a relay');
    const { report } = await platform.dialBack(refOf(client.id));
    expect(report).toMatchObject({ endpointId: client.id, irohServicesVersion: '2.0.0' });
  });

  it('has it back after a restart, with its Auth and its schema', async () => {
    await restart();
    await client.do('work', { path: '/a' });
    // The first request may be the one that finds the old connection dead.
    await until(async () =>
      client.do('push-metrics').then(
        () => true,
        () => false,
      ),
    );
    expect(metricOf((await platform.metrics(refOf(client.id)))[0], 'app_jobs')).toEqual({ value: 4n });
    expect(await record()).toMatchObject({ name: 'renamed' });
  });

  it('gets the last push of its shutdown', async () => {
    const other = await RustClient2.start({
      apiSecret: (await platform.createApiSecret('other')).reveal(),
      metricsIntervalMs: 3_600_000,
    });
    await until(async () => (await platform.metrics(refOf(other.id))).length === 1);
    await other.do('work');
    await other.do('shutdown');
    expect(metricOf((await platform.metrics(refOf(other.id)))[0], 'app_jobs')).toEqual({ value: 1n });
    await until(async () => (await platform.endpoint(refOf(other.id)))?.isOnline === false);
    await other.stop();
  });
});

describe.skipIf(!interopAvailable())('NetDiagnostics and a backend as strict as the hosted one', () => {
  const apps: NetDiagnostics[] = [];
  let backend: RustBackend;
  const secretKey = SecretKey.fromBytes(new Uint8Array(32).fill(77));

  const start = (options: NetDiagnosticsOptions = {}) => {
    const app = NetDiagnostics.start(
      {
        apiSecret: backend.apiSecret,
        secretKey,
        network: 'minimal',
        bindAddrs: ['loopback'],
        logger: false,
        probes: QUIET_PROBES,
        reuse: 0,
        ...options,
      },
      {},
    );
    apps.push(app);
    return app;
  };

  beforeAll(async () => {
    await buildPeer();
    backend = await RustBackend.start({ delayMs: 300 });
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.stop()));
  });
  afterAll(() => backend?.stop());

  /** Everything that a connection said, in its order. */
  const conversation = (connection: number) =>
    backend.peer.lines.filter((line) => line.connection === connection).map(({ event }) => event);

  it('lives with it, and not one connection ends by an error', { timeout: LIFE_MS + 120_000 }, async () => {
    const endsAt = performance.now() + LIFE_MS;
    const app = start({
      name: 'guest',
      group: 'staging',
      attributes: { region: 'eu' },
      metrics: 30_000,
      reportOnStart: true,
    });
    expect(await app.ready({ timeoutMs: 20_000 })).toMatchObject({ grant: { state: 'granted' } });
    await until(() => app.status().labels.attributes.state === 'taken');
    expect(conversation(1).slice(0, 6)).toEqual([
      'connected',
      'auth',
      'name',
      'group',
      'attributes',
      'grant',
    ]);
    expect(await backend.dialBack()).toBe('2.0.0');

    await expect(app.setGroup('refused')).rejects.toMatchObject({ failure: { kind: 'invalid-input' } });
    expect(app.status().labels.group).toMatchObject({ state: 'refused' });
    await backend.limitNext();
    expect(await app.setGroup('production')).toEqual({ state: 'taken' });
    expect(backend.told('group').at(-1)).toMatchObject({ group: 'production' });
    // Many at once, callers that leave, and a dial-back between them.
    const calls = ['a', 'b', 'c', 'd'].map((value) => app.setAttribute('turn', value));
    await expect(app.pushMetrics({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await backend.dialBack();
    await Promise.all(calls);
    expect(backend.told('attributes').at(-1)).toMatchObject({ attributes: { region: 'eu', turn: 'd' } });
    await app.revoke();
    await expect(backend.dialBack()).rejects.toThrow();
    app.grant();
    await until(() => app.status().grant.state === 'granted');
    await backend.dialBack();
    // It restarts, and gets all again.
    await backend.closeConnections();
    await until(() => backend.told('attributes').at(-1)?.connection === 2, 20_000);
    await until(() => app.status().grant.state === 'granted');

    await sleep(Math.max(0, endsAt - performance.now()));
    const slow = app.setName('leaving');
    await sleep(100);
    const startedAt = performance.now();
    await app.stop();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await slow).toEqual({ state: 'taken' });
    await until(() => backend.told('disconnected').length === 2);
    // The last push, after the request that was under way.
    expect(conversation(2).slice(-3)).toEqual(['name', 'metrics', 'disconnected']);

    const again = start({ name: 'guest' });
    await again.ready({ timeoutMs: 20_000 });
    await again.stop();
    await until(() => backend.told('disconnected').length === 3);
    const [restarted, ...others] = backend.told('disconnected');
    expect(restarted).toMatchObject({ closed: { by: 'local' } });
    // Code 0 is the crate's normal end: its `read_request` then has nothing more, and no error.
    for (const line of others) expect(line).toMatchObject({ error: null, closed: { by: 'peer', code: 0 } });

    const pushes = backend.told('metrics');
    const kept = pushes.filter((line) => line.kept);
    expect(kept.length).toBeGreaterThanOrEqual(3);
    for (const line of kept) expect((line.items as unknown[]).length).toBe(line.values);
    expect(new Set(kept.map((line) => line.session)).size).toBeLessThanOrEqual(2);
    // Only the last push of a life may come too early.
    const early = pushes.filter((line) => !line.kept);
    expect(early.length).toBeLessThanOrEqual(2);
  });
});

describe.skipIf(!interopAvailable())('NetDiagnostics and a platform of 1.0', () => {
  let platform: RustPlatform;
  beforeAll(async () => {
    await buildPeer();
    platform = await RustPlatform.start();
  });
  afterAll(() => platform?.stop());

  it('stays connected, though the crate of 1.0 ends a connection on which it cannot read a request', async () => {
    const app = NetDiagnostics.start(
      {
        apiSecret: platform.ready.api_secret,
        network: 'minimal',
        bindAddrs: ['loopback'],
        logger: false,
        probes: QUIET_PROBES,
        name: 'newcomer',
        group: 'staging',
        attributes: { region: 'eu' },
      },
      {},
    );
    const connections = () => platform.peer.lines.filter((line: Line) => line.event === 'connected').length;
    await until(() => app.status().grant.state === 'granted', 20_000);
    expect(connections()).toBe(2);
    await sleep(5_000);
    expect(app.status()).toMatchObject({ state: 'online', labels: { group: { state: 'pending' } } });
    expect(connections()).toBe(2);
    await app.stop();
  });
});
