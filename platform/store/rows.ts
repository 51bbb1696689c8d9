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
  type NatType,
  type NatTypeBy,
  NetDiagnosticsError,
  type ReportFacts,
  type ReportLevel,
  type ReportRecord,
  type ReportSource,
  type ReportSummary,
  type Sighting,
  trustedEndpointId,
} from 'iroh-net-diagnostics/services';
import type { Selectable } from 'kysely';
import type { Tables } from './schema.js';

/** What the compiler knows of a row. What is in it, is looked at: SQLite keeps anything in any column. */
type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;
type FactColumns = Pick<Row<'reports'>, (typeof FACT_COLUMNS)[number]>;
type SightingColumns = Pick<Row<'reports'>, (typeof SIGHTING_COLUMNS)[number]>;
type ReportHead = Omit<Row<'reports'>, 'report' | 'bytes' | keyof FactColumns>;

/** What is kept of a report's facts, in `reports` and in `endpoints`. */
export const FACT_COLUMNS = [
  'level',
  'nat_type',
  'nat_type_by',
  'udp_v4',
  'udp_v6',
  'varies_v4',
  'varies_v6',
  'iroh_version',
  'services_version',
] as const;

/** What is kept of a sighting, in both as well. */
export const SIGHTING_COLUMNS = [
  'seen_path',
  'seen_address',
  'seen_relay_path',
  'relays_elsewhere',
  'others_direct',
] as const;

export function toApiSecret(row: Row<'api_secrets'>): ApiSecretRecord {
  return {
    project: text(row, 'project'),
    keyId: endpointId(row, 'key_id'),
    identity: endpointId(row, 'identity'),
    label: text(row, 'label'),
    createdAt: int(row, 'created_at'),
    revokedAt: intOrNull(row, 'revoked_at'),
  };
}

export function toEndpoint(
  row: Omit<
    Row<'endpoints'>,
    'name_key' | 'can_dial_back' | 'report_count' | 'stored_bytes' | 'point_count' | 'point_bytes'
  >,
): EndpointRecord {
  const address = textOrNull(row, 'address');
  return {
    project: text(row, 'project'),
    id: endpointId(row, 'id'),
    identity: endpointId(row, 'identity'),
    name: textOrNull(row, 'name'),
    group: textOrNull(row, 'group_name'),
    attributes: attributesIn(row),
    authorisation: { issuer: endpointId(row, 'issuer'), expiresAt: intOrNull(row, 'expires_at') },
    firstSeenAt: int(row, 'first_seen_at'),
    lastSeenAt: int(row, 'last_seen_at'),
    isOnline: int(row, 'is_online') === 1,
    address: address === null ? null : (JSON.parse(address) as EndpointAddress),
    sharedIdentityAt: intOrNull(row, 'shared_identity_at'),
    grant:
      row.grant_caps === null
        ? null
        : {
            caps: text(row, 'grant_caps').split(' '),
            expiresAt: intOrNull(row, 'grant_expires_at'),
            grantedAt: int(row, 'granted_at'),
          },
    latestReport:
      row.report_id === null
        ? null
        : {
            project: text(row, 'project'),
            id: text(row, 'report_id'),
            endpointId: endpointId(row, 'id'),
            source: text(row, 'report_source') as ReportSource,
            receivedAt: int(row, 'report_at'),
            durationMs: intOrNull(row, 'report_duration_ms'),
            sighting: toSighting(row),
            facts: toFacts(row),
          },
  };
}

function attributesIn(row: Pick<Row<'endpoints'>, 'attributes'>): Attributes {
  const attributes: unknown = JSON.parse(textOrNull(row, 'attributes') ?? '{}');
  if (typeof attributes === 'object' && attributes !== null) return attributes as Attributes;
  throw new NetDiagnosticsError(
    'ERR_STORE',
    "The store's column attributes holds no object: the file is damaged.",
  );
}

