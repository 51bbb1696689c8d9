import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_PROJECT, MemoryStore, type ServicesHost } from '../../lib/services/index.js';
import type { Endpoint } from '../../lib/transport/index.js';
import { formatSocketAddr } from '../../lib/wire/index.js';
import { refOf } from '../platform/stage.js';
import { until } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';
import { Loopback } from '../support/loopback.js';
import { servicesOnLoopback } from '../support/services-on-loopback.js';
import { SSH_KEY, SSH_PUBLIC_KEY } from '../support/ssh-keys.js';
import { dialBack, IMPATIENT, Memory, Stage, seenBy } from './stage.js';

const stage = new Stage();
const net = new Loopback();
const platforms: ServicesHost[] = [];
afterEach(async () => {
  await stage.clear();
  await Promise.all(platforms.splice(0).map((platform) => platform.stop()));
  await net.closeAll();
});

/** Ours, on a store and an endpoint that outlast it. */
function ownPlatform(parts: { store: MemoryStore; endpoint: Endpoint }): ServicesHost {
  const platform = servicesOnLoopback(parts);
  platforms.push(platform);
  return platform;
}

describe('name, group and attributes', () => {
  it('stand in the store of our platform, change at run time, and outlast a platform that forgot them', async () => {
    const endpoint = await net.bind();
    const first = ownPlatform({ store: new MemoryStore(), endpoint });
    const apiSecret = await first.createApiSecret();
    const app = stage.start({ apiSecret, name: 'web-1', group: 'staging', attributes: { region: 'eu' } });
    const { endpointId } = await app.ready({ timeoutMs: 10_000 });
    const id = madeUpId(endpointId ?? '');
    await until(() => app.status().labels.attributes.state === 'taken');
    expect(await first.endpoint(refOf(id))).toMatchObject({
      name: 'web-1',
      group: 'staging',
      attributes: { region: 'eu' },
    });

    const taken = { state: 'taken' };
    expect(await app.setAttribute('tier', 'gold')).toEqual(taken);
    expect(await app.setGroup('production')).toEqual(taken);
    expect(await app.setName('web-2')).toEqual(taken);
    const all = { name: 'web-2', group: 'production', attributes: { region: 'eu', tier: 'gold' } };
    expect(await first.endpoint(refOf(id))).toMatchObject(all);
    expect(app.status()).toMatchObject(all);

    await first.stop();
    await until(() => app.status().state !== 'online');
    expect(await app.setAttribute('while', 'away')).toEqual({ state: 'pending', why: null });
    // Another one with the same key, which knows the secret and nothing else.
    const store = new MemoryStore();
    const { keyId } = apiSecret;
    const secret = { project: DEFAULT_PROJECT, keyId, identity: endpoint.id, label: '' };
    await store.addApiSecret({ ...secret, createdAt: 1, revokedAt: null });
    const second = ownPlatform({ store, endpoint });
    await until(async () => (await second.endpoint(refOf(id)))?.attributes.while === 'away', 20_000);
    expect(await second.endpoint(refOf(id))).toMatchObject({ name: 'web-2', group: 'production' });

    expect(await app.setAttributes({})).toEqual(taken);
    expect((await second.endpoint(refOf(id)))?.attributes).toEqual({});
  }, 40_000);

  it('are checked before anything is sent', async () => {
    const app = stage.start({});
    const wrong = { code: 'ERR_SETTING' };
    await expect(app.setName('x')).rejects.toMatchObject(wrong);
    await expect(app.setGroup('x'.repeat(129))).rejects.toMatchObject(wrong);
    await expect(app.setAttribute('a', 'v')).rejects.toMatchObject(wrong);
    await expect(app.setAttributes({ ab: 1 } as never)).rejects.toMatchObject(wrong);
    const full = Object.fromEntries(Array.from({ length: 128 }, (_, index) => [`key-${index}`, '']));
    await app.setAttributes(full);
    await expect(app.setAttribute('one-too-many', '')).rejects.toMatchObject(wrong);
    expect(Object.keys(app.status().attributes)).toHaveLength(128);
    expect(app.status()).toMatchObject({ name: null, group: null });
    await app.stop();
    await expect(app.setName('late')).rejects.toMatchObject({ code: 'ERR_STATE' });
  });

  it('cost one debug line on a platform of 1.0, and no connection', async () => {
    const platform = await stage.platform();
    platform.behave = ({ type }) =>
      type === 'set-group' || type === 'set-attributes' ? 'unknown' : 'answer';
    const memory = new Memory();
    const app = stage.start({
      apiSecret: platform.apiSecret,
      name: 'web-1',
      group: 'staging',
      attributes: { region: 'eu' },
      logger: memory,
    });
    await app.ready({ timeoutMs: 10_000 });
    await until(() => app.status().labels.attributes.state === 'unsupported');
    expect(app.status()).toMatchObject({ state: 'online', labels: { group: { state: 'unsupported' } } });
    expect(platform.connections).toHaveLength(1);
    const lines = memory.lines.filter((line) => !/connected to the platform|may run diagnostics/.test(line));
    expect(lines).toEqual([expect.stringMatching(/^debug: the platform is older .*labels-unsupported/)]);
  });

  it('do not keep a dial-back waiting, however long they stand in line', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    await app.ready({ timeoutMs: 10_000 });
    const address = await seenBy(platform, app);
    platform.delayMs = 1_500;
    let taken = 0;
    const requests = [app.setName('one'), app.setGroup('two'), app.setAttribute('three', '')].map(
      async (set) => {
        await set;
        taken += 1;
      },
    );
    expect(await dialBack(platform, address)).toMatchObject({ ok: true });
    expect(taken).toBeLessThan(3);
    await Promise.all(requests);
    expect([platform.mostAtOnce, platform.faults]).toEqual([1, []]);
  });

  it('show in the status what the platform refused', async () => {
    const platform = await stage.platform();
    platform.behave = ({ type }) =>
      type === 'set-group' ? { kind: 'invalid-input', message: 'no such group' } : 'answer';
    const memory = new Memory();
    const app = stage.start({ apiSecret: platform.apiSecret, group: 'staging', logger: memory });
    await until(() => app.status().labels.group.state === 'refused');
    expect(app.status()).toMatchObject({
      group: 'staging',
      labels: { group: { why: expect.stringContaining('no such group') } },
    });
    expect(memory.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });
});

