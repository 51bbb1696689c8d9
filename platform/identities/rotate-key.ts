import { NetDiagnosticsError, parseEndpointId } from 'iroh-net-diagnostics/services';
import { liveHolders } from '../store/holders.js';
import type { SqlDatabase } from '../store/sql-database.js';
import type { Write } from '../store/write-queue.js';
import type { PlatformKey } from './platform-key.js';

/** How the key is changed that seals the keys of identities. */
export interface KeyRotation {
  /** The key that seals them now. */
  from: PlatformKey;
  to: PlatformKey;
  /** Whether processes of the platform may be at work: they have the old key. */
  whileRunning: boolean;
  /** Writes down that it was done, in the same transaction. */
  note: Write;
}

/** What was done. */
export interface RotatedKeys {
  /** How many keys were sealed anew. */
  sealed: number;
  /** How many the new key had sealed already. */
  already: number;
  /** How many do not lie in the database. */
  elsewhere: number;
  /** The processes that hold identities, each by its machine and process id. */
  holders: string[];
}

/**
 * Seals the keys of all identities in a database with another key: all of them, or none.
 * @throws NetDiagnosticsError `ERR_SETTING` when both keys are the same, or the old one opens some identity's key as little as the new
 * one does; `ERR_STATE` when processes are at work; `ERR_STORE`
 */
export async function rotatePlatformKey(
  database: SqlDatabase,
  { from, to, whileRunning, note }: KeyRotation,
): Promise<RotatedKeys> {
  if (from.equals(to))
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      'The new key is the old one: openssl rand -base64 32 makes another.',
    );
  // No process makes the first identities meanwhile, with the old key.
  return database.exclusively((tables) =>
    tables.transaction().execute(async (transaction) => {
      const holders = await liveHolders(transaction, database.dialect);
      if (holders.length > 0 && !whileRunning) throw atWork(holders);
      const rows = await transaction
        .selectFrom('identities')
        .select(['id', 'sealed_key'])
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      const done: RotatedKeys = { sealed: 0, already: 0, elsewhere: 0, holders };
      for (const row of rows) {
        const id = parseEndpointId(row.id);
        if (row.sealed_key === null) done.elsewhere += 1;
        else if (to.opens(id, row.sealed_key)) done.already += 1;
        else {
          const sealed_key = to.seal(from.open(id, row.sealed_key));
          await transaction.updateTable('identities').set({ sealed_key }).where('id', '=', row.id).execute();
          done.sealed += 1;
        }
      }
      if (done.sealed > 0) await note(transaction);
      return done;
    }),
  );
}

function atWork(holders: readonly string[]): NetDiagnosticsError {
  return new NetDiagnosticsError(
    'ERR_STATE',
    `Processes of the platform are at work with the old key: ${holders.join(', ')}. Nothing was changed. Either stop all processes, run this again, ` +
      'and start them with the new key (one that was killed counts as gone after 70 s). Or run this with --while-running, and then restart them one ' +
      'after the other with the new key: until all are restarted, what a process with the old key could take over from another stays with nobody.',
  );
}
