/** What SQLite and PostgreSQL do not say in the same words. Everything else of the store is written once. */
import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from './sql-database.js';

/**
 * Locks the rows that a query finds until the transaction ends: nobody can change their keys meanwhile. SQLite has one
 * writer at a time, so there is nothing to lock.
 */
export function keepingKeys<Query extends { forKeyShare(): Query }>(dialect: Dialect, query: Query): Query {
  return dialect === 'postgres' ? query.forKeyShare() : query;
}

/** Locks the rows that a query finds until the transaction ends, and leaves out those that somebody else has locked. */
export function claiming<Query extends { forUpdate(): Query; skipLocked(): Query }>(
  dialect: Dialect,
  query: Query,
): Query {
  return dialect === 'postgres' ? query.forUpdate().skipLocked() : query;
}

/** As {@link claiming}, but others may write rows that refer to those. */
export function claimingSoftly<Query extends { forNoKeyUpdate(): Query; skipLocked(): Query }>(
  dialect: Dialect,
  query: Query,
): Query {
  return dialect === 'postgres' ? query.forNoKeyUpdate().skipLocked() : query;
}

/**
 * The database's own time in unix milliseconds: the one clock that several processes share.
 * @param plusMs - how much later
 */
export function databaseTime(dialect: Dialect, plusMs = 0): RawBuilder<number> {
  return dialect === 'postgres'
    ? sql`((extract(epoch from clock_timestamp()) * 1000)::bigint + ${sql.lit(plusMs)})`
    : sql`(CAST(unixepoch('subsec') * 1000 AS INTEGER) + ${sql.lit(plusMs)})`;
}

/**
 * Locks the rows that a query finds until the transaction ends: who changes them meanwhile waits, and so does this. Others may
 * write rows that refer to those.
 */
export function locking<Query extends { forNoKeyUpdate(): Query }>(dialect: Dialect, query: Query): Query {
  return dialect === 'postgres' ? query.forNoKeyUpdate() : query;
}

/** The rows that a query finds stay as they are until the transaction ends; several may ask for that at once. */
export function holding<Query extends { forShare(): Query }>(dialect: Dialect, query: Query): Query {
  return dialect === 'postgres' ? query.forShare() : query;
}

/** Whether two transactions waited for each other, and the database ended this one. */
export function isDeadlock(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | null | undefined) : null;
  return cause?.code === '40P01';
}
