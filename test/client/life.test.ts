import { afterEach, describe, expect, it } from 'vitest';
import { GrantKeeper, Session } from '../../lib/client/index.js';
import { ClientHost, MemoryRevocationStore, Revocation } from '../../lib/host/index.js';
import { Router } from '../../lib/transport/index.js';
import { ApiSecret, CLIENT_HOST_ALPN, SecretKey } from '../../lib/wire/index.js';
import { reportOf } from '../host/stage.js';
import { type Child, runChild, startChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { freePort } from '../support/free-port.js';
import { Loopback } from '../support/loopback.js';

const keyOf = (byte: number) => SecretKey.fromBytes(new Uint8Array(32).fill(byte));

/** A platform in a process of its own, on a port it is told: it can be killed, and come back as another process. */
const PLATFORM = `
import { bindEndpoint } from './lib/transport/index.js';
import { SecretKey, parseSocketAddr } from './lib/wire/index.js';
import { TinyPlatform } from './test/client/tiny-platform.js';

const [port, app] = process.argv.slice(2);
const keyOf = (byte) => SecretKey.fromBytes(new Uint8Array(32).fill(byte));
const endpoint = await bindEndpoint({
  secretKey: keyOf(7), network: 'minimal', bindAddrs: ['127.0.0.1:' + port], alpns: [],
});
const platform = new TinyPlatform(endpoint, keyOf(9)).open();
const look = setInterval(async () => {
  if (platform.grants.length === 0) return;
  clearInterval(look);
  const address = { id: platform.auths[0].audience, relayUrls: [], directAddrs: [parseSocketAddr(app)] };
  const result = await platform.dialBack({ address: () => address });
  console.log('report ' + result.ok);
}, 10);
process.stdin.on('end', () => process.exit()).resume();
`;

const children: Child[] = [];
const closing: (() => Promise<unknown>)[] = [];
const net = new Loopback();
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  for (const { process } of children.splice(0)) process.kill('SIGKILL');
  await net.closeAll();
});

describe('a platform that is another process', () => {
  it('is down at the start, comes up, is killed, comes back knowing nothing: the grant lands each time', {
    timeout: 60_000,
    tags: ['slow'],
  }, async () => {
    const port = await freePort();
    const platform = {
      id: keyOf(7).id,
      relayUrls: [],
      directAddrs: [{ family: 4 as const, ip: '127.0.0.1', port }],
    };
    const endpoint = await net.bind();
    const revocation = await Revocation.load(new MemoryRevocationStore());
    const host = new ClientHost({
      endpointId: endpoint.id,
      revocation,
      run: () => Promise.resolve(reportOf(endpoint)),
    });
    const router = new Router(endpoint);
    router.handle(CLIENT_HOST_ALPN, host.handler);
    router.start();
    const grants = new GrantKeeper({
      secretKey: endpoint.secretKey(),
      platformId: platform.id,
      revocation,
      enabled: true,
    });
    const session = new Session({
      endpoint,
      apiSecret: ApiSecret.create(keyOf(9), platform),
      hooks: [grants.onOnline],
      limits: {
        reconnectMinMs: 20,
        reconnectMaxMs: 100,
        connectTimeoutMs: 1_000,
        requestTimeoutMs: 1_000,
        pingIntervalMs: 100,
      },
    });
    closing.push(
      () => router.close(),
      () => session.stop(),
    );
    session.start();
    await until(() => session.status.state === 'waiting');
    expect(grants.state.state).toBe('ungranted');

    const app = endpoint.boundSockets().find(({ family }) => family === 4);
    const args = [String(port), `127.0.0.1:${app?.port}`];
    for (let life = 0; life < 3; life += 1) {
      const child = await startChild(PLATFORM, { args });
      children.push(child);
      expect(await child.line(/^report/)).toBe('report true');
      expect(grants.state.state).toBe('granted');
      child.process.kill('SIGKILL');
      await until(() => session.status.state !== 'online');
    }
  });
});

/** An app that goes to a state, stops, and has nothing more to do. */
const APP = `
import { GrantKeeper, LabelsKeeper, MetricsPusher, Session, statSamples } from './lib/client/index.js';
import { ClientHost, MemoryRevocationStore, Revocation } from './lib/host/index.js';
import { Router, bindEndpoint } from './lib/transport/index.js';
import { CLIENT_HOST_ALPN, SecretKey } from './lib/wire/index.js';
import { TinyPlatform } from './test/client/tiny-platform.js';

const state = process.argv[2];
const bind = (byte) => bindEndpoint({
  secretKey: SecretKey.fromBytes(new Uint8Array(32).fill(byte)), network: 'minimal', bindAddrs: ['loopback'], alpns: [],
});
const [app, other] = [await bind(1), await bind(2)];
const platform = new TinyPlatform(other).open();
if (state === 'unauthorized') platform.behave = () => ({ close: 401, reason: 'Unauthorized' });
if (state === 'waiting') platform.behave = () => ({ close: 0, reason: '' });
const revocation = await Revocation.load(new MemoryRevocationStore());
const host = new ClientHost({ endpointId: app.id, revocation, run: () => new Promise(() => {}) });
const router = new Router(app);
router.handle(CLIENT_HOST_ALPN, host.handler);
router.start();
const grants = new GrantKeeper({ secretKey: app.secretKey(), platformId: other.id, revocation, enabled: true });
const metrics = new MetricsPusher({ samples: () => statSamples(app.stats()), intervalMs: 60_000 });
const labels = new LabelsKeeper({ name: 'app' });
const session = new Session({
  endpoint: app, apiSecret: platform.apiSecret, hooks: [labels.onOnline, grants.onOnline, metrics.onOnline],
});
session.start();
while (session.status.state !== state) await new Promise((resolve) => setTimeout(resolve, 5));
if (state === 'online') {
  while (platform.grants.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // A dial-back whose report never comes.
  platform.dialBack(app).catch(() => {});
  while (host.active === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
await session.stop();
await router.close();
await app.close();
await platform.close();
await other.close();
console.log('stopped');
process.on('exit', () => console.log('left ' + process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length));
`;

describe('a process whose app stopped', () => {
  it.each(['online', 'waiting', 'unauthorized'])('exits by itself: it was %s', async (state) => {
    const { code, stdout, stderr, durationMs } = await runChild(APP, { args: [state] });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'stopped\nleft 0\n', stderr: '' });
    expect(durationMs).toBeLessThan(10_000);
  });
});
