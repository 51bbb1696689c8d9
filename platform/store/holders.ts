import { setTimeout as sleep } from 'node:timers/promises';
import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { type Kysely, sql } from 'kysely';
import { databaseTime } from './dialect.js';
import type { Tables } from './schema.js';
import type { Dialect } from './sql-database.js';

/** How often to look, in milliseconds. */
const LOOK_MS = 500;
/** A holder that has not counted up for so long is gone: some more than the time after which others take its identities. */
const GONE_MS = 7_000;
/** Milliseconds. A process of the platform gives a sign of life each 2 s, and lets go after 60 s without the database. */
const ALIVE_MS = 70_000;
/** How long processes have to stop, since an update may stop them one after the other. Milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Waits until no process holds an identity of this store: tables must not change under a process that does not know
 * what they become. Whether one is alive is told by its counting, and by no clock.
 * @param tell - gets a sentence when there is somebody to wait for
 * @param patienceMs - an argument for tests
 * @throws `ERR_STORE` when some process goes on
 */
export async function untilNobodyHolds(
  tables: Kysely<Tables>,
  tell: (message: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const startedAt = performance.now();
  const seen = new Map<string, { beat: number; since: number }>();
  for (let isTold = false; ; isTold = true) {
    const rows = await heldNow(tables);
    const now = performance.now();
    for (const { id, beat } of rows) if (seen.get(id)?.beat !== beat) seen.set(id, { beat, since: now });
    const alive = rows.filter(({ id }) => now - (seen.get(id)?.since ?? now) < GONE_MS);
    if (alive.length === 0) return;
    if (now - startedAt >= patienceMs) {
      throw new NetDiagnosticsError(
        'ERR_STORE',
        'The store is of an earlier version, and processes of that version work with it. Nothing was changed: stop all of them, then start this one again.',
      );
    }
    if (!isTold) {
      tell(
        `The store is of an earlier version, and a process of that version held it a moment ago. It has ${Math.round(patienceMs / 1000)} s to stop.`,
      );
    }
    await sleep(LOOK_MS);
  }
}

/** The processes that hold identities or may come back to them, each by its machine and process id. */
export async function liveHolders(tables: Kysely<Tables>, dialect: Dialect): Promise<string[]> {
  const rows = await tables
    .selectFrom('identities')
    .select('holder')
    .distinct()
    .where('beat_at', '>', sql<number>`${databaseTime(dialect)} - ${sql.lit(ALIVE_MS)}`)
    .where('holder', 'is not', null)
    .orderBy('holder')
    .execute();
  // The third part tells starts apart, which have nothing to say to the operator.
  return rows.map(({ holder }) => (holder ?? '').split(' ').slice(0, 2).join(' '));
}

/** By statements that do not change with the builder's types: these tables are those of an earlier version. */
async function heldNow(tables: Kysely<Tables>): Promise<{ id: string; beat: number }[]> {
  const { rows } = await sql<{ id: string; beat: string | number }>`
    SELECT id, beat FROM identities WHERE holder IS NOT NULL`.execute(tables);
  return rows.map(({ id, beat }) => ({ id, beat: Number(beat) }));
}
