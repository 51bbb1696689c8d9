import { randomBytes } from 'node:crypto';
import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.js';

/** SQLite's own default, in pages. */
const USUAL_CHECKPOINT = 1_000;
/** Milliseconds: who has not said by then that his copy is made, is gone. Meanwhile the file beside the store grows. */
const MAX_HOLD_MS = 15 * 60_000;

/**
 * Lets another process copy the SQLite file of a store that is in use. What is written meanwhile goes to the file beside
 * it (the write-ahead log), as always, and stays there; so the store's own file does not change, and is whole. Nobody waits for the
 * copy. The other process it has to be: closing a file gives up all locks that this one has on it.
 */
export class FileHold {
  readonly #tables: Kysely<Tables>;
  #held: { token: string; timer: NodeJS.Timeout } | null = null;

  constructor(tables: Kysely<Tables>) {
    this.#tables = tables;
  }

  /**
   * From now on the file does not change.
   * @returns a word for {@link end}
   * @throws `ERR_STATE` when it is held already
   */
  async begin(): Promise<string> {
    if (this.#held !== null) throw new NetDiagnosticsError('ERR_STATE', 'Another backup is being made.');
    const token = randomBytes(16).toString('hex');
    const timer = setTimeout(() => void this.end(token).catch(() => {}), MAX_HOLD_MS);
    timer.unref();
    this.#held = { token, timer };
    try {
      await this.#tables.connection().execute(async (one) => {
        await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(one);
        await sql`PRAGMA wal_autocheckpoint = 0`.execute(one);
      });
      return token;
    } catch (error) {
      await this.end(token);
      throw error;
    }
  }

  /** @returns whether the file has been held until now */
  async end(token: string): Promise<boolean> {
    if (this.#held?.token !== token) return false;
    clearTimeout(this.#held.timer);
    this.#held = null;
    await sql.raw(`PRAGMA wal_autocheckpoint = ${USUAL_CHECKPOINT}`).execute(this.#tables);
    return true;
  }
}
