import { type Kysely, type RawBuilder, sql } from 'kysely';

/** What a migration works with: the tables as they are while it runs, which the compiler cannot know. */
export class MigrationSql {
  readonly #database: Kysely<unknown>;
  /** A column of text: compared by its code units on every database, whatever the server's language is. */
  readonly text: string;
  /** Ends a table whose rows lie in the order of its key: PostgreSQL has none such. */
  readonly clustered: string;

  constructor(database: Kysely<unknown>, dialect: 'sqlite' | 'postgres') {
    this.#database = database;
    this.clustered = dialect === 'postgres' ? '' : 'WITHOUT ROWID';
    this.text = dialect === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
  }

  /** Runs statements, one after the other. */
  async run(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(this.#database);
  }

  /** The rows of a statement with values. */
  async rows<Row>(statement: RawBuilder<Row>): Promise<Row[]> {
    return (await statement.execute(this.#database)).rows;
  }
}

/** One step from a version of the tables to the next. */
export type Migration = (sql: MigrationSql) => Promise<void>;
