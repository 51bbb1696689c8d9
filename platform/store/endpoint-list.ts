import {
  cursorAt,
  type EndpointPage,
  type EndpointQuery,
  type EndpointSort,
  type Position,
  pageOf,
  searchWords,
} from 'iroh-net-diagnostics/services';
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import { beginningWith, containing } from './like.js';
import { readable } from './readable.js';
import { FACT_COLUMNS, SIGHTING_COLUMNS, toEndpoint } from './rows.js';
import type { Tables } from './schema.js';

/** What a record of an endpoint is made of. */
export const ENDPOINT_COLUMNS = [
  'project',
  'id',
  'identity',
  'name',
  'group_name',
  'attributes',
  'issuer',
  'expires_at',
  'first_seen_at',
  'last_seen_at',
  'is_online',
  'address',
  'shared_identity_at',
  'grant_caps',
  'grant_expires_at',
  'granted_at',
  'report_id',
  'report_at',
  'report_source',
  'report_duration_ms',
  ...FACT_COLUMNS,
  ...SIGHTING_COLUMNS,
] as const;

type Condition = Expression<SqlBool>;
type Builder = ExpressionBuilder<Tables, 'endpoints'>;

/** A page of the endpoints that a query selects. @param nowSeconds - unix seconds */
export async function endpointPage(
  tables: Kysely<Tables>,
  query: EndpointQuery,
  nowSeconds: number,
): Promise<EndpointPage> {
  const { sort, limit, after } = pageOf(query);
  const selected = tables
    .selectFrom('endpoints')
    .select(ENDPOINT_COLUMNS)
    .where((builder) => builder.and(conditions(builder, query, nowSeconds)))
    .$if(after !== null, (rest) => rest.where((builder) => isAfter(builder, after)));
  const rows = await inOrder(selected, sort)
    .limit(limit + 1)
    .execute();
  const endpoints = readable(rows.slice(0, limit), toEndpoint);
  const last = endpoints.at(-1);
  return { endpoints, next: last === undefined || rows.length <= limit ? null : cursorAt(last, sort) };
}

function inOrder<Query extends { orderBy(column: string, direction: 'asc' | 'desc'): Query }>(
  selected: Query,
  sort: EndpointSort,
): Query {
  return sort === 'recent'
    ? selected.orderBy('is_online', 'desc').orderBy('last_seen_at', 'desc').orderBy('id', 'desc')
    : selected.orderBy('name_key', 'asc').orderBy('id', 'asc');
}

function isAfter({ refTuple, tuple }: Builder, after: Position | null): Condition {
  if (after === null) return sql<SqlBool>`1 = 1`;
  return after.sort === 'recent'
    ? sql<SqlBool>`${refTuple('is_online', 'last_seen_at', 'id')} < ${tuple(Number(after.isOnline), after.lastSeenAt, after.id)}`
    : sql<SqlBool>`${refTuple('name_key', 'id')} > ${tuple(after.nameKey, after.id)}`;
}

function conditions(builder: Builder, query: EndpointQuery, nowSeconds: number): Condition[] {
  const { project, name, ids, group, attributes = {}, level, natType, version, isOnline, grant } = query;
  const all: Condition[] = [builder('project', '=', project)];
  for (const word of searchWords(query)) all.push(isFound(builder, word));
  if (name !== undefined) all.push(builder('name', '=', name));
  if (ids !== undefined) all.push(builder('id', 'in', ids));
  if (group !== undefined) all.push(builder('group_name', '=', group));
  for (const [key, value] of Object.entries(attributes)) all.push(hasAttribute(builder, project, key, value));
  if (level === 'none') all.push(builder('level', 'is', null));
  else if (level !== undefined) all.push(builder('level', '=', level));
  if (natType !== undefined) all.push(builder('nat_type', '=', natType));
  if (version !== undefined) all.push(builder('iroh_version', '=', version));
  if (isOnline !== undefined) all.push(builder('is_online', '=', Number(isOnline)));
  if (grant !== undefined) all.push(isGranted(builder, grant, nowSeconds));
  return all;
}

function isFound(builder: Builder, word: string): Condition {
  return builder.or([containing('name_key', word), beginningWith('id', word)]);
}

/** Who has it is read from an index at once, and not for each endpoint. */
function hasAttribute(builder: Builder, project: string, key: string, value: string): Condition {
  const having = builder
    .selectFrom('endpoint_attributes')
    .select('endpoint_id')
    .where('endpoint_attributes.project', '=', project)
    .where('key', '=', key)
    .where('value', '=', value);
  return builder('id', 'in', having);
}

/** A grant that allows no dial-back counts as none, and is kept as none: see `putGrant`. */
function isGranted(builder: Builder, state: EndpointQuery['grant'], nowSeconds: number): Condition {
  if (state === 'none') return builder('can_dial_back', '=', 0);
  const isExpired = builder.and([
    builder('grant_expires_at', 'is not', null),
    builder('grant_expires_at', '<', nowSeconds),
  ]);
  return builder.and([
    builder('can_dial_back', '=', 1),
    state === 'expired' ? isExpired : builder.not(isExpired),
  ]);
}
