import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/async/index.js';
import { EventBus } from '../../lib/services/events.js';
import { LocalFeed } from '../../platform/changes/feed.js';
import { Fleet, type LiveChange } from '../../platform/fleet.js';
import { RunQueue } from '../../platform/runs/index.js';
import { LIVE_PACE_MS, MAX_LIVE_IDS } from '../../platform/server/constants.js';
import { LiveUpdates } from '../../platform/server/live.js';
import { openStore } from '../../platform/store/open-store.js';
import { until } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';
import { UNOBSERVED } from '../support/unobserved.js';

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, at) => madeUpId(`e${from + at}`));

let app: FastifyInstance;
let live: LiveUpdates;
let origin: string;
let tell: (change: LiveChange) => void;
const aborter = { now: new AbortController() };

const listed = (endpointId: string): LiveChange => ({
  what: 'endpoint',
  endpointId: madeUpId(endpointId),
  isListed: true,
});

beforeEach(async () => {
  live = new LiveUpdates({
    subscribe: (listener) => {
      tell = listener;
      return () => {};
    },
  });
  app = fastify();
  app.get<{ Querystring: { about?: string } }>('/', ({ query }, reply) => {
    live.open(reply, query.about === undefined ? null : madeUpId(query.about));
  });
  origin = await app.listen({ port: 0, host: '127.0.0.1' });
  aborter.now = new AbortController();
});
afterEach(async () => {
  aborter.now.abort();
  live.close();
  await app.close();
});

/** The messages of a stream, as they come. @param about - one endpoint */
async function listen(about?: string): Promise<[name: string, data: unknown][]> {
  const query = about === undefined ? '' : `?about=${about}`;
  const { body } = await fetch(`${origin}/${query}`, { signal: aborter.now.signal });
  const messages: [string, unknown][] = [];
  void (async () => {
    let text = '';
    for await (const chunk of body ?? []) {
      text += Buffer.from(chunk).toString();
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
        if (name !== undefined) messages.push([name, JSON.parse(data ?? '')]);
      }
    }
  })().catch(() => {});
  return messages;
}

describe('live updates', () => {
  it('tell of the first change at once, and of those right after it in one message', async () => {
    const messages = await listen();
    for (const id of ['a', 'b', 'a', 'c', 'b']) tell(listed(id));
    await until(() => messages.length === 2);
    expect(messages).toEqual([
      ['changed', { endpointIds: ['a'] }],
      ['changed', { endpointIds: ['b', 'a', 'c'] }],
    ]);
  });

  it('make a few small messages of a storm', async () => {
    const messages = await listen();
    const began = performance.now();
    for (let round = 0; round < 10; round += 1) {
      for (const id of ids(500, round * 500)) tell(listed(id));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => messages.some(([name]) => name === 'many'));
    const most = 2 + (performance.now() - began) / LIVE_PACE_MS;
    expect(messages.length).toBeLessThanOrEqual(most);
    expect(messages).toContainEqual(['many', {}]);
    expect(JSON.stringify(messages).length).toBeLessThan(10_000);
  });

  it('name as many endpoints as the list of a page has, and no more', async () => {
    const messages = await listen();
    tell(listed('first'));
    for (const id of ids(MAX_LIVE_IDS)) tell(listed(id));
    await until(() => messages.length === 2);
    expect(messages[1]).toEqual(['changed', { endpointIds: ids(MAX_LIVE_IDS) }]);
    for (const id of ids(MAX_LIVE_IDS + 1)) tell(listed(id));
    await until(() => messages.length === 3);
    expect(messages[2]).toEqual(['many', {}]);
  });

  it('about one endpoint tell of it alone, in a storm too, and of what its page alone shows', async () => {
    const [own, fleet] = [await listen('x'), await listen()];
    tell(listed('first'));
    for (const id of ids(MAX_LIVE_IDS + 1)) tell(listed(id));
    tell({ what: 'endpoint', endpointId: madeUpId('x'), isListed: false });
    const progress = { phase: 'connecting', startedAt: 0, elapsedMs: 0 } as const;
    tell({ what: 'run', runId: 'r', progress: { ...progress, endpointId: madeUpId('y') } });
    tell({ what: 'run', runId: 'r', progress: { ...progress, endpointId: madeUpId('x') } });
    tell({ what: 'gap' });
    await until(() => own.length === 3 && fleet.length === 5);
    expect(own.map(([name]) => name).toSorted()).toEqual(['changed', 'gap', 'run']);
    expect(own).toContainEqual(['changed', { endpointIds: ['x'] }]);
    expect(own).toContainEqual(['run', { runId: 'r', ...progress, endpointId: 'x' }]);
  });

  it('keep what no list shows from the list: an endpoint that sends metrics costs it nothing', async () => {
    const messages = await listen();
    tell({ what: 'endpoint', endpointId: madeUpId('a'), isListed: false });
    tell({ what: 'secrets' });
    tell(listed('b'));
    await until(() => messages.length === 2);
    expect(messages).toEqual([
      ['secrets', {}],
      ['changed', { endpointIds: ['b'] }],
    ]);
  });
});