describe('an SSH key', () => {
  it('opens a session on the platform that has registered it, until it is revoked there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ssh-key-'));
    const sshKeyFile = join(folder, 'id_ed25519');
    writeFileSync(sshKeyFile, SSH_KEY);
    const platform = ownPlatform({ store: new MemoryStore(), endpoint: await net.bind() });
    const keyId = await platform.registerSshKey(SSH_PUBLIC_KEY, 'ci');
    await expect(platform.registerSshKey(SSH_PUBLIC_KEY)).rejects.toMatchObject({ code: 'ERR_STATE' });
    await expect(platform.registerSshKey('ssh-rsa x')).rejects.toMatchObject({ code: 'ERR_SETTING' });
    const { id, directAddrs } = platform.address;
    const app = stage.start({
      sshKeyFile,
      platform: `${id}@${directAddrs.map(formatSocketAddr).join(',')}`,
      name: 'by ssh',
    });
    expect(await app.ready({ timeoutMs: 10_000 })).toMatchObject({ state: 'online' });
    rmSync(folder, { recursive: true });
    await platform.revokeApiSecret(keyId);
    await until(() => app.status().state === 'unauthorized');
  });
});

describe('metrics', () => {
  it('go out by hand, and once more when the app stops', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret, metrics: 60_000 });
    await expect(app.pushMetrics()).rejects.toMatchObject({ code: 'ERR_STATE' });
    await app.ready({ timeoutMs: 10_000 });
    await app.pushMetrics();
    expect(platform.metrics).toHaveLength(1);
    const waiting = app.pushMetrics({ timeoutMs: 50 });
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    platform.delayMs = 300;
    const begun = app.setGroup('begun');
    await app.stop();
    expect(await begun).toEqual({ state: 'taken' });
    expect(platform.metrics).toHaveLength(2);
    expect([platform.mostAtOnce, platform.faults]).toEqual([1, []]);
    await until(() => platform.endings.length === 1);
    expect(platform.endings[0]).toMatchObject({ by: 'peer', code: 0 });
  });

  it('go to a platform of ours as often as asked', async () => {
    const platform = ownPlatform({ store: new MemoryStore(), endpoint: await net.bind() });
    let pushes = 0;
    platform.subscribe(({ type }) => {
      if (type === 'metrics') pushes += 1;
    });
    const apiSecret = await platform.createApiSecret();
    stage.start({ apiSecret, metrics: 1_000 }, { ...IMPATIENT, random: () => 0 });
    await until(() => pushes >= 3, 20_000);
  }, 30_000);
});
