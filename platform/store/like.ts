/** Texts that are looked for in columns. */
import { type Expression, type SqlBool, sql } from 'kysely';

/** Whether a text stands anywhere in a column. Both are in lower case: SQLite does not tell ASCII's cases apart, PostgreSQL does. */
export function containing(column: string, part: string): Expression<SqlBool> {
  return like(column, `%${literal(part)}%`);
}

/** Whether a column begins with a text. Both are in lower case, as for {@link containing}. */
export function beginningWith(column: string, part: string): Expression<SqlBool> {
  return like(column, `${literal(part)}%`);
}

function like(column: string, pattern: string): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(column)} LIKE ${pattern} ESCAPE '\\'`;
}

function literal(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