describe('what happens in one process of the platform', () => {
  it('ends sessions here also when the news of it were missed: the secret was revoked meanwhile', async () => {
    const [store, feed, events] = [await openStore(':memory:'), new LocalFeed(), new EventBus()];
    const [good, revoked] = [madeUpId('b'.repeat(64)), madeUpId('c'.repeat(64))];
    const closed: string[] = [];
    const fleet = new Fleet({
      ...{ id: good, store, feed, events, clock: systemClock },
      runs: new RunQueue({ store, feed, events, clock: systemClock, observer: UNOBSERVED }),
      addressForSecret: async () => ({ id: good, relayUrls: [], directAddrs: [] }),
      closeSessionsOf: (keyId) => closed.push(keyId),
    });
    for (const keyId of [good, revoked])
      await store.addApiSecret({
        ...{ project: 'default', keyId, identity: good, label: '', createdAt: 1, revokedAt: null },
      });
    // As another process does it that cannot be heard now.
    await store.revokeApiSecret('default', revoked, 2);
    feed.gap();
    await until(() => closed.length > 0);
    expect(closed).toEqual([revoked]);
    fleet.close();
    await store.close();
  });

  it('becomes changes in every process', async () => {
    const [store, feed, events] = [await openStore(':memory:'), new LocalFeed(), new EventBus()];
    const endpointId = madeUpId('a'.repeat(64));
    const closed: string[] = [];
    const fleet = new Fleet({
      ...{ id: endpointId, store, feed, events, clock: systemClock },
      runs: new RunQueue({ store, feed, events, clock: systemClock, observer: UNOBSERVED }),
      addressForSecret: async () => ({ id: endpointId, relayUrls: [], directAddrs: [] }),
      closeSessionsOf: (keyId) => closed.push(keyId),
    });
    const changes: LiveChange[] = [];
    const stop = fleet.changesIn('default').subscribe((change) => changes.push(change));
    events.emit({ type: 'session-opened', project: 'default', endpointId });
    events.emit({ type: 'metrics', project: 'default', endpointId });
    events.emit({ type: 'warning', message: 'x' });
    // Of another project nothing is told.
    events.emit({ type: 'session-opened', project: 'other', endpointId });
    feed.publish({ what: 'run', project: 'other', endpointId, runId: 'x' });
    events.emit({ type: 'api-secrets-changed', project: 'other', keyId: endpointId });
    events.emit({ type: 'request-refused', endpointId, request: '', why: '' });
    events.emit({ type: 'api-secrets-changed', project: 'default', keyId: endpointId });
    feed.publish({ what: 'secrets', project: 'default', revoked: endpointId });
    feed.gap();
    stop();
    events.emit({ type: 'session-closed', project: 'default', endpointId });
    expect(changes).toEqual([
      { what: 'endpoint', endpointId, isListed: true },
      { what: 'endpoint', endpointId, isListed: false },
      { what: 'secrets' },
      { what: 'secrets' },
      { what: 'gap' },
    ]);
    expect(closed).toEqual([endpointId]);
    fleet.close();
    await feed.close();
    await store.close();
  });
});
