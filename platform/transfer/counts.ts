import type { Kysely } from 'kysely';
import type { Tables } from '../store/schema.js';
import type { Batch, Cell } from './format.js';

/** What an endpoint has. */
type Counts = Record<'report_count' | 'stored_bytes' | 'point_count' | 'point_bytes', number>;

/**
 * Counts what each endpoint has, while its rows are written. What is kept beside an endpoint decides how much of it is
 * removed, so nobody's word is taken for it.
 */
export class TransferCounts {
  /** By id and project. */
  readonly #counts = new Map<string, Counts>();

  add({ table, columns, rows }: Batch): void {
    if (table !== 'reports' && table !== 'metric_series') return;
    const [project, id, bytes, points] = ['project', 'endpoint_id', 'bytes', 'points'].map((name) =>
      columns.indexOf(name),
    );
    const numberIn = (row: readonly Cell[], column = -1) => Number(row[column] ?? 0);
    for (const row of rows) {
      const owner = `${row[id ?? -1]} ${row[project ?? -1]}`;
      const counts = this.#counts.get(owner) ?? {
        ...{ report_count: 0, stored_bytes: 0, point_count: 0, point_bytes: 0 },
      };
      if (table === 'reports') {
        counts.report_count += 1;
        counts.stored_bytes += numberIn(row, bytes);
      } else {
        counts.point_count += numberIn(row, points);
        counts.point_bytes += numberIn(row, bytes);
      }
      this.#counts.set(owner, counts);
    }
  }

  /** Keeps the counts beside the endpoints. */
  async write(tables: Kysely<Tables>): Promise<void> {
    await tables
      .updateTable('endpoints')
      .set({ report_count: 0, stored_bytes: 0, point_count: 0, point_bytes: 0 })
      .execute();
    for (const [owner, counts] of this.#counts) {
      const at = owner.indexOf(' ');
      await tables
        .updateTable('endpoints')
        .set(counts)
        .where('project', '=', owner.slice(at + 1))
        .where('id', '=', owner.slice(0, at))
        .execute();
    }
  }
}
