import { afterEach, describe, expect, it } from 'vitest';
import {
  DialBackError,
  type DialBackOptions,
  type EndpointRef,
  EventBus,
  limitsOption,
  newReportId,
  type ReportRecord,
  systemClock,
} from '../../lib/services/index.js';
import type { EndpointId } from '../../lib/wire/index.js';
import { type ChangeFeed, openFeed } from '../../platform/changes/index.js';
import { IdentityTable } from '../../platform/identities/identity-table.js';
import { RunQueue, RunWorker } from '../../platform/runs/index.js';
import { fence } from '../../platform/store/fence.js';
import { openStore } from '../../platform/store/open-store.js';
import type { SqlStore } from '../../platform/store/sql-store.js';
import { until } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';
import { freshDatabase, postgresAvailable } from '../support/postgres.js';
import { UNOBSERVED } from '../support/unobserved.js';
import { refOf, sampleReport } from './stage.js';

const PLATFORM = madeUpId('f'.repeat(64));
const ISSUER = madeUpId('c'.repeat(64));
const [A, B] = [madeUpId('a'.repeat(64)), madeUpId('b'.repeat(64))].map(refOf) as [EndpointRef, EndpointRef];

const SOMEBODY = { kind: 'user', id: 'u1', name: 'Ada' };

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A process of the platform that may be asked for runs. */
async function openProcess(place: string) {
  const store = await openStore(place);
  opened.push(() => store.close());
  const feed = await openFeed(place);
  opened.push(() => feed.close());
  const events = new EventBus();
  const queue = new RunQueue({ store, feed, events, clock: systemClock, observer: UNOBSERVED });
  opened.push(() => queue.close());
  return { store, feed, events, queue };
}

/** What a holder's host does with a dial-back. */
type Script = (ref: EndpointRef, options: DialBackOptions) => Promise<void>;

/** Takes the identity, and carries out its runs. */
async function hold({ store, feed }: { store: SqlStore; feed: ChangeFeed }, script: Script = async () => {}) {
  const table = new IdentityTable(store.database);
  const row = (await table.list()).find(({ id }) => id === PLATFORM);
  const lease = row === undefined ? null : await table.take(row, `holder ${Math.random()}`);
  if (lease === null) throw new Error('not taken');
  const { token } = lease;
  const held = store.fenced((transaction) => fence(store.dialect, transaction, lease));
  const events = new EventBus();
  const dialBack = async (ref: EndpointRef, options: DialBackOptions = {}): Promise<ReportRecord> => {
    await script(ref, options);
    const now = Date.now();
    const record: ReportRecord = {
      ...{ project: ref.project, id: newReportId(now), endpointId: ref.id, source: 'dial-back' },
      ...{ receivedAt: now, durationMs: 1, sighting: null, report: sampleReport(ref.id) },
    };
    await held.addReport(record, 100);
    return record;
  };
  const worker = new RunWorker({
    ...{
      store: held,
      feed,
      host: { dialBack, events, limits: limitsOption().default },
      identity: PLATFORM,
      token,
      observer: UNOBSERVED,
    },
    onWarning: (message) => {
      throw new Error(message);
    },
  });
  await worker.start();
  opened.push(() => worker.stop());
  return { worker, events, token };
}

async function addEndpoint(store: SqlStore, ref: EndpointRef, isOnline = true): Promise<void> {
  const now = Date.now();
  await store.authorise(ref, { issuer: ISSUER, expiresAt: null }, PLATFORM, now);
  if (isOnline) await store.sessionOpened(ref, PLATFORM, null, now);
  await store.putGrant({
    ...{ project: ref.project, endpointId: ref.id, identity: PLATFORM, caps: ['net-diagnostics:get-any'] },
    ...{ token: new Uint8Array([1]), expiresAt: null, grantedAt: now },
  });
}

/** Ends with the dial-back's signal. */
const endless: Script = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new DialBackError('cancelled', 'The run was cancelled.')));
  });

const DIALECTS = [
  ['on SQLite', async () => ':memory:'],
  ...(postgresAvailable() ? [['on PostgreSQL', freshDatabase] as const] : []),
] as const;

