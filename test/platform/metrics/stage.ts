import { afterEach } from 'vitest';
import type { MetricsSchema, MetricValue } from '../../../lib/wire/index.js';
import { DAY_MS, HOUR_MS, type TierAges } from '../../../platform/metrics/tiers.js';
import { openLibsql } from '../../../platform/store/libsql-driver.js';
import { GRACE_MS, rollNextSeries } from '../../../platform/store/metric-rollup.js';
import { openPostgres } from '../../../platform/store/postgres-driver.js';
import { SqlStore } from '../../../platform/store/sql-store.js';
import { madeUpId } from '../../support/ids.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';

export const A = madeUpId('a'.repeat(64));
export const B = madeUpId('b'.repeat(64));
export const KEY = madeUpId('c'.repeat(64));
export const PLATFORM = madeUpId('e'.repeat(64));
export const PROJECT = 'default';

/** Midnight UTC. */
export const DAY = Date.UTC(2026, 10, 20);
export const MINUTE_MS = 60_000;
export const AGES: TierAges = [3 * HOUR_MS, 3 * DAY_MS, 30 * DAY_MS, 400 * DAY_MS];

const opened: SqlStore[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function keep(store: SqlStore): Promise<SqlStore> {
  opened.push(store);
  return store;
}

/** Each opens an empty store on a database of its kind. */
export const DATABASES: [string, () => Promise<SqlStore>][] = [
  ['SQLite', async () => keep(await SqlStore.open(await openLibsql(':memory:')))],
  ...(postgresAvailable()
    ? ([['PostgreSQL', async () => keep(await SqlStore.open(await openPostgres(await freshDatabase())))]] as [
        string,
        () => Promise<SqlStore>,
      ][])
    : []),
];

export async function authorise(store: SqlStore, id = A, at = DAY, issuer = KEY): Promise<void> {
  await store.authorise({ project: PROJECT, id }, { issuer, expiresAt: null }, PLATFORM, at);
}

/** Two counters, a gauge. */
export const SCHEMA: MetricsSchema = {
  items: [
    { type: 'counter', name: 'sent', prefixes: ['net'], labels: [] },
    { type: 'counter', name: 'seen', prefixes: ['net'], labels: [['path', 'relay']] },
    { type: 'gauge', name: 'open', prefixes: [], labels: [] },
  ],
  help: ['Datagrams sent', 'Datagrams seen', 'Open connections'],
};

export interface PushOptions {
  id?: typeof A;
  session?: string;
  schema?: MetricsSchema;
}

/** Pushes as a session does: with its schema. */
export function push(
  store: SqlStore,
  at: number,
  [sent, seen, open]: readonly [number, number, number],
  { id = A, session = '01', schema = SCHEMA }: PushOptions = {},
): Promise<void> {
  const values: MetricValue[] = [
    { type: 'counter', value: BigInt(sent) },
    { type: 'counter', value: BigInt(seen) },
    { type: 'gauge', value: BigInt(open) },
  ];
  const record = { project: PROJECT, endpointId: id, sessionId: session, updatedAt: at };
  return store.putMetrics({ ...record, schema, values }, 4);
}

/** Looks after every series that is due by then, spread and all. */
export async function rollAll(store: SqlStore, now: number, ages = AGES): Promise<number> {
  await store.tables.updateTable('metric_series').set({ due_at: 0 }).execute();
  let steps = 0;
  while (await rollNextSeries(store.database, now, ages)) steps += 1;
  return steps;
}

/** When the hour that `at` lies in can be rolled up. */
export const afterTheHour = (at: number) => Math.ceil((at + 1) / HOUR_MS) * HOUR_MS + GRACE_MS;
