/** A value of a column. PostgreSQL's driver hands out bigint as text: the store converts. */
export type SqlValue = string | number | bigint | null;

/** A row by column name. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** One statement and what stands for its question marks. */
export type SqlStatement = readonly [sql: string, ...params: SqlValue[]];

/** One database connection. All methods reject with `ERR_STORE`. */
export interface SqlDriver {
  all(...statement: SqlStatement): Promise<SqlRow[]>;
  /** Resolves to the number of rows changed. */
  run(...statement: SqlStatement): Promise<number>;
  /** All of them or none. */
  batch(statements: readonly SqlStatement[]): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
