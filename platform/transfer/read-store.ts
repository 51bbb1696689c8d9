import { NetDiagnosticsError, printable } from 'iroh-net-diagnostics/services';
import { type Kysely, sql } from 'kysely';
import { MIGRATIONS } from '../store/migrations/index.js';
import type { Tables } from '../store/schema.js';
import type { SqlDatabase } from '../store/sql-database.js';
import { type Column, catalogueOf, type TableInfo } from './catalogue.js';
import type { Batch, Cell, Contents, Head, Keys } from './format.js';
import { versionOf } from './version.js';

/** Rows that are read at once: of reports up to 64 KiB each. */
const PAGE = 500;

/** What belongs to the processes of this platform alone, or is sealed with its key: it stays behind. */
const LEFT_BEHIND: Readonly<Record<string, readonly string[]>> = {
  identities: ['sealed_key', 'holder', 'beat', 'beat_at'],
};
/** What lets somebody in, hashed as it is, goes along with the keys only: columns, and whole tables. */
const LETS_IN: Readonly<Record<string, readonly string[] | 'all'>> = {
  users: ['password'],
  api_tokens: 'all',
};

export interface ReadOptions {
  /** Gets the secret keys that go along; `null`: none do. */
  keys: (() => Promise<Keys>) | null;
  /** Ids of identities that no table names: that of a data folder. */
  identities: readonly string[];
  /** Unix milliseconds. */
  now: number;
}

/**
 * Reads everything that is in a store, as it is at one moment, whichever of our versions wrote it; it is not changed.
 * @param use - reads the contents; they are there until it resolves
 * @throws `ERR_STORE` when there is nothing, or a newer program wrote it; what `use` throws
 */
export function readStore<T>(
  database: SqlDatabase,
  options: ReadOptions,
  use: (contents: Contents) => Promise<T>,
): Promise<T> {
  const { dialect, tables } = database;
  const transaction = tables.transaction();
  // SQLite's lock keeps everybody else away already.
  if (dialect === 'sqlite')
    return transaction.execute(async (snapshot) => use(await contentsOf(dialect, snapshot, options)));
  return transaction
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      // Whoever takes the rows may need longer than a process may be silent otherwise.
      await sql`SET LOCAL idle_in_transaction_session_timeout = 0`.execute(snapshot);
      return use(await contentsOf(dialect, snapshot, options));
    });
}

async function contentsOf(
  dialect: SqlDatabase['dialect'],
  tables: Kysely<Tables>,
  { keys, identities, now }: ReadOptions,
): Promise<Contents> {
  const schema = await versionOf(dialect, tables);
  if (schema === 0) throw new NetDiagnosticsError('ERR_STORE', 'There is no platform in it.');
  if (schema > MIGRATIONS.length) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The store has schema version ${schema}, this program knows ${MIGRATIONS.length}: use the newer version.`,
    );
  }
  const catalogue = await catalogueOf(schema);
  const has = (name: string) => catalogue.some((table) => table.name === name);
  const holders = has('identities')
    ? await tables.selectFrom('identities').select(['id', 'beat_at']).execute()
    : [];
  const projects = has('projects')
    ? await tables.selectFrom('projects').select('id').orderBy('id').execute()
    : [];
  const head: Head = {
    schema,
    exportedAt: now,
    identities: [...new Set([...identities, ...holders.map(({ id }) => id)])].sort(),
    projects: projects.map(({ id }) => id),
    hasKeys: keys !== null,
  };
  const lastBeats = new Map(holders.map(({ id, beat_at }) => [id, Number(beat_at)]));
  return {
    head,
    keys: (await keys?.()) ?? new Map(),
    batches: rowsOf(
      tables,
      catalogue.filter(({ name, goesAlong }) => goesAlong && (keys !== null || LETS_IN[name] !== 'all')),
      { lastBeats, hasKeys: keys !== null },
    ),
  };
}

async function* rowsOf(
  tables: Kysely<Tables>,
  catalogue: readonly TableInfo[],
  { lastBeats, hasKeys }: { lastBeats: ReadonlyMap<string, number>; hasKeys: boolean },
): AsyncGenerator<Batch> {
  for (const table of catalogue) {
    const left = [LEFT_BEHIND[table.name] ?? [], hasKeys ? [] : (LETS_IN[table.name] ?? [])].flat();
    const columns = table.columns.filter(({ name }) => !left.includes(name));
    const names = columns.map(({ name }) => name);
    const settle = table.name === 'endpoints' ? offline(names, lastBeats) : null;
    for await (const page of pagesOf(tables, table, names)) {
      const rows = page.map((row) => {
        const cells = columns.map((column) => cellOf(table, column, row[column.name]));
        settle?.(cells);
        return cells;
      });
      yield { table: table.name, columns: names, rows, line: null };
    }
  }
}

/** Page by page along the primary key. */
async function* pagesOf(
  tables: Kysely<Tables>,
  { name, key }: TableInfo,
  columns: readonly string[],
): AsyncGenerator<Record<string, unknown>[]> {
  const list = (names: readonly string[]) => sql.join(names.map((column) => sql.ref(column)));
  const start = sql`SELECT ${list(columns)} FROM ${sql.table(name)}`;
  const end = sql`ORDER BY ${list(key)} LIMIT ${sql.lit(PAGE)}`;
  let page = sql<Record<string, unknown>>`${start} ${end}`;
  for (;;) {
    const { rows } = await page.execute(tables);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    const after = sql.join(key.map((column) => last[column]));
    page = sql`${start} WHERE (${list(key)}) > (${after}) ${end}`;
  }
}

/** PostgreSQL's driver hands out bigint as text. */
function cellOf(table: TableInfo, column: Column, value: unknown): Cell {
  if (value === null) return null;
  if (column.holds === 'integer') {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
  } else if (typeof value === 'string') {
    // Nothing of ours writes one. PostgreSQL cannot keep it, so a file that holds one is refused there.
    return value.replaceAll('\0', '\uFFFD');
  }
  throw new NetDiagnosticsError(
    'ERR_STORE',
    `A row of ${table.name} holds no ${column.holds} in ${column.name}, but ${printable(typeof value)}: the store is damaged.`,
  );
}

/** Nobody is online in a copy: who was is marked as seen at the last sign of life of the platform. */
function offline(
  columns: readonly string[],
  lastBeats: ReadonlyMap<string, number>,
): ((cells: Cell[]) => void) | null {
  const [online, seen, identity] = ['is_online', 'last_seen_at', 'identity'].map((name) =>
    columns.indexOf(name),
  );
  if (online === undefined || seen === undefined || identity === undefined || online === -1) return null;
  return (cells) => {
    if (cells[online] !== 1) return;
    cells[online] = 0;
    cells[seen] = Math.max(Number(cells[seen]), lastBeats.get(String(cells[identity])) ?? 0);
  };
}
