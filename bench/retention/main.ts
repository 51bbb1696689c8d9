import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import type { EndpointId, MetricValue } from '../../lib/wire/index.js';
import { joinPoints, pointOf } from '../../platform/metrics/point.js';
import { writePoint } from '../../platform/metrics/point-text.js';
import { DAY_MS, HOUR_MS, type TierAges } from '../../platform/metrics/tiers.js';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import { rollNextSeries } from '../../platform/store/metric-rollup.js';
import { metricHistory } from '../../platform/store/metric-series.js';
import { openPostgres } from '../../platform/store/postgres-driver.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import { SqlStore } from '../../platform/store/sql-store.js';
import { sweep } from '../../platform/store/sweep.js';
import { usageOf } from '../../platform/store/usage.js';
import { fillFleet } from '../../test/support/fleet-data.js';
import { madeUpId } from '../../test/support/ids.js';
import { PostgresServer } from '../../test/support/postgres.js';
import { machine } from '../support/machine.js';
import { quantile } from '../support/statistics.js';

const USAGE = `node bench/run.js retention [--endpoints 1000] [--metrics 35] [--fleet 10000] [--reports 100000] [--only sqlite]

What the history of metrics and the cleaning cost, on a file (SQLite) and on a real PostgreSQL.
  --endpoints  that push; each has one hour of pushes
  --metrics    in each push; a third of them is not zero, as of iroh's
  --fleet      endpoints of the project that is cleaned
  --reports    of theirs, which are all too old`;

const PROJECT = 'default';
const PLATFORM = madeUpId('e'.repeat(64));
const KEY = madeUpId('c'.repeat(64));
const START = Date.UTC(2026, 10, 20);
const AGES: TierAges = [3 * HOUR_MS, 3 * DAY_MS, 30 * DAY_MS, 400 * DAY_MS];
const NO_LIMITS = {
  ...{ reportsSince: 0, reportsPerEndpoint: 1e9, reportsPerProject: 1e9, pointsPerProject: 1e9 },
  ...{
    runsSince: 0,
    auditSince: 0,
    auditEntries: 1e9,
    now: 0,
    endpointsSeenSince: 0,
    bytesPerEndpoint: 1e15,
    bytesPerSecret: 1e15,
  },
};

interface Options {
  endpoints: number;
  fleet: number;
  metrics: number;
  reports: number;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      endpoints: { type: 'string', default: '1000' },
      metrics: { type: 'string', default: '35' },
      fleet: { type: 'string', default: '10000' },
      reports: { type: 'string', default: '100000' },
      only: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const options = {
    endpoints: Number(values.endpoints),
    fleet: Number(values.fleet),
    metrics: Number(values.metrics),
    reports: Number(values.reports),
  };
  console.log(`${machine()}; ${JSON.stringify(options)}\n`);
  if (values.only !== 'postgres') await onSqlite(options);
  if (values.only !== 'sqlite') await onPostgres(options);
}

