import type { Migration } from './sql.js';

const COLUMNS = [
  ['nat_type_by', 'text'],
  ['seen_path', 'text'],
  ['seen_address', 'text'],
  ['seen_relay_path', 'flag'],
  ['relays_elsewhere', 'flag'],
  ['others_direct', 'flag'],
] as const;

/**
 * Version 9: what the platform itself saw of an endpoint when a report came, and whose word the NAT type is. Of what came before
 * nothing is known: NULL, and the report's.
 */
export const sightings: Migration = async (sql) => {
  for (const table of ['reports', 'endpoints']) {
    for (const [column, kind] of COLUMNS) {
      const type = kind === 'text' ? sql.text : 'SMALLINT';
      await sql.run(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
    }
  }
};
