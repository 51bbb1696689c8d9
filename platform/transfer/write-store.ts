import { setImmediate } from 'node:timers/promises';
import { messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { CompiledQuery, type Kysely, sql } from 'kysely';
import { MIGRATIONS, MigrationSql, VERSION_TABLE } from '../store/migrations/index.js';
import type { Tables } from '../store/schema.js';
import type { SqlDatabase } from '../store/sql-database.js';
import { catalogueOf } from './catalogue.js';
import { TransferCounts } from './counts.js';
import type { Batch, Contents } from './format.js';
import { versionOf } from './version.js';

/** SQLite takes 32,766 in a statement, PostgreSQL twice as many. */
const MAX_PARAMETERS = 32_000;
/** KiB of pages that SQLite keeps in memory meanwhile: rows come in the order of time, and indexes have another one. */
const CACHE_KIB = 256 * 1024;

/** The version since which counts lie beside endpoints. From an earlier one the migrations count. */
const COUNTED_SINCE = 4;

/** Seals a secret key, given as hex, for the database. */
export type Seal = (key: string) => string;

export interface WriteOptions {
  /** `null` where keys lie in a folder. */
  seal: Seal | null;
  /** Ends it between two batches; the store stays empty then. */
  signal: AbortSignal;
  /** Told after each batch: the rows of that table so far. */
  onProgress(table: string, rows: number): void;
}

/** What was written, by table. */
export type Rows = Readonly<Record<string, number>>;

/**
 * Fills an empty store, in one transaction: whatever goes wrong, it is as it was. Rows of an earlier version go into the tables
 * of that version, which the same migrations then bring up to date as those of a store in use.
 * @throws `ERR_SETTING` when the store is not empty; `ERR_STORE` when a newer program wrote the contents, or a row is refused
 */
export async function writeStore(
  database: SqlDatabase,
  contents: Contents,
  options: WriteOptions,
): Promise<Rows> {
  const { dialect } = database;
  if (contents.head.schema > MIGRATIONS.length) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `It has schema version ${contents.head.schema}, this program knows ${MIGRATIONS.length}: use the version of the program that wrote it, or a newer one.`,
    );
  }
  return database.exclusively(async (tables) => {
    if (dialect === 'sqlite') {
      // New pages of a file need no journal; in WAL mode everything would be written twice.
      await sql.raw('PRAGMA journal_mode = DELETE').execute(tables);
      await sql.raw(`PRAGMA cache_size = -${CACHE_KIB}`).execute(tables);
    }
    return tables
      .transaction()
      .execute((transaction) => new Filling(dialect, transaction, options).fill(contents));
  });
}

class Filling {
  readonly #dialect: SqlDatabase['dialect'];
  readonly #tables: Kysely<Tables>;
  readonly #options: WriteOptions;
  /** Statements by table and number of rows. */
  readonly #insertions = new Map<string, string>();

  constructor(dialect: SqlDatabase['dialect'], tables: Kysely<Tables>, options: WriteOptions) {
    this.#dialect = dialect;
    this.#tables = tables;
    this.#options = options;
  }

