import type { Kysely } from 'kysely';
import type { Tables } from './schema.js';

export type Dialect = 'sqlite' | 'postgres';

/** One statement that the database has answered, or not. */
export interface Statement {
  /** Without its parameters. */
  sql: string;
  durationMs: number;
  isFailed: boolean;
}

export type OnStatement = (statement: Statement) => void;

/** A database that the store asks, whichever it is. */
export interface SqlDatabase {
  /** What differs between the two is in `dialect.ts`. */
  readonly dialect: Dialect;
  /** The path of the file that it is; `null`: it is in memory or on a server. */
  readonly file: string | null;
  /** What the operator should know about how it is reached; `null`: nothing. */
  readonly remark: string | null;
  /** All questions reject with `ERR_STORE`, also after {@link close}. */
  readonly tables: Kysely<Tables>;
  /**
   * Does a piece of work on one connection that may take its time, while no other process does such work on this
   * database: it waits for them.
   */
  exclusively<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Waits for what was asked before. Idempotent. */
  close(): Promise<void>;
}
