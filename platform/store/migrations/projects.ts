import { createHash } from 'node:crypto';
import { sql as query } from 'kysely';
import type { Migration, MigrationSql } from './sql.js';

/** Rows that are read at once: of reports up to 64 KiB each. */
const BATCH = 200;

/**
 * Version 4: everything belongs to a project; what a list shows lies in columns; identities, runs and series of metrics
 * have tables. What earlier versions kept goes to the project `default`, and to the one identity of the data folder,
 * whose name is filled in when the store is opened with it.
 */
export const projects: Migration = async (sql) => {
  await sql.run(
    'DROP INDEX endpoints_by_issuer',
    'DROP INDEX reports_by_endpoint',
    ...['endpoints', 'grants', 'reports', 'metrics', 'api_secrets'].map(
      (table) => `ALTER TABLE ${table} RENAME TO old_${table}`,
    ),
    ...tables(sql.text),
    `INSERT INTO projects (id, name, created_at) VALUES ('default', 'Default', 0)`,
    `INSERT INTO api_secrets (key_id, project, identity, label, created_at, revoked_at)
       SELECT key_id, 'default', '', label, created_at, revoked_at FROM old_api_secrets`,
    `INSERT INTO endpoints (project, id, identity, name, group_name, attributes, name_key, issuer, expires_at,
         first_seen_at, last_seen_at, is_online, address, report_count, stored_bytes)
       SELECT 'default', id, '', name, group_name, attributes, '', issuer, expires_at,
         first_seen_at, last_seen_at, 0, address, 0, 0 FROM old_endpoints`,
    `INSERT INTO grants (project, endpoint_id, identity, caps, token, expires_at, granted_at)
       SELECT 'default', endpoint_id, '', caps, token, expires_at, granted_at FROM old_grants`,
  );
  await describeEndpoints(sql);
  await copyReports(sql);
  await copyMetrics(sql);
  await sql.run(
    // A grant for dial-backs; of several the one that lasts longest. NULL in expires_at: for ever.
    `UPDATE endpoints SET
       grant_caps = (${grantColumn('caps')}), grant_expires_at = (${grantColumn('expires_at')}),
       granted_at = (${grantColumn('granted_at')})`,
    `UPDATE endpoints SET can_dial_back = 1 WHERE grant_caps IS NOT NULL AND (${allowsDialBack('grant_caps')})`,
    ...['grants', 'reports', 'metrics', 'endpoints', 'api_secrets'].map((table) => `DROP TABLE old_${table}`),
    ...INDEXES,
  );
};

function tables(text: string): readonly string[] {
  const ofEndpoint =
    'FOREIGN KEY (project, endpoint_id) REFERENCES endpoints (project, id) ON DELETE CASCADE';
  const facts = `level ${text}, nat_type ${text}, udp_v4 SMALLINT, udp_v6 SMALLINT, varies_v4 SMALLINT, varies_v6 SMALLINT,
       iroh_version ${text}, services_version ${text}`;
  return [
    `CREATE TABLE projects (id ${text} PRIMARY KEY, name ${text} NOT NULL, created_at BIGINT NOT NULL)`,
    `CREATE TABLE identities (
       id ${text} PRIMARY KEY, sealed_key ${text}, created_at BIGINT NOT NULL, holder ${text},
       token BIGINT NOT NULL DEFAULT 0, beat BIGINT NOT NULL DEFAULT 0, beat_at BIGINT NOT NULL DEFAULT 0,
       UNIQUE (id, token))`,
    `CREATE TABLE api_secrets (
       key_id ${text} PRIMARY KEY, project ${text} NOT NULL REFERENCES projects (id), identity ${text} NOT NULL,
       label ${text} NOT NULL, created_at BIGINT NOT NULL, revoked_at BIGINT)`,
    `CREATE TABLE endpoints (
       project ${text} NOT NULL REFERENCES projects (id), id ${text} NOT NULL, identity ${text} NOT NULL,
       name ${text}, group_name ${text}, attributes ${text}, name_key ${text} NOT NULL,
       issuer ${text} NOT NULL, expires_at BIGINT, first_seen_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL,
       is_online SMALLINT NOT NULL, address ${text}, shared_identity_at BIGINT,
       grant_caps ${text}, grant_expires_at BIGINT, granted_at BIGINT, can_dial_back SMALLINT NOT NULL DEFAULT 0,
       report_id ${text}, report_at BIGINT, report_source ${text}, report_duration_ms BIGINT, ${facts},
       report_count BIGINT NOT NULL, stored_bytes BIGINT NOT NULL, PRIMARY KEY (project, id))`,
    `CREATE TABLE endpoint_attributes (
       project ${text} NOT NULL, endpoint_id ${text} NOT NULL, key ${text} NOT NULL, value ${text} NOT NULL,
       PRIMARY KEY (project, endpoint_id, key), ${ofEndpoint})`,
    `CREATE TABLE grants (
       project ${text} NOT NULL, endpoint_id ${text} NOT NULL, identity ${text} NOT NULL, caps ${text} NOT NULL,
       token ${text} NOT NULL, expires_at BIGINT, granted_at BIGINT NOT NULL,
       PRIMARY KEY (project, endpoint_id, identity, caps), ${ofEndpoint})`,
    `CREATE TABLE reports (
       id ${text} PRIMARY KEY, project ${text} NOT NULL, endpoint_id ${text} NOT NULL, source ${text} NOT NULL,
       received_at BIGINT NOT NULL, duration_ms BIGINT, ${facts}, bytes BIGINT NOT NULL, report ${text} NOT NULL,
       ${ofEndpoint})`,
    `CREATE TABLE metric_schemas (
       project ${text} NOT NULL, hash ${text} NOT NULL, types ${text} NOT NULL, schema_json ${text} NOT NULL,
       PRIMARY KEY (project, hash))`,
    `CREATE TABLE metrics (
       project ${text} NOT NULL, endpoint_id ${text} NOT NULL, session_id ${text} NOT NULL, schema_hash ${text} NOT NULL,
       values_json ${text} NOT NULL, updated_at BIGINT NOT NULL,
       PRIMARY KEY (project, endpoint_id, session_id), ${ofEndpoint})`,
    `CREATE TABLE metric_points (
       project ${text} NOT NULL, endpoint_id ${text} NOT NULL, tier SMALLINT NOT NULL, at BIGINT NOT NULL,
       session_id ${text} NOT NULL, schema_hash ${text} NOT NULL, samples BIGINT NOT NULL, point ${text} NOT NULL,
       PRIMARY KEY (project, endpoint_id, tier, at, session_id), ${ofEndpoint})`,
    `CREATE TABLE runs (
       id ${text} PRIMARY KEY, project ${text} NOT NULL, endpoint_id ${text} NOT NULL, identity ${text} NOT NULL,
       requested_by ${text} NOT NULL, requested_at BIGINT NOT NULL, deadline_at BIGINT NOT NULL, state ${text} NOT NULL,
       phase ${text}, token BIGINT, updated_at BIGINT NOT NULL, ended_at BIGINT, report_id ${text},
       failure_kind ${text}, failure_message ${text}, cancel SMALLINT NOT NULL DEFAULT 0, ${ofEndpoint})`,
  ];
}