export function toGrant(row: Row<'grants'>): GrantRecord {
  return {
    project: text(row, 'project'),
    endpointId: endpointId(row, 'endpoint_id'),
    identity: endpointId(row, 'identity'),
    caps: text(row, 'caps').split(' '),
    token: new Uint8Array(Buffer.from(text(row, 'token'), 'hex')),
    expiresAt: intOrNull(row, 'expires_at'),
    grantedAt: int(row, 'granted_at'),
  };
}

function reportHead(row: ReportHead): Omit<ReportRecord, 'report'> {
  return {
    project: text(row, 'project'),
    id: text(row, 'id'),
    endpointId: endpointId(row, 'endpoint_id'),
    source: text(row, 'source') as ReportSource,
    receivedAt: int(row, 'received_at'),
    durationMs: intOrNull(row, 'duration_ms'),
    sighting: toSighting(row),
  };
}

export function toReport(row: ReportHead & { report: string }): ReportRecord {
  return {
    ...reportHead(row),
    report: JSON.parse(text(row, 'report')) as ReportRecord['report'],
  };
}

export function toReportSummary(row: ReportHead & FactColumns): ReportSummary {
  return { ...reportHead(row), facts: toFacts(row) };
}

function toFacts(row: FactColumns): ReportFacts {
  return {
    level: text(row, 'level') as ReportLevel,
    natType: text(row, 'nat_type') as NatType,
    natTypeBy: (textOrNull(row, 'nat_type_by') ?? 'report') as NatTypeBy,
    udpV4: flagOrNull(row, 'udp_v4'),
    udpV6: flagOrNull(row, 'udp_v6'),
    mappingVariesByDestIpv4: flagOrNull(row, 'varies_v4'),
    mappingVariesByDestIpv6: flagOrNull(row, 'varies_v6'),
    irohVersion: text(row, 'iroh_version'),
    irohServicesVersion: text(row, 'services_version'),
  };
}

export function factColumns(facts: ReportFacts): FactColumns {
  return {
    level: facts.level,
    nat_type: facts.natType,
    nat_type_by: facts.natTypeBy,
    udp_v4: bitOrNull(facts.udpV4),
    udp_v6: bitOrNull(facts.udpV6),
    varies_v4: bitOrNull(facts.mappingVariesByDestIpv4),
    varies_v6: bitOrNull(facts.mappingVariesByDestIpv6),
    iroh_version: facts.irohVersion,
    services_version: facts.irohServicesVersion,
  };
}

function toSighting(row: SightingColumns): Sighting | null {
  const path = textOrNull(row, 'seen_path');
  if (path === null) return null;
  return {
    path: path === 'direct' ? path : 'relay',
    address: textOrNull(row, 'seen_address'),
    relayPath: flagOrNull(row, 'seen_relay_path'),
    relaysAreElsewhere: flagOrNull(row, 'relays_elsewhere') ?? false,
    othersAreDirect: flagOrNull(row, 'others_direct') ?? false,
  };
}

export function sightingColumns(sighting: Sighting | null): SightingColumns {
  return {
    seen_path: sighting?.path ?? null,
    seen_address: sighting?.address ?? null,
    seen_relay_path: bitOrNull(sighting?.relayPath ?? null),
    relays_elsewhere: bitOrNull(sighting?.relaysAreElsewhere ?? null),
    others_direct: bitOrNull(sighting?.othersAreDirect ?? null),
  };
}

export function toMetrics(row: Omit<Row<'metrics'>, 'schema_hash'> & { schema_json: string }): MetricsRecord {
  return {
    project: text(row, 'project'),
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

export function text<Column extends string>(row: Holding<Column>, column: Column): string {
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

function flagOrNull<Column extends string>(row: Holding<Column>, column: Column): boolean | null {
  return row[column] === null ? null : int(row, column) === 1;
}

function bitOrNull(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}

export function int<Column extends string>(row: Holding<Column>, column: Column): number {
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
