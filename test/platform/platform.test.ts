import { createSocket } from 'node:dgram';
import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Platform, type PlatformOptions } from '../../platform/index.js';
import { parsePlatformOptions } from '../../platform/options.js';
import { openStore } from '../../platform/store/open-store.js';
import { startChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { HAS_IPV6_LOOPBACK } from '../support/loopback.js';
import {
  ask,
  clientToken,
  connect,
  grantToken,
  newId,
  openSession,
  Stage,
  sampleReport,
  sqlStore,
  tell,
} from './stage.js';

const stage = new Stage();
afterEach(() => stage.close());

describe('the platform', () => {
  it('listens on loopback alone, on one port for both families', async () => {
    const { address } = await stage.platform();
    const hosts = address.directAddrs.map(({ ip }) => ip).sort();
    expect(hosts).toEqual(HAS_IPV6_LOOPBACK ? ['127.0.0.1', '::1'] : ['127.0.0.1']);
    expect(new Set(address.directAddrs.map(({ port }) => port)).size).toBe(1);
  });

  it('keeps as many reports of an endpoint as it is told, and removes in the background what is too old', async () => {
    const store = await sqlStore();
    const retention = { reports: { perEndpoint: 2, days: 30 } };
    const usual = { dataDir: ':memory:', port: 0, dashboard: false, retention } as const;
    await using platform = await Platform.start(usual, { store });
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    const upload = { type: 'put-network-diagnostics', report: sampleReport(endpoint.id) } as const;
    for (const _upload of [1, 2, 3]) await tell(connection, upload);
    expect(await platform.reports(endpoint.id)).toHaveLength(2);
    // As it would be two months later.
    const old = `${(Date.now() - 60 * 86_400_000).toString(16).padStart(12, '0')}00000000`;
    const { id } = (await platform.reports(endpoint.id))[1] ?? { id: '' };
    await store.tables.updateTable('reports').set({ id: old }).where('id', '=', id).execute();
    await until(async () => (await platform.reports(endpoint.id)).length === 1);
    expect((await platform.endpoint(endpoint.id))?.latestReport).not.toBeNull();
  });

  it('remembers everything across a restart: id, port, secrets, endpoints, grants, reports, metrics', async () => {
    const dataDir = await stage.folder();
    const source = `import { Platform } from './platform/index.js';
      const platform = await Platform.start({ dataDir: process.argv[2], dashboard: false });
      const secret = (await platform.apiSecrets()).length === 0 ? (await platform.createApiSecret('one')).reveal() : '';
      console.log('ready ' + JSON.stringify({ id: platform.id, address: platform.address, secret }));
      process.stdin.resume();`;
    const { ApiSecret } = await import('../../lib/wire/index.js');

    const first = await startChild(source, { args: [dataDir] });
    const before = JSON.parse((await first.line(/^ready /)).slice(6));
    const secret = ApiSecret.parse(before.secret);
    const remote = { id: before.id, address: before.address } as Platform;
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, remote, secret);
    const sessionId = newId();
    const schema = { items: [{ type: 'counter' as const, name: 'n', prefixes: [], labels: [] }], help: null };
    const values = [{ type: 'counter' as const, value: 1n }];
    await tell(connection, { type: 'name-endpoint', name: 'lasting' });
    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, remote) });
    await tell(connection, { type: 'put-network-diagnostics', report: sampleReport(endpoint.id) });
    await tell(connection, { type: 'put-metrics', sessionId, update: { schema, values } });
    connection.close(0);
    first.process.kill('SIGKILL');
    await first.ended;

    const second = await startChild(source, { args: [dataDir] });
    const after = JSON.parse((await second.line(/^ready /)).slice(6));
    expect(after).toEqual({ ...before, secret: '' });
    // No Auth: what was shown before the restart counts. The values' schema came before it, too.
    const again = await connect(endpoint, remote);
    const later = { schema: null, values: [{ type: 'counter' as const, value: 2n }] };
    expect(await tell(again, { type: 'put-metrics', sessionId, update: later })).toMatchObject({ ok: true });
    again.close(0);
    second.process.kill('SIGKILL');
    await second.ended;

    const third = await stage.platform({ dataDir });
    expect(await third.endpoint(endpoint.id)).toMatchObject({
      name: 'lasting',
      isOnline: false,
      button: { reason: 'offline' },
      grant: { caps: ['net-diagnostics:get-any'] },
      latestReport: { facts: { udpV4: true, mappingVariesByDestIpv4: false } },
    });
    expect(await third.metrics(endpoint.id)).toMatchObject([{ schema, values: later.values }]);
  });

  it('moves to another port when its own is taken, and says what that means for API secrets', async () => {
    const dataDir = await stage.folder();
    const blocker = createSocket('udp4');
    await new Promise<void>((resolve) => blocker.bind(0, '127.0.0.1', resolve));
    const { port } = blocker.address();
    const store = await openStore(dataDir);
    await store.putSetting('port', String(port));
    await store.close();
    await expect(stage.platform({ dataDir, port })).rejects.toMatchObject({ code: 'ERR_BIND' });
    const platform = await stage.platform({ dataDir, port: undefined });
    expect(platform.address.directAddrs[0]?.port).not.toBe(port);
    expect(stage.events).toContainEqual({
      type: 'warning',
      message: expect.stringContaining('make new secrets'),
    });
    blocker.close();
  });

  it('does not let its process end while it waits for its port', async () => {
    const dataDir = await stage.folder();
    const blocker = createSocket('udp4');
    await new Promise<void>((resolve) => blocker.bind(0, '127.0.0.1', resolve));
    const store = await openStore(dataDir);
    await store.putSetting('port', String(blocker.address().port));
    await store.close();
    const child = await startChild(
      `import { Platform } from './platform/index.js';
       const platform = await Platform.start({ dataDir: process.argv[2], dashboard: false });
       console.log('started');
       await platform.stop();`,
      { args: [dataDir] },
    );
    expect(await child.ended).toMatchObject({ code: 0, stdout: 'started\n' });
    blocker.close();
  });

  it('keeps its key and store to itself', async () => {
    const dataDir = join(await stage.folder(), 'deep', 'down');
    const { id } = await stage.platform({ dataDir });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'secret.key'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toContain('platform.db');
    await stage.close();
    expect(id).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a key that others can read, and one that is none, without quoting it', async () => {
    const open = await stage.folder();
    await stage.platform({ dataDir: open });
    await stage.close();
    const again = await stage.folder();
    await writeFile(join(again, 'secret.key'), 'gibberish-that-might-be-a-secret', { mode: 0o600 });
    const failure = await Platform.start({ dataDir: again, dashboard: false }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'ERR_SETTING', message: expect.not.stringContaining('gibberish') });
    await chmod(join(again, 'secret.key'), 0o644);
    await expect(Platform.start({ dataDir: again, dashboard: false })).rejects.toMatchObject({
      code: 'ERR_SETTING',
      message: expect.stringContaining('chmod 600'),
    });
  });

  it.skipIf(process.platform !== 'linux')(
    'refuses a data folder that can never be made, and does not try for ever',
    async () => {
      const starting = Platform.start({ dataDir: '/proc/nowhere/data', dashboard: false });
      await expect(starting).rejects.toMatchObject({ code: 'ERR_SETTING' });
    },
  );

  it('closes the sessions of a revoked secret and keeps those of others', async () => {
    const platform = await stage.platform();
    const [bad, good] = [await platform.createApiSecret('bad'), await platform.createApiSecret('good')];
    const [one, two] = [await stage.endpoint(), await stage.endpoint()];
    const closing = await openSession(one, platform, bad);
    const staying = await openSession(two, platform, good);
    expect(await platform.revokeApiSecret(bad.keyId)).toBe(true);
    expect(await platform.revokeApiSecret(bad.keyId)).toBe(false);
    expect(await closing.closed()).toMatchObject({ code: 401, reason: 'Unauthorized' });
    await ask(staying, { type: 'ping', id: newId() });
    const retry = await connect(one, platform);
    await expect(ask(retry, { type: 'auth', token: clientToken(bad, one) })).rejects.toMatchObject({
      closeReason: { code: 401 },
    });
  });

  it('lets its process end by itself after stop()', async () => {
    const child = await startChild(
      `import { Platform } from './platform/index.js';
       const platform = await Platform.start({ dataDir: ':memory:' });
       await fetch(platform.dashboardUrl, { redirect: 'manual' });
       await platform.stop();
       await platform.stop();
       console.log('stopped');`,
    );
    expect(await child.ended).toMatchObject({ code: 0, stdout: 'stopped\n' });
  });
});

