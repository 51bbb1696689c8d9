import { afterEach, describe, expect, it } from 'vitest';
import { LabelsKeeper, type LabelsKeeperOptions, Session } from '../../lib/client/index.js';
import { FakeTime, until } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';
import { TinyPlatform } from './tiny-platform.js';

const net = new Loopback();
const sessions: Session[] = [];
const platforms: TinyPlatform[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.stop()));
  await Promise.all(platforms.splice(0).map((platform) => platform.close()));
  await net.closeAll();
});

const ALL = { name: 'app', group: 'staging', attributes: { region: 'eu', tier: '' } };

async function stage(options: LabelsKeeperOptions = ALL, { isOpen = true } = {}) {
  const platform = new TinyPlatform(await net.bind());
  platforms.push(platform);
  if (isOpen) platform.open();
  const told: string[] = [];
  const labels = new LabelsKeeper({
    limits: { reconnectMinMs: 20, reconnectMaxMs: 100 },
    onRefused: (request, { message }) => told.push(`${request}: ${message}`),
    onUnsupported: () => told.push('unsupported'),
    ...options,
  });
  let reached = 0;
  const session = new Session({
    endpoint: await net.bind(),
    apiSecret: platform.apiSecret,
    hooks: [
      labels.onOnline,
      // What comes after them in the official order.
      async (online) => {
        await online.request({ type: 'put-metrics', sessionId: new Uint8Array(16), update: NOTHING });
        reached += 1;
      },
    ],
    limits: { reconnectMinMs: 20, reconnectMaxMs: 100, requestTimeoutMs: 5_000 },
  });
  sessions.push(session);
  session.start();
  return { platform, labels, session, told, reached: () => reached };
}

const NOTHING = { schema: { items: [], help: null }, values: [] };
const TAKEN = { state: 'taken' };

describe('what an endpoint says of itself', () => {
  it('goes out after Auth, in the official order, before all else', async () => {
    const { platform, labels, reached } = await stage();
    expect(labels.states.group).toEqual({ state: 'pending', why: null });
    await until(() => reached() === 1);
    expect(platform.conversations).toEqual([
      ['auth', 'name-endpoint', 'set-group', 'set-attributes', 'put-metrics'],
    ]);
    expect([platform.names, platform.groups, platform.attributes]).toEqual([
      ['app'],
      ['staging'],
      [ALL.attributes],
    ]);
    expect(labels.states).toEqual({ name: TAKEN, group: TAKEN, attributes: TAKEN });
  });

  it('goes out again on each new connection, as it was changed meanwhile', async () => {
    const { platform, labels, session } = await stage();
    await until(() => platform.attributes.length === 1);
    expect(await labels.group.set('production')).toEqual(TAKEN);
    expect(await labels.attributes.set({})).toEqual(TAKEN);
    await platform.close();
    await until(() => session.status.state !== 'online');
    expect(await labels.name.set('offline')).toEqual({ state: 'pending', why: null });
    platform.forget();
    platform.open();
    await until(() => platform.attributes.length === 3);
    expect([platform.names, platform.groups.at(-1), platform.attributes.at(-1)]).toEqual([
      ['offline'],
      'production',
      {},
    ]);
  });

  it('is nothing unless something was given, and can come later', async () => {
    const { platform, labels, reached } = await stage({});
    await until(() => reached() === 1);
    expect(platform.conversations).toEqual([['auth', 'put-metrics']]);
    expect(labels.states.name).toEqual({ state: 'unset' });
    expect(await labels.name.set('late')).toEqual(TAKEN);
    expect(platform.names).toEqual(['late']);
  });

  it('is dropped for good when the platform does not take this value, until there is another', async () => {
    const { platform, labels, told, session } = await stage({});
    platform.behave = (request) =>
      request.type === 'set-group' && request.group === 'bad'
        ? { kind: 'invalid-input', message: 'not this one' }
        : 'answer';
    await session.whenOnline();
    await expect(labels.group.set('bad')).rejects.toMatchObject({
      code: 'ERR_REMOTE',
      failure: { kind: 'invalid-input' },
    });
    const why = 'the platform does not take this value: not this one';
    expect(labels.states.group).toEqual({ state: 'refused', why });
    expect(told).toEqual([`set-group: ${why}`]);
    platform.connections[0]?.close(0);
    await until(() => platform.connections.length === 2 && session.status.state === 'online');
    expect(await labels.group.set('good')).toEqual(TAKEN);
    expect(platform.conversations.flat().filter((type) => type === 'set-group')).toHaveLength(2);
  });

  it('is sent again a little later when the platform is asked too often', async () => {
    const { platform, labels, session } = await stage({});
    let left = 2;
    platform.behave = ({ type }) => {
      if (type !== 'set-attributes' || left === 0) return 'answer';
      left -= 1;
      return { kind: 'rate-limited' };
    };
    await session.whenOnline();
    const setting = labels.attributes.set({ ab: 'c' });
    await until(() => left === 1);
    expect(labels.states.attributes).toEqual({
      state: 'pending',
      why: 'the platform is asked too often',
    });
    expect(await setting).toEqual(TAKEN);
    expect(platform.attributes).toEqual([{ ab: 'c' }]);
    expect(platform.connections).toHaveLength(1);
  });

  it('is the newest value only, when it changes while the platform puts it off', async () => {
    const { platform, labels, session } = await stage({});
    platform.behave = (request) =>
      request.type === 'set-group' && request.group === 'first' ? { kind: 'rate-limited' } : 'answer';
    await session.whenOnline();
    const first = labels.group.set('first');
    await until(() => labels.states.group.state === 'pending' && platform.conversations.flat().length > 2);
    expect(await labels.group.set('second')).toEqual(TAKEN);
    expect(await first).toEqual(TAKEN);
    expect(platform.groups).toEqual(['second']);
  });
});

