import { type Kysely, sql } from 'kysely';
import { SecretKey } from '../../../lib/wire/index.js';
import { openLibsql } from '../../../platform/store/libsql-driver.js';
import { migrate } from '../../../platform/store/migrate.js';
import { MIGRATIONS } from '../../../platform/store/migrations/index.js';
import { openPostgres } from '../../../platform/store/postgres-driver.js';
import type { Tables } from '../../../platform/store/schema.js';
import type { SqlDatabase } from '../../../platform/store/sql-database.js';
import { catalogueOf } from '../../../platform/transfer/catalogue.js';
import { type Child, startChild } from '../../support/child.js';

type Row = Record<string, string | number | null>;

const PROGRAM = `
import { run } from './platform/cli/run.js';
process.exitCode = await run(process.argv.slice(2));
`;

/** Starts the platform's program. */
export function startProgram(args: readonly string[], env: Record<string, string> = {}): Promise<Child> {
  return startChild(PROGRAM, { args, env, timeoutMs: 60_000 });
}

/** What belongs to the processes of one platform, and is in no other's store. */
const OF_PROCESSES = ['sealed_key', 'holder', 'beat', 'beat_at'];

export const keyOf = (number: number) => SecretKey.fromBytes(new Uint8Array(32).fill(number));

/** All rows of all tables, in the order of their keys. */
export async function allRows(database: SqlDatabase): Promise<Record<string, Row[]>> {
  const tables: Record<string, Row[]> = {};
  for (const { name, key, columns, goesAlong } of await catalogueOf(MIGRATIONS.length)) {
    if (!goesAlong) continue;
    const order = sql.join(key.map((column) => sql.ref(column)));
    const { rows } = await sql<Row>`SELECT * FROM ${sql.table(name)} ORDER BY ${order}`.execute(
      database.tables,
    );
    tables[name] = rows.map((row) =>
      Object.fromEntries(
        columns
          .filter((column) => !OF_PROCESSES.includes(column.name))
          .map(({ name, holds }) => {
            const value = row[name] ?? null;
            // PostgreSQL's driver gives bigint as text.
            return [name, holds === 'integer' && value !== null ? Number(value) : value];
          }),
      ),
    );
  }
  return tables;
}

export async function withDatabase<T>(place: string, use: (database: SqlDatabase) => Promise<T>): Promise<T> {
  const database = place.startsWith('postgres')
    ? await openPostgres(place)
    : await openLibsql(`${place}/platform.db`);
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** Brings tables up to date and puts rows with odd values into each of them. */
export async function fillOddly(database: SqlDatabase, identity: string): Promise<void> {
  await migrate(database);
  const { tables } = database;
  for (const [table, rows] of Object.entries(oddRows(identity))) await insert(tables, table, rows);
}

async function insert(tables: Kysely<Tables>, table: string, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
    await sql`INSERT INTO ${sql.table(table)} (${columns}) VALUES (${sql.join(Object.values(row))})`.execute(
      tables,
    );
  }
}

const ODD_TEXTS = [
  '',
  ' ',
  "';--",
  'Größe 😀 \u{10ffff}',
  'line\nbreak\t"\\',
  'ﷺ\u202e\u0007',
  '{"$1":[null]}',
];
const BIG = Number.MAX_SAFE_INTEGER;

