import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_PROJECT, newReportId } from '../../../lib/services/records.js';
import type { Store } from '../../../lib/services/store.js';
import { IdentityTable } from '../../../platform/identities/identity-table.js';
import { fence } from '../../../platform/store/fence.js';
import type { SqlDatabase } from '../../../platform/store/sql-database.js';
import { SqlStore } from '../../../platform/store/sql-store.js';
import { madeUpId } from '../../support/ids.js';
import { sampleReport } from '../stage.js';
import { Databases, mayPostgres, newIdentity } from './databases.js';

const databases = new Databases();
afterEach(() => databases.close());

const [A, KEY, NEW_KEY] = [madeUpId('a'.repeat(64)), madeUpId('c'.repeat(64)), madeUpId('d'.repeat(64))];
const REF = { project: DEFAULT_PROJECT, id: A };

type Read =
  | ('apiSecret' | 'apiSecrets' | 'endpoint' | 'endpoints' | 'lastAuthorisation' | 'countEndpoints')
  | ('oldestOffline' | 'grants' | 'report' | 'reports' | 'reportSummaries' | 'metricTypes')
  | ('metricsSessions' | 'close');

const secret = (keyId = KEY) => ({
  ...{ project: DEFAULT_PROJECT, keyId, identity: A, label: '', createdAt: 1, revokedAt: null },
});
const report = (id = newReportId(Date.now())) => ({
  ...{ project: DEFAULT_PROJECT, id, endpointId: A, source: 'upload' as const, receivedAt: 5 },
  ...{ durationMs: null, sighting: null, report: sampleReport(A) },
});
const metrics = (value: bigint) => ({
  ...{ project: DEFAULT_PROJECT, endpointId: A, sessionId: '0f', updatedAt: 1 },
  schema: { items: [{ type: 'counter' as const, name: 'c', prefixes: [], labels: [] }], help: null },
  values: [{ type: 'counter' as const, value }],
});
const grant = {
  ...{ project: DEFAULT_PROJECT, endpointId: A, identity: A, caps: ['client'], token: Uint8Array.of(1) },
  ...{ expiresAt: null, grantedAt: 9 },
};
const address = { id: A, relayUrls: ['https://relay.test/'], directAddrs: [] };

/** Everything that writes; a new method of the store has to stand here. */
const WRITES: Record<Exclude<keyof Store, Read>, (store: Store) => Promise<unknown>> = {
  addApiSecret: (store) => store.addApiSecret(secret(NEW_KEY)),
  revokeApiSecret: (store) => store.revokeApiSecret(DEFAULT_PROJECT, KEY, 9),
  authorise: (store) => store.authorise(REF, { issuer: KEY, expiresAt: null }, A, 200),
  nameEndpoint: (store) => store.nameEndpoint(REF, 'name'),
  groupEndpoint: (store) => store.groupEndpoint(REF, 'group'),
  describeEndpoint: (store) => store.describeEndpoint(REF, { region: 'eu' }),
  sessionOpened: (store) => store.sessionOpened(REF, A, address, 300),
  sessionClosed: (store) => store.sessionClosed(REF, A, 400),
  movedTo: (store) => store.movedTo(REF, address),
  identityShared: (store) => store.identityShared(REF, 500),
  putGrant: (store) => store.putGrant(grant),
  addReport: (store) => store.addReport(report(), 5),
  putMetrics: (store) => store.putMetrics(metrics(1n), 5),
  putMetricValues: (store) => store.putMetricValues(metrics(2n)),
  forgetEndpoint: (store) => store.forgetEndpoint(REF),
};

/** All rows but the lease's own. */
async function everything({ tables }: SqlDatabase): Promise<unknown> {
  const names = [
    ...(['settings', 'projects', 'api_secrets', 'endpoints', 'endpoint_attributes', 'grants'] as const),
    ...(['reports', 'metric_schemas', 'metrics', 'metric_points', 'runs'] as const),
  ];
  const rows = await Promise.all(names.map((name) => tables.selectFrom(name).selectAll().execute()));
  return Object.fromEntries(names.map((name, at) => [name, rows[at]]));
}

async function openHeld(database: SqlDatabase) {
  const { dialect } = database;
  const store = await SqlStore.open(database);
  const table = new IdentityTable(database);
  const { id } = newIdentity();
  await table.add(id, null);
  const take = async () => {
    const [row] = await table.list();
    return row === undefined ? null : table.take(row, 'a holder');
  };
  const lease = await take();
  if (lease === null) throw new Error('was not taken');
  await store.addApiSecret(secret());
  await store.authorise(REF, { issuer: KEY, expiresAt: null }, A, 100);
  return { store, take, held: store.fenced((transaction) => fence(dialect, transaction, lease)) };
}

const lost = { code: 'ERR_STORE', message: expect.stringContaining('lease lost') };

describe.each([
  ['SQLite', 'sqlite' as const],
  ['PostgreSQL', 'postgres' as const],
])('the store of a holder on %s', (_, dialect) => {
  describe.skipIf(dialect === 'postgres' && !mayPostgres)('writes', () => {
    it('as long as it holds the identity, and afterwards nothing by any method', async () => {
      const database = await databases.make(dialect);
      const { held, take } = await openHeld(database);
      for (const [name, write] of Object.entries(WRITES)) {
        if (name !== 'forgetEndpoint') await write(held);
      }
      await take();
      const before = await everything(database);
      for (const [name, write] of Object.entries(WRITES))
        await expect(write(held), name).rejects.toMatchObject(lost);
      const together = await Promise.allSettled(Object.values(WRITES).map((write) => write(held)));
      expect(together.map(({ status }) => status)).toEqual(together.map(() => 'rejected'));
      expect(await everything(database)).toEqual(before);
    });

    it('nothing more, but still reads', async () => {
      const { held, take } = await openHeld(await databases.make(dialect));
      await take();
      expect(await held.endpoint(REF)).toMatchObject({ id: A });
    });
  });
});

const SLOW = { timeout: 60_000, tags: ['slow'] };

describe.skipIf(!mayPostgres)('a takeover in the middle of many writes', SLOW, () => {
  it.each([1, 2, 3, 4, 5])(
    'loses no report that was acknowledged, and keeps none that was refused (%i)',
    async () => {
      const database = await databases.make('postgres');
      const { held, take } = await openHeld(database);
      const [acknowledged, refused] = [new Set<string>(), new Set<string>()];
      const asked: Promise<unknown>[] = [];
      const burst = async () => {
        for (let count = 0; count < 20; count += 1) {
          const id = newReportId(asked.length);
          asked.push(
            held.addReport(report(id), 10_000).then(
              () => acknowledged.add(id),
              () => refused.add(id),
            ),
          );
        }
        await sleep(Math.random() * 10);
      };
      for (let count = 0; count < 5; count += 1) await burst();
      let isTaken = false;
      const taking = (async () => {
        while ((await take()) === null) await sleep(1);
        isTaken = true;
      })();
      while (!isTaken) {
        await burst();
        // It is not taken while a write is under way, and on a busy machine one follows the other.
        if (asked.length % 100 === 0) await Promise.all(asked);
      }
      for (let count = 0; count < 3; count += 1) await burst();
      await Promise.all([taking, ...asked]);
      const kept = await database.tables.selectFrom('reports').select('id').execute();
      expect(new Set(kept.map(({ id }) => id))).toEqual(acknowledged);
      expect(acknowledged.size + refused.size).toBe(asked.length);
      expect(Math.min(acknowledged.size, refused.size)).toBeGreaterThan(0);
    },
  );
});
