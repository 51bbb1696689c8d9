/** Rows of the database ↔ records. */
import {
  type ApiSecretRecord,
  type Attributes,
  type EndpointAddress,
  type EndpointId,
  type EndpointRecord,
  type GrantRecord,
  type MetricsRecord,
  type MetricsSchema,
  type MetricValue,
  metricTypes,
  NetDiagnosticsError,
  type ReportFacts,
  type ReportRecord,
  type ReportSource,
  type ReportSummary,
  reportFacts,
  trustedEndpointId,
} from 'iroh-net-diagnostics/services';
import type { Selectable } from 'kysely';
import type { Tables } from './schema.js';

/** What the compiler knows of a row. What is in it, is looked at: SQLite keeps anything in any column. */
type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;
type ReportHead = Omit<Row<'reports'>, 'report' | 'facts'>;

export function toApiSecret(row: Row<'api_secrets'>): ApiSecretRecord {
  return {
    keyId: endpointId(row, 'key_id'),
    label: text(row, 'label'),
    createdAt: int(row, 'created_at'),
    revokedAt: intOrNull(row, 'revoked_at'),
  };
}

export function toEndpoint(row: Row<'endpoints'>): EndpointRecord {
  const address = textOrNull(row, 'address');
  const attributes = textOrNull(row, 'attributes');
  return {
    id: endpointId(row, 'id'),
    name: textOrNull(row, 'name'),
    group: textOrNull(row, 'group_name'),
    attributes: attributes === null ? {} : (JSON.parse(attributes) as Attributes),
    authorisation: { issuer: endpointId(row, 'issuer'), expiresAt: intOrNull(row, 'expires_at') },
    firstSeenAt: int(row, 'first_seen_at'),
    lastSeenAt: int(row, 'last_seen_at'),
    address: address === null ? null : (JSON.parse(address) as EndpointAddress),
  };
}

export function toGrant(row: Row<'grants'>): GrantRecord {
  return {
    endpointId: endpointId(row, 'endpoint_id'),
    caps: text(row, 'caps').split(' '),
    token: new Uint8Array(Buffer.from(text(row, 'token'), 'hex')),
    expiresAt: intOrNull(row, 'expires_at'),
    grantedAt: int(row, 'granted_at'),
  };
}

function reportHead(row: ReportHead): Omit<ReportRecord, 'report'> {
  return {
    id: text(row, 'id'),
    endpointId: endpointId(row, 'endpoint_id'),
    source: text(row, 'source') as ReportSource,
    receivedAt: int(row, 'received_at'),
    durationMs: intOrNull(row, 'duration_ms'),
  };
}

export function toReport(row: Omit<Row<'reports'>, 'facts'>): ReportRecord {
  return {
    ...reportHead(row),
    report: JSON.parse(text(row, 'report')) as ReportRecord['report'],
  };
}

/** Reads the report itself only where an earlier version has kept nothing beside it. */
export function toReportSummary(
  row: ReportHead & { facts: string | null; report: string | null },
): ReportSummary {
  const facts = textOrNull(row, 'facts');
  return {
    ...reportHead(row),
    facts:
      facts === null
        ? reportFacts(JSON.parse(text(row, 'report')) as ReportRecord['report'])
        : (JSON.parse(facts) as ReportFacts),
  };
}

export function toMetricTypes(row: { types: string | null; schema_json: string | null }): string {
  return (
    textOrNull(row, 'types') ?? metricTypes((JSON.parse(text(row, 'schema_json')) as MetricsSchema).items)
  );
}

export function toMetrics(row: Omit<Row<'metrics'>, 'types'>): MetricsRecord {
  return {
    endpointId: endpointId(row, 'endpoint_id'),
    sessionId: text(row, 'session_id'),
    schema: JSON.parse(text(row, 'schema_json')) as MetricsSchema,
    values: parseMetricValues(text(row, 'values_json')),
    updatedAt: int(row, 'updated_at'),
  };
}

/** JSON has no bigint and no infinity (the last bucket's bound): both go as text in a one-key object. */
export function formatMetricValues(values: readonly MetricValue[]): string {
  return JSON.stringify(values, (_key, value: unknown) => {
    if (typeof value === 'bigint') return { int: value.toString() };
    if (typeof value === 'number' && !Number.isFinite(value)) return { float: String(value) };
    return value;
  });
}

function parseMetricValues(json: string): MetricValue[] {
  return JSON.parse(json, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('int' in value) return BigInt(String(value.int));
    if ('float' in value) return Number(value.float);
    return value;
  }) as MetricValue[];
}

type Holding<Column extends string> = Readonly<Record<Column, unknown>>;

function text<Column extends string>(row: Holding<Column>, column: Column): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new NetDiagnosticsError(
    'ERR_STORE',
    `The store's column ${column} holds no text: the file is damaged.`,
  );
}

/** It was checked before it was stored; a check of the curve for each row would cost a list of thousands a second. */
export function endpointId<Column extends string>(row: Holding<Column>, column: Column): EndpointId {
  return trustedEndpointId(text(row, column));
}

function textOrNull<Column extends string>(row: Holding<Column>, column: Column): string | null {
  return row[column] === null ? null : text(row, column);
}

function int<Column extends string>(row: Holding<Column>, column: Column): number {
  const value = Number(row[column] ?? Number.NaN);
  if (Number.isSafeInteger(value)) return value;
  throw new NetDiagnosticsError(
    'ERR_STORE',
    `The store's column ${column} holds no number: the file is damaged.`,
  );
}

function intOrNull<Column extends string>(row: Holding<Column>, column: Column): number | null {
  return row[column] === null ? null : int(row, column);
}