/** At least one row for each table, in the order of references. */
function oddRows(identity: string): Record<string, Row[]> {
  const [secret, endpoint, other] = [keyOf(101).id, keyOf(102).id, keyOf(103).id];
  const of = { project: 'default', endpoint_id: endpoint };
  const facts = (value: number | null): Row => ({
    ...{ level: value === null ? null : 'green', nat_type: value === null ? null : 'Unknown' },
    ...{ udp_v4: value, udp_v6: value, varies_v4: value, varies_v6: value },
    ...{ iroh_version: value === null ? null : '', services_version: value === null ? null : '1.0' },
    ...{ nat_type_by: value === null ? null : 'platform', seen_path: value === null ? null : 'direct' },
    ...{ seen_address: value === null ? null : '[2001:db8::1]:65535' },
    ...{ seen_relay_path: value, relays_elsewhere: value, others_direct: value },
  });
  return {
    settings: ODD_TEXTS.map((value, index) => ({ key: `${index} ${value}`, value })),
    projects: [{ id: 'ops 😀', name: '', created_at: 0, removed_at: BIG }],
    identities: [{ id: identity, created_at: BIG, token: 7 }],
    api_secrets: [
      {
        key_id: secret,
        project: 'default',
        identity,
        label: ODD_TEXTS.join(''),
        created_at: BIG,
        revoked_at: null,
      },
      { key_id: other, project: 'ops 😀', identity, label: '', created_at: 0, revoked_at: 5 },
    ],
    endpoints: [
      {
        ...{
          project: 'default',
          id: endpoint,
          identity,
          name: 'ÄÖ\n😀',
          group_name: '',
          attributes: '{"":"\\u0000"}',
        },
        ...{
          name_key: 'äö\n😀',
          issuer: secret,
          expires_at: BIG,
          first_seen_at: 0,
          last_seen_at: 9,
          is_online: 0,
        },
        ...{
          address: '{"id":"x","relayUrls":[],"directAddrs":[]}',
          shared_identity_at: 3,
          grant_caps: 'a b',
          grant_expires_at: null,
          granted_at: 4,
        },
        ...{ can_dial_back: 1, report_id: '0'.repeat(20), report_at: 2, report_source: 'upload' },
        ...{ report_duration_ms: null, ...facts(1), report_count: 2, stored_bytes: 70_002 },
        ...{ point_count: 16, point_bytes: BIG },
      },
      {
        ...{ project: 'ops 😀', id: endpoint, identity, name: null, group_name: null, attributes: null },
        ...{ name_key: '', issuer: other, expires_at: null, first_seen_at: 1, last_seen_at: 1, is_online: 0 },
        ...{ address: null, report_count: 0, stored_bytes: 0 },
      },
    ],
    endpoint_attributes: [{ ...of, key: '', value: ODD_TEXTS.join('|') }],
    grants: [
      { ...of, identity, caps: 'a b', token: '', expires_at: BIG, granted_at: 0 },
      { ...of, identity, caps: '', token: '00ff', expires_at: null, granted_at: 1 },
    ],
    reports: [
      {
        ...{ id: '0'.repeat(20), ...of, source: 'upload', received_at: 1, duration_ms: null, ...facts(null) },
        ...{ bytes: 70_000, report: JSON.stringify({ text: 'ü'.repeat(64 * 1024), odd: ODD_TEXTS }) },
      },
      {
        ...{ id: 'f'.repeat(20), ...of, source: 'dial-back', received_at: BIG, duration_ms: 12, ...facts(0) },
        ...{ bytes: 2, report: '{}' },
      },
    ],
    metric_schemas: [{ project: 'default', hash: 'h', types: 'cg', schema_json: '{"items":[],"help":null}' }],
    metrics: [
      {
        ...of,
        session_id: 's',
        schema_hash: 'h',
        values_json: '[{"type":"counter","value":{"int":"18446744073709551615"}}]',
        updated_at: 1,
      },
    ],
    metric_series: [0, BIG].map((id) => ({
      ...{ id, ...of, session_id: '', schema_hash: 'h', began_at: 0, rolled_at: BIG, due_at: 1 },
      ...{ points: 8, bytes: id },
    })),
    metric_points: [0, 1, 2, 3].flatMap((tier) =>
      [0, BIG].map((at) => ({ series: at, tier, at, samples: BIG, point: '1|😀' })),
    ),
    users: [
      {
        ...{
          id: 'u1',
          name: ODD_TEXTS.join(''),
          name_key: 'odd',
          email: 'A@b',
          email_key: 'a@b',
          password: '$s$',
        },
        ...{ oidc_issuer: '', oidc_subject: '😀', is_administrator: 1, created_at: BIG, disabled_at: 0 },
        last_sign_in_at: null,
      },
      {
        ...{ id: 'u2', name: 'x', name_key: 'x', email: null, email_key: null, password: null },
        ...{ oidc_issuer: null, oidc_subject: null, is_administrator: 0, created_at: 0, disabled_at: null },
        last_sign_in_at: BIG,
      },
    ],
    members: [
      { project: 'ops 😀', user_id: 'u1', role: 'admin', source: 'oidc', created_at: BIG },
      { project: 'default', user_id: 'u2', role: '', source: 'local', created_at: 0 },
    ],
    api_tokens: ['default', null].map((project) => ({
      ...{ id: `t ${project}`, hash: 'h', project, label: ODD_TEXTS.join(''), permissions: 'fleet:read' },
      ...{ created_by: 'u1', created_at: 0, expires_at: null, revoked_at: BIG, last_used_at: null },
    })),
    audit: ['default', '~gone', null].map((project) => ({
      ...{
        id: `0${project}`,
        at: BIG,
        project,
        actor_kind: 'user',
        actor_id: 'u9',
        actor_name: '',
        action: '',
      },
      ...{ target: null, from_address: '::1', detail: '{"odd":"\\u0000"}', times: 1 },
    })),
    runs: [
      {
        ...{ id: 'run', ...of, identity, requested_by: '', requested_at: 1, deadline_at: 2, state: 'failed' },
        ...{ requester_kind: 'user', requester_id: '😀', trace: '' },
        ...{ phase: null, token: 6, updated_at: 3, ended_at: 4, report_id: null, failure_kind: 'timeout' },
        ...{ failure_message: ODD_TEXTS.join(''), cancel: 1 },
      },
    ],
  };
}
