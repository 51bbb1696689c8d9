import { type Kysely, sql } from 'kysely';
import { openLibsql } from '../store/libsql-driver.js';
import { MIGRATIONS, MigrationSql } from '../store/migrations/index.js';

/** A column, as far as a row of a file can be held against it. */
export interface Column {
  name: string;
  holds: 'text' | 'integer';
  isNullable: boolean;
}

/** A table of one version. */
export interface TableInfo {
  name: string;
  columns: readonly Column[];
  /** The columns of its primary key, in their order. */
  key: readonly string[];
  /** Whether its rows have a meaning on another platform. */
  goesAlong: boolean;
}

/** What is under way between a browser and its platform: it has no meaning elsewhere, and some of it lets people in. */
const STAYS: ReadonlySet<string> = new Set([
  'sign_ins',
  'known_addresses',
  'one_time_codes',
  'oidc_attempts',
  'sign_in_turns',
]);

/**
 * The tables of a version, each after those that it refers to. They are read from a database in memory that the migrations
 * made: whoever adds a table or a column need not think of exports.
 */
export async function catalogueOf(version: number): Promise<readonly TableInfo[]> {
  const database = await openLibsql(':memory:');
  const tables = database.tables as unknown as Kysely<unknown>;
  try {
    for (const migrate of MIGRATIONS.slice(0, version))
      await migrate(new MigrationSql(tables, database.dialect));
    const { rows } = await sql<{ name: string }>`
      SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`.execute(
      tables,
    );
    const found = new Map<string, TableInfo & { parents: readonly string[] }>();
    for (const { name } of rows) found.set(name, await describe(tables, name));
    return sorted(found);
  } finally {
    await database.close();
  }
}

async function describe(tables: Kysely<unknown>, name: string) {
  const { rows: columns } = await sql<{ name: string; type: string; notnull: number; pk: number }>`
    SELECT name, type, "notnull", pk FROM pragma_table_info(${name}) ORDER BY cid`.execute(tables);
  const { rows: references } = await sql<{ table: string }>`
    SELECT DISTINCT "table" FROM pragma_foreign_key_list(${name}) ORDER BY "table"`.execute(tables);
  return {
    name,
    columns: columns.map(({ name, type, notnull, pk }) => ({
      name,
      holds: type === 'TEXT' ? ('text' as const) : ('integer' as const),
      isNullable: notnull === 0 && pk === 0,
    })),
    key: columns
      .filter(({ pk }) => pk > 0)
      .sort((a, b) => a.pk - b.pk)
      .map(({ name }) => name),
    goesAlong: !STAYS.has(name),
    parents: references.map(({ table }) => table),
  };
}

function sorted(found: ReadonlyMap<string, TableInfo & { parents: readonly string[] }>): TableInfo[] {
  const order = new Map<string, TableInfo>();
  const add = (name: string) => {
    const table = found.get(name);
    if (table === undefined || order.has(name)) return;
    for (const parent of table.parents) add(parent);
    order.set(name, table);
  };
  for (const name of found.keys()) add(name);
  return [...order.values()];
}