describe('a platform of 1.0', () => {
  it('that resets what it does not know keeps its connection, and is told nothing of it again', async () => {
    const { platform, labels, told, session, reached } = await stage(ALL, { isOpen: false });
    platform.behave = ({ type }) =>
      type === 'set-group' || type === 'set-attributes' ? 'unknown' : 'answer';
    platform.open();
    await until(() => reached() === 1 && labels.states.attributes.state === 'unsupported');
    expect(labels.states).toEqual({
      name: TAKEN,
      group: { state: 'unsupported' },
      attributes: { state: 'unsupported' },
    });
    expect(told).toEqual(['unsupported']);
    expect(await session.ping()).toBeGreaterThan(0);
    expect(platform.connections).toHaveLength(1);
    platform.connections[0]?.close(0);
    await until(() => reached() === 2);
    expect(platform.conversations[1]).toEqual(['auth', 'name-endpoint', 'put-metrics']);
    expect(await labels.group.set('other')).toEqual({ state: 'unsupported' });
    expect(told).toEqual(['unsupported']);
  });

  it('that ends the connection for it is spared it, and after a doubt for good', async () => {
    const time = new FakeTime();
    const options = { ...ALL, name: null, clock: time, sleep: time.sleep };
    const { platform, labels, told, reached } = await stage(options, { isOpen: false });
    platform.behave = ({ type }) =>
      type === 'set-group' || type === 'set-attributes' ? { close: 0, reason: '' } : 'answer';
    platform.open();
    await until(() => reached() === 1);
    expect(platform.conversations[1]).toEqual(['auth', 'put-metrics']);
    expect(labels.states.group).toEqual({ state: 'pending', why: null });
    // It may have restarted at that moment: one more try, much later.
    await time.advance(10 * 60_000);
    await until(() => reached() === 2);
    await time.advance(60 * 60_000);
    expect(labels.states.group).toEqual({ state: 'unsupported' });
    expect(told).toEqual(['unsupported']);
    expect(platform.conversations.flat().filter((type) => type === 'set-group')).toHaveLength(2);
    expect(platform.connections).toHaveLength(3);
  });

  it('is not what a platform is that restarts just then', async () => {
    const time = new FakeTime();
    const options = { group: 'staging', clock: time, sleep: time.sleep };
    const { platform, labels, reached } = await stage(options, { isOpen: false });
    let left = 1;
    platform.behave = ({ type }) =>
      type === 'set-group' && left-- > 0 ? { close: 0, reason: '' } : 'answer';
    platform.open();
    await until(() => reached() === 1);
    await time.advance(10 * 60_000);
    await until(() => labels.states.group.state === 'taken');
    expect(platform.groups).toEqual(['staging']);
    expect(platform.connections).toHaveLength(2);
  });
});
