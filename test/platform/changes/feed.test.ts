import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { type Change, type ChangeFeed, openFeed } from '../../../platform/changes/index.js';
import { runChild } from '../../support/child.js';
import { until } from '../../support/fake-time.js';
import { freePort } from '../../support/free-port.js';
import { madeUpId } from '../../support/ids.js';
import { freshDatabase, PostgresServer, postgresAvailable } from '../../support/postgres.js';
import { unhandledRejections } from '../../support/unhandled-rejections.js';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** A process's feed, and what it heard. */
interface Ear {
  feed: ChangeFeed;
  heard: Change[];
  gaps(): number;
}

async function listen(place: string): Promise<Ear> {
  const feed = await openFeed(place);
  opened.push(feed);
  const heard: Change[] = [];
  let gaps = 0;
  feed.subscribe((change) => heard.push(change));
  feed.onGap(() => {
    gaps += 1;
  });
  return { feed, heard, gaps: () => gaps };
}

async function ownServer(): Promise<PostgresServer> {
  const server = await PostgresServer.start({ fsync: false });
  opened.push({ close: () => server.stop() });
  return server;
}

const A = madeUpId('a'.repeat(64));
const run = (runId: string): Change => ({ what: 'run', project: 'default', endpointId: A, runId });
const EACH: readonly Change[] = [
  { what: 'endpoint', project: 'default', endpointId: A, how: 'report' },
  run('1'),
  { what: 'secrets', project: 'dé"fault', revoked: A },
  { what: 'secrets', project: 'default', revoked: null },
  { what: 'identities' },
];

describe('changes within one process', () => {
  it('reach every listener at once and in order, whatever one of them throws', async () => {
    const { feed, heard } = await listen('some/folder');
    feed.subscribe(() => {
      throw new Error('mine');
    });
    const late: Change[] = [];
    const stop = feed.subscribe((change) => late.push(change));
    for (const change of EACH) feed.publish(change);
    expect(heard).toEqual(EACH);
    stop();
    feed.publish(run('2'));
    expect([heard.length, late.length]).toEqual([EACH.length + 1, EACH.length]);
    await feed.close();
    feed.publish(run('3'));
    expect(heard).toHaveLength(EACH.length + 1);
  });
});