const INDEXES: readonly string[] = [
  'CREATE INDEX api_secrets_by_project ON api_secrets (project, created_at)',
  'CREATE INDEX endpoints_by_recency ON endpoints (project, is_online, last_seen_at, id)',
  'CREATE INDEX endpoints_by_name ON endpoints (project, name_key, id)',
  'CREATE INDEX endpoints_by_issuer ON endpoints (issuer, is_online, last_seen_at)',
  'CREATE INDEX endpoints_by_id ON endpoints (id, last_seen_at)',
  'CREATE INDEX endpoints_by_identity ON endpoints (identity, is_online)',
  'CREATE INDEX endpoint_attributes_by_value ON endpoint_attributes (project, key, value, endpoint_id)',
  'CREATE INDEX reports_by_endpoint ON reports (project, endpoint_id, id)',
  'CREATE INDEX reports_by_time ON reports (project, id)',
  'CREATE INDEX metrics_by_schema ON metrics (project, schema_hash)',
  'CREATE INDEX metric_points_by_time ON metric_points (project, tier, at)',
  'CREATE INDEX runs_by_state ON runs (identity, state, requested_at)',
  'CREATE INDEX runs_by_endpoint ON runs (project, endpoint_id, requested_at)',
];

function grantColumn(column: string): string {
  return `SELECT ${column} FROM grants
     WHERE grants.project = endpoints.project AND grants.endpoint_id = endpoints.id
     ORDER BY CASE WHEN ${allowsDialBack('caps')} THEN 0 ELSE 1 END,
       CASE WHEN expires_at IS NULL THEN 0 ELSE 1 END, expires_at DESC, granted_at DESC, caps LIMIT 1`;
}

function allowsDialBack(caps: string): string {
  const has = (cap: string) => `' ' || ${caps} || ' ' LIKE '% ${cap} %'`;
  return `(${['net-diagnostics:get-any', 'client', 'all'].map(has).join(' OR ')})`;
}