describe.each(DIALECTS)('runs %s', (dialect, place) => {
  async function start() {
    const one = await openProcess(await place());
    await new IdentityTable(one.store.database).add(PLATFORM, null);
    await addEndpoint(one.store, A);
    return one;
  }

  it('are carried out by the holder, step by step, and their report is stored', async () => {
    const one = await start();
    await hold(one, async (ref, { onProgress }) => {
      const progress = { endpointId: ref.id, startedAt: 0, elapsedMs: 0 };
      for (const phase of ['connecting', 'authorising', 'running'] as const) {
        onProgress?.({ ...progress, phase });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    const phases: string[] = [];
    const report = await one.queue.dialBack(A, SOMEBODY, { onProgress: ({ phase }) => phases.push(phase) });
    expect(report).toMatchObject({ endpointId: A.id, source: 'dial-back' });
    expect(phases).toEqual(['connecting', 'authorising', 'running', 'done']);
    expect(await one.queue.active(A)).toBeNull();
  });

  it('say who asked for them, also those that an earlier version began', async () => {
    const one = await start();
    const { id } = await one.queue.request(A, SOMEBODY);
    expect((await one.queue.run(id))?.requestedBy).toEqual(SOMEBODY);
    await one.store.tables
      .updateTable('runs')
      .set({ requested_by: 'dashboard', requester_kind: null, requester_id: null })
      .execute();
    expect((await one.queue.run(id))?.requestedBy).toMatchObject({ kind: 'program', name: 'dashboard' });
  });

  it('are refused while the button is grey, and while one is under way, however many ask', async () => {
    const one = await start();
    await addEndpoint(one.store, B, false);
    await expect(one.queue.request(B, SOMEBODY)).rejects.toMatchObject({
      code: 'ERR_STATE',
      message: /^Offline/,
    });
    const unknown = refOf(madeUpId('e'.repeat(64)));
    await expect(one.queue.request(unknown, SOMEBODY)).rejects.toMatchObject({
      message: expect.stringMatching(/^No grant/),
    });
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => one.queue.request(A, SOMEBODY)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of asked) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({
          code: 'ERR_STATE',
          message: expect.stringMatching(/^Running/),
        });
    }
    expect((await one.queue.activeOf('default', [A.id, B.id])).size).toBe(1);
  });

  it('fail with the words of the failure', async () => {
    const one = await start();
    await hold(one, async () => {
      throw new DialBackError('vetoed', 'The app refused: "not now".');
    });
    await expect(one.queue.dialBack(A, SOMEBODY)).rejects.toMatchObject({
      kind: 'vetoed',
      code: 'ERR_REMOTE',
      message: 'The app refused: "not now".',
    });
    await hold(one);
    await one.queue.dialBack(A, SOMEBODY);
  });

  it('end when they are cancelled, queued or under way', async () => {
    const one = await start();
    const stop = new AbortController();
    const queued = one.queue.dialBack(A, SOMEBODY, { signal: stop.signal });
    queued.catch(() => {});
    await until(async () => (await one.queue.active(A)) !== null);
    stop.abort();
    await expect(queued).rejects.toMatchObject({ kind: 'cancelled' });
    await hold(one, endless);
    const again = new AbortController();
    const running = one.queue.dialBack(A, SOMEBODY, { signal: again.signal });
    running.catch(() => {});
    await until(async () => (await one.queue.active(A))?.state === 'running');
    again.abort();
    await expect(running).rejects.toMatchObject({ kind: 'cancelled', message: 'The run was cancelled.' });
  });

  it('that a holder leaves are begun anew by the next, and what the old one says counts no more', async () => {
    const one = await start();
    let finish = () => {};
    const frozen = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await hold(one, () => frozen);
    const result = one.queue.dialBack(A, SOMEBODY);
    await until(async () => (await one.queue.active(A))?.state === 'running');
    const { token } = await hold(one);
    const report = await result;
    finish();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const reports = await one.store.reports(A, { limit: 10 });
    expect(
      reports.map(({ id }) => id),
      'a thawed holder writes nothing',
    ).toEqual([report.id]);
    const rows = await one.store.tables.selectFrom('runs').select(['state', 'token']).execute();
    expect(rows.map((row) => [row.state, Number(row.token)])).toEqual([['done', token]]);
  });

  it('that a holder gives back when it stops are carried out by the next', async () => {
    const one = await start();
    const { worker } = await hold(one, endless);
    const result = one.queue.dialBack(A, SOMEBODY);
    await until(async () => (await one.queue.active(A))?.state === 'running');
    await worker.stop();
    expect(await one.queue.active(A)).toMatchObject({ state: 'queued', phase: null });
    await hold(one);
    expect(await result).toMatchObject({ endpointId: A.id });
  });

  it('wait for an endpoint that is away, and begin when it is back', async () => {
    const one = await start();
    const begun: EndpointId[] = [];
    const run = await one.queue.request(A, SOMEBODY);
    await one.store.sessionClosed(A, PLATFORM, Date.now());
    const { events } = await hold(one, async ({ id }) => void begun.push(id));
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(begun).toEqual([]);
    await one.store.sessionOpened(A, PLATFORM, null, Date.now());
    events.emit({ type: 'session-opened', project: A.project, endpointId: A.id });
    await until(async () => (await one.queue.run(run.id))?.state === 'done', 900);
    expect(begun).toEqual([A.id]);
  });

  it('that were claimed, and whose claim was never answered, are begun all the same', async () => {
    const one = await start();
    const run = await one.queue.request(A, SOMEBODY);
    await one.store.sessionClosed(A, PLATFORM, Date.now());
    const { token, events } = await hold(one);
    await one.store.tables
      .updateTable('runs')
      .set({ state: 'running', phase: 'connecting', token })
      .where('id', '=', run.id)
      .execute();
    await one.store.sessionOpened(A, PLATFORM, null, Date.now());
    events.emit({ type: 'session-opened', project: A.project, endpointId: A.id });
    await until(async () => (await one.queue.run(run.id))?.state === 'done');
  });

  it('that were cancelled end also when they are back in the queue, and their endpoint away', async () => {
    const one = await start();
    const run = await one.queue.request(A, SOMEBODY);
    await one.store.sessionClosed(A, PLATFORM, Date.now());
    const isRunning = { state: 'running', phase: 'connecting', token: 0, cancel: 1 };
    await one.store.tables.updateTable('runs').set(isRunning).where('id', '=', run.id).execute();
    await hold(one);
    await until(async () => (await one.queue.run(run.id))?.failure?.kind === 'cancelled');
  });

  it('end with words when their time is over: in the queue, and with a holder that nobody followed', async () => {
    const one = await start();
    const late = await one.queue.request(A, SOMEBODY);
    await one.store.tables.updateTable('runs').set({ deadline_at: 1 }).where('id', '=', late.id).execute();
    await addEndpoint(one.store, B);
    const left = await one.queue.request(B, SOMEBODY);
    await one.store.tables
      .updateTable('runs')
      .set({ deadline_at: 1, state: 'running', identity: ISSUER })
      .where('id', '=', left.id)
      .execute();
    await hold(one, endless);
    await until(async () => (await one.queue.run(late.id))?.state === 'failed');
    expect((await one.queue.run(late.id))?.failure).toMatchObject({
      kind: 'timed-out',
      message: expect.stringContaining('did not come back'),
    });
    const next = await one.queue.request(B, SOMEBODY);
    expect(next.id).not.toBe(left.id);
    expect((await one.queue.run(left.id))?.failure?.message).toMatch(/^No process of the platform/);
  });

  it('are given up by those who wait when the platform stops', async () => {
    const one = await start();
    const result = one.queue.dialBack(A, SOMEBODY);
    result.catch(() => {});
    await until(async () => (await one.queue.active(A)) !== null);
    one.queue.close();
    await expect(result).rejects.toMatchObject({ kind: 'cancelled', message: 'The platform is stopping.' });
  });

  it.runIf(dialect === 'on PostgreSQL')('asked for at one process are carried out by another', async () => {
    const url = await freshDatabase();
    const [asked, holder] = [await openProcess(url), await openProcess(url)];
    await new IdentityTable(asked.store.database).add(PLATFORM, null);
    await addEndpoint(asked.store, A);
    await hold(holder);
    const startedAt = performance.now();
    expect(await asked.queue.dialBack(A, SOMEBODY)).toMatchObject({ endpointId: A.id });
    // By the feed, not by the look of each second.
    expect(performance.now() - startedAt).toBeLessThan(900);
  });
});