describe.runIf(postgresAvailable())('changes between processes that share a database', () => {
  it('reach all of them in the order of who published them, and that one only once', async () => {
    const url = await freshDatabase();
    const [one, two, three] = [await listen(url), await listen(url), await listen(url)];
    for (const change of EACH) one.feed.publish(change);
    expect(one.heard).toEqual(EACH);
    await until(() => two.heard.length === EACH.length && three.heard.length === EACH.length, 5_000);
    two.feed.publish(run('2'));
    await until(() => three.heard.length > EACH.length, 5_000);
    for (const { heard, gaps } of [one, two, three]) {
      expect(heard).toEqual([...EACH, run('2')]);
      expect(gaps()).toBe(0);
    }
  });

  it('of other databases of the server are not heard', async () => {
    const [one, two] = [await listen(await freshDatabase()), await listen(await freshDatabase())];
    one.feed.publish(run('1'));
    two.feed.publish(run('2'));
    const third = await listen(await freshDatabase());
    third.feed.publish(run('3'));
    await new Promise((settle) => setTimeout(settle, 200));
    expect([one.heard, two.heard]).toEqual([[run('1')], [run('2')]]);
  });

  it('are told quickly one by one, and together when there are many: of equal ones the last', async () => {
    const url = await freshDatabase();
    const [one, two] = [await listen(url), await listen(url)];
    const wire = new Client({ connectionString: url });
    opened.push({ close: () => wire.end() });
    const messages: string[] = [];
    wire.on('notification', ({ payload = '' }) => messages.push(payload));
    await wire.connect();
    await wire.query('LISTEN iroh_platform_changes');

    one.feed.publish(run('first'));
    await until(() => two.heard.length === 1, 1_000);
    // The rest of the pause after it.
    await new Promise((settle) => setTimeout(settle, 100));
    for (let round = 0; round < 50; round += 1) for (const id of ['a', 'b', 'a']) one.feed.publish(run(id));
    await until(() => two.heard.length >= 3, 1_000);
    await new Promise((settle) => setTimeout(settle, 200));
    expect(two.heard).toEqual([run('first'), run('b'), run('a')]);
    expect(messages).toHaveLength(2);

    // What PostgreSQL takes at once is less than 8000 bytes.
    const many = Array.from({ length: 1_000 }, (_, index) => run(`${index}-é`));
    for (const change of many) one.feed.publish(change);
    await until(() => two.heard.length === 1_003, 5_000);
    expect(two.heard.slice(3)).toEqual(many);
    expect(Math.max(...messages.map((message) => Buffer.byteLength(message)))).toBeLessThan(8_000);
    expect(messages.length).toBeLessThan(50);
  });

  it('that are too many or too long to be told one by one are a gap for the others', async () => {
    const url = await freshDatabase();
    const [one, two] = [await listen(url), await listen(url)];
    for (let index = 0; index < 20_000; index += 1) one.feed.publish(run(String(index)));
    await until(() => two.gaps() === 1, 5_000);
    one.feed.publish(run('x'.repeat(9_000)));
    await until(() => two.gaps() === 2, 5_000);
    one.feed.publish(run('short'));
    await until(() => two.heard.length > 0, 5_000);
    expect(two.heard).toEqual([run('short')]);
    expect(one.gaps()).toBe(0);
  });

  it('that nobody of ours wrote are ignored', async () => {
    const url = await freshDatabase();
    const [one, two] = [await listen(url), await listen(url)];
    const wire = new Client({ connectionString: url });
    opened.push({ close: () => wire.end() });
    await wire.connect();
    const others = [
      '',
      'hello',
      'null',
      '7',
      '{"from":"x","changes":7}',
      '{"from":"x","changes":[null,7,{},{"what":"later"},{"what":"run","project":"default"},{"what":"endpoint","project":1}]}',
      `{"from":"x","changes":[{"what":"endpoint","project":"default","endpointId":"${'z'.repeat(64)}","how":"report"}]}`,
    ];
    for (const payload of others)
      await wire.query('SELECT pg_notify($1, $2)', ['iroh_platform_changes', payload]);
    one.feed.publish(run('1'));
    await until(() => two.heard.length > 0, 5_000);
    expect([two.heard, two.gaps()]).toEqual([[run('1')], 0]);
  });

  it('are heard again after the server was killed, and all are told that there was a gap', async () => {
    const unhandled = unhandledRejections();
    const server = await ownServer();
    const url = await server.createDatabase();
    const [one, two] = [await listen(url), await listen(url)];
    await server.crash();
    one.feed.publish(run('meanwhile'));
    expect(one.heard).toEqual([run('meanwhile')]);
    await new Promise((settle) => setTimeout(settle, 1_000));
    await server.resume();
    await until(() => one.gaps() === 1 && two.gaps() === 1, 10_000);
    one.feed.publish(run('after'));
    two.feed.publish(run('answer'));
    const runs = ({ heard }: Ear) => heard.map((change) => (change.what === 'run' ? change.runId : ''));
    // What was published meanwhile may have been told before the other listened again: that is what the gap is for.
    await until(() => runs(two).includes('after') && runs(one).includes('answer'), 5_000);
    expect(unhandled).toEqual([]);
  });

  it('are heard again when the server froze, which no connection tells', { tags: ['slow'] }, async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    opened.push({ close: async () => process.off('warning', note) });
    const server = await ownServer();
    const url = await server.createDatabase();
    const [one, two] = [await listen(url), await listen(url)];
    await server.freeze();
    await new Promise((settle) => setTimeout(settle, 3_000));
    one.feed.publish(run('meanwhile'));
    await new Promise((settle) => setTimeout(settle, 14_000));
    server.thaw();
    await until(() => one.gaps() >= 1 && two.gaps() >= 1, 10_000);
    one.feed.publish(run('after'));
    await until(() => two.heard.some((change) => change.what === 'run' && change.runId === 'after'), 5_000);
    // As long as nothing answers, nothing more is asked.
    expect(warnings).toEqual([]);
  });

  it('can be closed while the server says nothing', async () => {
    const server = await ownServer();
    const { feed } = await listen(await server.createDatabase());
    await server.freeze();
    feed.publish(run('1'));
    const startedAt = performance.now();
    await Promise.all([feed.close(), feed.close()]);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    server.thaw();
  });

  it('are told before a feed is closed, and then nothing of it keeps its process alive', async () => {
    const url = await freshDatabase();
    const { heard } = await listen(url);
    const { code, stdout, stderr } = await runChild(
      `import { openFeed } from './platform/changes/index.js';
       const feed = await openFeed(process.argv[2]);
       for (const runId of ['1', '2']) {
         feed.publish({ what: 'run', project: 'default', endpointId: '${A}', runId });
         await new Promise((resolve) => setTimeout(resolve, 5));
       }
       await feed.close();
       console.log('closed');`,
      { args: [url] },
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'closed\n', stderr: '' });
    await until(() => heard.length >= 2, 5_000);
    expect(heard).toEqual([run('1'), run('2')]);
  });

  it('need a database to begin with', async () => {
    const url = `postgres://platform:hunter2@127.0.0.1:${await freePort()}/fleet`;
    await expect(openFeed(url)).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/^(?!.*hunter2).*start PostgreSQL/),
    });
  });
});