async function onSqlite(options: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-bench-'));
  const file = (name: string) => join(folder, `${name}.db`);
  try {
    const size = async (database: SqlDatabase) => {
      await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(database.tables);
      return (await stat(file('metrics'))).size;
    };
    await measure('SQLite', (name) => openLibsql(file(name)), size, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function onPostgres(options: Options): Promise<void> {
  const server = await PostgresServer.start();
  try {
    const size = async ({ tables }: SqlDatabase) => {
      await sql`VACUUM ANALYZE metric_points`.execute(tables);
      const { rows } = await sql<{ size: string }>`
        SELECT pg_total_relation_size('metric_points') AS size`.execute(tables);
      return Number(rows[0]?.size);
    };
    await measure('PostgreSQL', async () => openPostgres(await server.createDatabase()), size, options);
  } finally {
    await server.stop();
  }
}

async function measure(
  name: string,
  open: (name: string) => Promise<SqlDatabase>,
  size: (database: SqlDatabase) => Promise<number>,
  options: Options,
): Promise<void> {
  console.log(
    `## ${name}\n\n| | CPU | time | longest stall | CPU of the longest |\n| --- | --- | --- | --- | --- |`,
  );
  const store = await SqlStore.open(await open('metrics'));
  await pushes(store, options);
  await disk(store, size, options);
  await rollUp(store, options);
  await read(store);
  await store.close();
  const reports = await SqlStore.open(await open('reports'));
  await cleaning(reports, options);
  await reports.close();
  console.log();
}

const idOf = (number: number): EndpointId =>
  madeUpId(number.toString(16).padStart(8, '0').repeat(8)) as EndpointId;

/** Every third counts, each at its own pace. */
function valuesAt(metrics: number, endpoint: number, minute: number): MetricValue[] {
  return Array.from({ length: metrics }, (_, index) => ({
    type: 'counter',
    value: index % 3 > 0 ? 0n : BigInt(1_000 * (endpoint % 50) + index * index * minute),
  }));
}

async function pushes(store: SqlStore, { endpoints, metrics }: Options): Promise<void> {
  const items = Array.from({ length: metrics }, (_, index) => ({
    ...{ type: 'counter' as const, name: `metric_${index}`, prefixes: ['group'], labels: [] },
  }));
  const schema = {
    items,
    help: items.map(({ name }) => `What ${name} counts, in a sentence of usual length.`),
  };
  const numbers = Array.from({ length: endpoints }, (_, index) => index);
  const record = (index: number, minute: number) => ({
    ...{ project: PROJECT, endpointId: idOf(index), sessionId: '0'.repeat(32) },
    ...{ values: valuesAt(metrics, index, minute), updatedAt: START + minute * 60_000 },
  });
  const authorisation = { issuer: KEY, expiresAt: null };
  await Promise.all(
    numbers.map((index) =>
      store.authorise({ project: PROJECT, id: idOf(index) }, authorisation, PLATFORM, START),
    ),
  );
  const first = await cost(() =>
    Promise.all(numbers.map((index) => store.putMetrics({ ...record(index, 0), schema }, 4))),
  );
  row('the first push of a session', first, endpoints, 'a push');
  const later = await cost(async () => {
    for (const minute of [1, 2])
      await Promise.all(numbers.map((index) => store.putMetricValues(record(index, minute))));
  });
  row('a later push, of those that come together', later, 2 * endpoints, 'a push');
}

async function disk(
  store: SqlStore,
  size: (database: SqlDatabase) => Promise<number>,
  { endpoints, metrics }: Options,
): Promise<void> {
  const series = await store.tables.selectFrom('metric_series').select('id').orderBy('endpoint_id').execute();
  const before = await size(store.database);
  for (let minute = 3; minute < 60; minute += 1) {
    for (let from = 0; from < endpoints; from += 500) {
      const rows = series.slice(from, from + 500).map(({ id }, index) => ({
        ...{ series: Number(id), tier: 0, at: START + minute * 60_000, samples: 1 },
        point: writePoint(pointOf(valuesAt(metrics, from + index, minute))),
      }));
      await store.tables.insertInto('metric_points').values(rows).execute();
    }
  }
  const bytes = ((await size(store.database)) - before) / (57 * endpoints);
  const point = writePoint(pointOf(valuesAt(metrics, 25, 30)));
  const hour = joinPoints([1, 30, 59].map((minute) => pointOf(valuesAt(metrics, 25, minute))));
  console.log(
    `| a point on disk | | ${bytes.toFixed(0)} bytes (text: ${point.length}; of an hour: ${writePoint(hour).length}) | | |`,
  );
}

async function rollUp(store: SqlStore, { endpoints }: Options): Promise<void> {
  await store.tables.updateTable('metric_series').set({ due_at: 0 }).execute();
  const steps: number[] = [];
  const rolled = await cost(async () => {
    for (let isMore = true; isMore; ) {
      const begunAt = performance.now();
      isMore = await rollNextSeries(store.database, START + HOUR_MS + 180_000, AGES);
      steps.push(performance.now() - begunAt);
      await turn();
    }
  });
  row(
    `rolling up an hour (step: p99 ${quantile(steps, 0.99).toFixed(1)} ms)`,
    rolled,
    endpoints,
    'an endpoint',
  );
  const old = await cost(async () => {
    await store.tables.updateTable('metric_series').set({ due_at: 0 }).execute();
    while (await rollNextSeries(store.database, START + 2 * DAY_MS, AGES)) await turn();
  });
  row('removing its pushes', old, endpoints, 'an endpoint');
}

async function read(store: SqlStore): Promise<void> {
  const query = { name: 'group_metric_3', from: START, to: START + DAY_MS, most: 500 };
  const ref = { project: PROJECT, id: idOf(7) };
  const times = 50;
  const history = await cost(async () => {
    for (let time = 0; time < times; time += 1) {
      await metricHistory(store.tables, ref, query, START + HOUR_MS, AGES);
      await turn();
    }
  });
  row('reading the history of one metric', history, times, 'an answer');
}

async function cleaning(store: SqlStore, { fleet: endpoints, reports }: Options): Promise<void> {
  await fillFleet(store.database, { identity: PLATFORM, endpoints, reports, days: 90 });
  const times = 20;
  const usage = await cost(async () => {
    for (let time = 0; time < times; time += 1) {
      await usageOf(store.tables, PROJECT);
      await turn();
    }
  });
  row(`usage of a project with ${endpoints} endpoints`, usage, times, 'an answer');
  const limits = { ...NO_LIMITS, reportsSince: Date.now() + DAY_MS };
  const steps: number[] = [];
  const cleaned = await cost(async () => {
    let begunAt = performance.now();
    for await (const _step of sweep(store.database, limits)) {
      steps.push(performance.now() - begunAt);
      await turn();
      begunAt = performance.now();
    }
  });
  const p99 = quantile(steps, 0.99).toFixed(1);
  row(`removing ${reports} reports (step: p99 ${p99} ms)`, cleaned, reports, 'a report');
}

interface Cost {
  cpuMs: number;
  ms: number;
  stallMs: number;
  turnMs: number;
}

async function cost(work: () => Promise<unknown>): Promise<Cost> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // On a busy machine a turn takes long for no fault of its own: what it cost says more.
  let turnMs = 0;
  let turnCpu = process.cpuUsage();
  const look = () => {
    const { user, system } = process.cpuUsage(turnCpu);
    turnMs = Math.max(turnMs, (user + system) / 1_000);
    turnCpu = process.cpuUsage();
  };
  const turns = setInterval(look, 1);
  const [begunAt, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - begunAt;
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.disable();
  clearInterval(turns);
  return { cpuMs: (user + system) / 1_000, ms, stallMs: delay.max / 1e6, turnMs };
}

function row(what: string, { cpuMs, ms, stallMs, turnMs }: Cost, of: number, each: string): void {
  const parts = [
    `${(cpuMs / of).toFixed(2)} ms ${each}`,
    `${(ms / of).toFixed(2)} ms`,
    `${stallMs.toFixed(0)} ms`,
    `${turnMs.toFixed(0)} ms`,
  ];
  console.log(`| ${what} | ${parts.join(' | ')} |`);
}