describe('the options of Platform.start', () => {
  it('take a relay as a text, which threw a bare TypeError', async () => {
    const error = await Platform.start({ dataDir: ':memory:', relays: ['ftp://relay.test'] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'ERR_SETTING', option: 'relays' });
    expect(parsePlatformOptions({ dataDir: 'x', relays: ['https://relay.test'] }).relays).toEqual([
      { url: 'https://relay.test/', quicPort: undefined, auth: null },
    ]);
  });

  it.each([
    [{}, /`dataDir` of Platform.start\(\) is missing; it must be a folder/],
    [{ dataDir: '' }, /`dataDir` of Platform.start\(\) was ""/],
    [
      { dataDir: 'x', limits: { sessions: 0 } },
      /`limits.sessions` of Platform.start\(\) was 0; it must be a whole number from 1 to /,
    ],
    [
      { dataDir: 'x', limits: { session: 9 } },
      /`limits.session` of Platform.start\(\) is not known. Did you mean `sessions`\?/,
    ],
    [
      { dataDir: 'x', retention: { reports: { days: 0 } } },
      /`retention.reports.days` of Platform.start\(\) was 0; it must be a whole number of days from 1 to /,
    ],
    [
      { dataDir: 'x', retention: { metrics: { rawHours: 1 } } },
      /`retention.metrics.rawHours` of Platform.start\(\) was 1; it must be a whole number of hours from 2 to /,
    ],
    [{ dataDir: 'x', limits: 9 }, /`limits` of Platform.start\(\) was 9; it must be an object of limits\./],
    [
      { dataDir: 'x', netwrok: 'n0' },
      /`netwrok` of Platform.start\(\) is not known. Did you mean `network`\?/,
    ],
    [
      { dataDir: 'x', network: 'n1' },
      /`network` of Platform.start\(\) was "n1"; it must be "minimal" or "n0"/,
    ],
    [{ dataDir: 'x', port: 70_000 }, /`port` of Platform.start\(\) was 70000/],
    [{ dataDir: 'x', bindAddrs: ['localhost:0'] }, /`bindAddrs` of Platform.start\(\) was \["localhost:0"\]/],
    [{ dataDir: 'x', bindAddrs: ['127.0.0.1:0', '127.0.0.2:0'] }, /one address per family/],
    [{ dataDir: 'x', bindAddrs: ['127.0.0.1:7', '[::1]:8'] }, /name more than one port \(7, 8\)/],
    [{ dataDir: 'x', bindAddrs: ['127.0.0.1:7'], port: 8 }, /name more than one port \(8, 7\)/],
    [{ dataDir: 'x', relays: [{ url: 'https://relay.test', auth: 'services' }] }, /give \{ token \}/],
    [{ dataDir: 'x', dashboard: { hosts: ['localhost'] } }, /`dashboard.hosts` of Platform.start\(\) was/],
    [{ dataDir: 'x', dashboard: { hosts: ['::1', '::'] } }, /at most one per family/],
    [{ dataDir: 'x', dashboard: { hosts: ['0.0.0.0'] } }, /unsafePlainHttpBeyondLoopback/],
    [{ dataDir: 'x', dashboard: { token: 'short' } }, /32 characters/],
    [{ dataDir: 'x', dashboard: { unsafeWithoutLogin: 'yes' } }, /true or false/],
    [
      { dataDir: 'x', dashboard: { pot: 1 } },
      /`dashboard.pot` of Platform.start\(\) is not known. Did you mean `port`/,
    ],
    [{ dataDir: 'x', database: 'mysql://x' }, /`database` of Platform.start\(\) .*postgres:\/\/user/],
    [{ dataDir: 'x', onEvent: 5 }, /`onEvent` of Platform.start\(\) was 5/],
  ])('%j is refused', (options, message) => {
    const parse = () => parsePlatformOptions(options as unknown as PlatformOptions);
    expect(parse).toThrow(expect.objectContaining({ code: 'ERR_SETTING' }));
    expect(parse).toThrow(message);
  });

  it('are filled in, and name addresses and relays as an app does', () => {
    expect(parsePlatformOptions({ dataDir: 'x' })).toMatchObject({
      network: 'minimal',
      relays: null,
      bindAddrs: 'loopback',
      port: null,
      dashboard: { hosts: ['127.0.0.1', '::1'], port: null, hasLogin: true, token: null },
    });
    const relays = ['https://a.test', { url: 'https://b.test', auth: { token: 'sesame' } }];
    const settings = parsePlatformOptions({
      dataDir: 'x',
      relays,
      bindAddrs: ['203.0.113.5:7777', '[::]:0'],
    });
    expect(settings.port).toBe(7777);
    expect(settings.relays?.map(({ url, auth }) => [url, auth])).toEqual([
      ['https://a.test/', null],
      ['https://b.test/', { token: 'sesame' }],
    ]);
    expect(parsePlatformOptions({ dataDir: 'x', dashboard: false }).dashboard).toBeNull();
  });

  it.each([
    { dataDir: 'x', dashboard: { token: 'hunter2' } },
    { dataDir: 'x', database: 'postgre://platform:hunter2@db.test/fleet' },
  ])('never repeats a secret', (options) => {
    const parse = () => parsePlatformOptions(options);
    expect(parse).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
  });
});