async function describeEndpoints(sql: MigrationSql): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await sql.rows(
      query<{ id: string; name: string | null; attributes: string | null }>`
        SELECT id, name, attributes FROM endpoints WHERE id > ${after} ORDER BY id LIMIT ${BATCH}`,
    );
    for (const { id, name, attributes } of rows) {
      const nameKey = (name ?? '').toLowerCase();
      await sql.rows(query`UPDATE endpoints SET name_key = ${nameKey} WHERE id = ${id}`);
      for (const [key, value] of Object.entries(parsed<Record<string, string>>(attributes) ?? {})) {
        await sql.rows(query`INSERT INTO endpoint_attributes (project, endpoint_id, key, value)
          VALUES ('default', ${id}, ${key}, ${String(value)})`);
      }
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

interface OldReport {
  id: string;
  endpoint_id: string;
  source: string;
  received_at: number | string;
  duration_ms: number | string | null;
  report: string;
}

async function copyReports(sql: MigrationSql): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await sql.rows(
      query<OldReport>`SELECT id, endpoint_id, source, received_at, duration_ms, report
        FROM old_reports WHERE id > ${after} ORDER BY id LIMIT ${BATCH}`,
    );
    for (const row of rows) {
      const facts = factsIn(row.report);
      const bytes = Buffer.byteLength(row.report);
      await sql.rows(query`INSERT INTO reports (project, id, endpoint_id, source, received_at, duration_ms,
          level, nat_type, udp_v4, udp_v6, varies_v4, varies_v6, iroh_version, services_version, bytes, report)
        VALUES ('default', ${row.id}, ${row.endpoint_id}, ${row.source}, ${row.received_at}, ${row.duration_ms},
          ${facts.level}, ${facts.natType}, ${facts.udpV4}, ${facts.udpV6}, ${facts.variesV4}, ${facts.variesV6},
          ${facts.irohVersion}, ${facts.servicesVersion}, ${bytes}, ${row.report})`);
      // In the order of time: the newest is written last.
      await sql.rows(query`UPDATE endpoints SET report_id = ${row.id}, report_at = ${row.received_at},
          report_source = ${row.source}, report_duration_ms = ${row.duration_ms}, level = ${facts.level},
          nat_type = ${facts.natType}, udp_v4 = ${facts.udpV4}, udp_v6 = ${facts.udpV6},
          varies_v4 = ${facts.variesV4}, varies_v6 = ${facts.variesV6}, iroh_version = ${facts.irohVersion},
          services_version = ${facts.servicesVersion}, report_count = report_count + 1,
          stored_bytes = stored_bytes + ${bytes}
        WHERE id = ${row.endpoint_id}`);
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

/** How a report was judged when this version was made. A damaged one says nothing. */
function factsIn(json: string) {
  const report = parsed<{
    netReport: {
      udpV4: boolean;
      udpV6: boolean;
      mappingVariesByDestIpv4: boolean | null;
      mappingVariesByDestIpv6: boolean | null;
    } | null;
    irohVersion: string;
    irohServicesVersion: string;
  }>(json);
  const net = report?.netReport ?? null;
  const varies = net?.mappingVariesByDestIpv4 ?? net?.mappingVariesByDestIpv6 ?? null;
  const hasUdp = net !== null && (net.udpV4 || net.udpV6);
  return {
    level: !hasUdp ? 'grey' : varies === false ? 'green' : 'orange',
    natType: varies === null ? 'Unknown' : varies ? 'Endpoint-Dependent' : 'Endpoint-Independent',
    udpV4: bit(net?.udpV4),
    udpV6: bit(net?.udpV6),
    variesV4: bit(net?.mappingVariesByDestIpv4),
    variesV6: bit(net?.mappingVariesByDestIpv6),
    irohVersion: clean(report?.irohVersion),
    servicesVersion: clean(report?.irohServicesVersion),
  };
}

/** A stranger's text, as it is shown in lists. */
function clean(text = ''): string {
  return text
    .trim()
    .slice(0, 60)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, '\uFFFD');
}

interface OldMetrics {
  endpoint_id: string;
  session_id: string;
  schema_json: string;
  values_json: string;
  updated_at: number | string;
  types: string | null;
}

async function copyMetrics(sql: MigrationSql): Promise<void> {
  for (let after = { endpoint: '', session: '' }; ; ) {
    const { endpoint, session } = after;
    const rows = await sql.rows(
      query<OldMetrics>`SELECT endpoint_id, session_id, schema_json, values_json, updated_at, types FROM old_metrics
        WHERE endpoint_id > ${endpoint} OR (endpoint_id = ${endpoint} AND session_id > ${session})
        ORDER BY endpoint_id, session_id LIMIT ${BATCH}`,
    );
    for (const row of rows) {
      const types = row.types ?? typesIn(row.schema_json);
      // What cannot be read was not shown either.
      if (types === null) continue;
      const hash = createHash('sha256').update(row.schema_json).digest('hex').slice(0, 32);
      await sql.rows(query`INSERT INTO metric_schemas (project, hash, types, schema_json)
        VALUES ('default', ${hash}, ${types}, ${row.schema_json}) ON CONFLICT (project, hash) DO NOTHING`);
      await sql.rows(query`INSERT INTO metrics (project, endpoint_id, session_id, schema_hash, values_json, updated_at)
        VALUES ('default', ${row.endpoint_id}, ${row.session_id}, ${hash}, ${row.values_json}, ${row.updated_at})`);
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = { endpoint: last.endpoint_id, session: last.session_id };
  }
}

function typesIn(schemaJson: string): string | null {
  const items = parsed<{ items?: { type: string }[] }>(schemaJson)?.items;
  return Array.isArray(items) ? items.map(({ type }) => type.charAt(0)).join('') : null;
}

function bit(value: boolean | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function parsed<T>(json: string | null): T | null {
  try {
    return json === null ? null : (JSON.parse(json) as T);
  } catch {
    return null;
  }
}