  async fill({ head, keys, batches }: Contents): Promise<Rows> {
    await this.#empty();
    await sql.raw(VERSION_TABLE).execute(this.#tables);
    await this.#migrate(0, head.schema);
    // What migrations put in, such as the first project, is among the rows, too.
    for (const { name } of (await catalogueOf(head.schema)).toReversed())
      await sql`DELETE FROM ${sql.table(name)}`.execute(this.#tables);
    const rows: Record<string, number> = {};
    const counts = new TransferCounts();
    for await (const batch of batches) {
      await this.#insert(batch);
      counts.add(batch);
      rows[batch.table] = (rows[batch.table] ?? 0) + batch.rows.length;
      this.#options.onProgress(batch.table, rows[batch.table] ?? 0);
      // SQLite answers at once: without a pause nobody would hear a Ctrl-C.
      await setImmediate();
      this.#options.signal.throwIfAborted();
    }
    await this.#migrate(head.schema, MIGRATIONS.length);
    if (head.schema >= COUNTED_SINCE) await counts.write(this.#tables);
    await this.#settle(head.identities, head.exportedAt);
    for (const [id, key] of keys) await this.#seal(id, key);
    await setImmediate();
    this.#options.signal.throwIfAborted();
    return rows;
  }

  /** Removes the tables of a store that holds nothing yet. */
  async #empty(): Promise<void> {
    const version = await versionOf(this.#dialect, this.#tables);
    if (version === 0) return;
    const catalogue = await catalogueOf(Math.min(version, MIGRATIONS.length));
    for (const { name, goesAlong } of catalogue) {
      if (!goesAlong || ['settings', 'projects'].includes(name)) continue;
      const { rows } = await sql`SELECT 1 FROM ${sql.table(name)} LIMIT 1`.execute(this.#tables);
      if (rows.length === 0) continue;
      throw new NetDiagnosticsError(
        'ERR_SETTING',
        `The target is not empty: there are rows in ${name}. Nothing was changed; name a new folder or database.`,
      );
    }
    for (const { name } of catalogue.toReversed())
      await sql`DROP TABLE ${sql.table(name)}`.execute(this.#tables);
    await sql`DROP TABLE schema_version`.execute(this.#tables);
  }

  async #migrate(from: number, to: number): Promise<void> {
    const migrations = new MigrationSql(this.#tables as unknown as Kysely<unknown>, this.#dialect);
    for (const [index, migrate] of MIGRATIONS.entries()) {
      if (index < from || index >= to) continue;
      await migrate(migrations);
      await this.#tables
        .insertInto('schema_version')
        .values({ version: index + 1 })
        .execute();
    }
  }

  async #insert({ table, columns, rows, line }: Batch): Promise<void> {
    const atOnce = Math.floor(MAX_PARAMETERS / columns.length);
    try {
      for (let start = 0; start < rows.length; start += atOnce) {
        const part = rows.slice(start, start + atOnce);
        await this.#tables.executeQuery(
          CompiledQuery.raw(this.#insertion(table, columns, part.length), part.flat()),
        );
      }
    } catch (error) {
      const where = line === null ? table : `lines ${line} to ${line + rows.length - 1} (${table})`;
      throw new NetDiagnosticsError('ERR_STORE', `A row of ${where} was refused. ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** As text: the query builder would need longer for a statement of thousands of values than the database. */
  #insertion(table: string, columns: readonly string[], count: number): string {
    const known = this.#insertions.get(`${table} ${count}`);
    if (known !== undefined) return known;
    const names = columns.map((column) => `"${column}"`).join(', ');
    const numbers = this.#dialect === 'postgres';
    const row = (index: number) =>
      columns.map((_, column) => (numbers ? `$${index * columns.length + column + 1}` : '?')).join(', ');
    const all = Array.from({ length: count }, (_, index) => `(${row(index)})`);
    const statement = `INSERT INTO "${table}" (${names}) VALUES ${all.join(', ')}`;
    this.#insertions.set(`${table} ${count}`, statement);
    return statement;
  }

  /** Earlier versions had one identity, and named it nowhere. */
  async #settle(identities: readonly string[], at: number): Promise<void> {
    for (const id of identities) {
      await this.#tables
        .insertInto('identities')
        .values({ id, created_at: at })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    }
    const [only] = identities;
    if (only === undefined || identities.length > 1) return;
    for (const table of ['api_secrets', 'endpoints', 'grants'] as const)
      await this.#tables.updateTable(table).set({ identity: only }).where('identity', '=', '').execute();
  }

  async #seal(id: string, key: string): Promise<void> {
    const { seal } = this.#options;
    if (seal === null) return;
    await this.#tables
      .updateTable('identities')
      .set({ sealed_key: seal(key) })
      .where('id', '=', id)
      .execute();
  }
}
