import { type EndpointId, trustedEndpointId } from 'iroh-net-diagnostics/services';
import { claiming, databaseTime } from '../store/dialect.js';
import { fence, type Lease } from '../store/fence.js';
import type { SqlDatabase } from '../store/sql-database.js';
import type { LeaseRow } from './lease-rules.js';

/** An identity as the database has it. */
export interface IdentityRow extends LeaseRow {
  /** `null`: the key lies in the data folder. */
  sealedKey: string | null;
  /** When its holder last counted up, by the database's clock, in unix milliseconds. */
  beatAt: number;
}

/** Endpoints that are marked in one transaction: on SQLite nobody else is served meanwhile. */
const CHUNK = 200;

/** The statements about identities and their leases. Every method throws `ERR_STORE` when the database fails. */
export class IdentityTable {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /** All identities, the oldest first. */
  async list(): Promise<IdentityRow[]> {
    const rows = await this.#database.tables
      .selectFrom('identities')
      .select(['id', 'sealed_key', 'holder', 'token', 'beat', 'beat_at'])
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(({ id, sealed_key, holder, token, beat, beat_at }) => ({
      ...{ id: trustedEndpointId(id), sealedKey: sealed_key, holder },
      ...{ token: Number(token), beat: Number(beat), beatAt: Number(beat_at) },
    }));
  }

  /**
   * Adds an identity, unless it is there.
   * @param sealedKey - `null` when the key lies in the data folder
   */
  async add(id: EndpointId, sealedKey: string | null): Promise<void> {
    await this.#database.tables
      .insertInto('identities')
      .values({ id, sealed_key: sealedKey, created_at: this.#now() })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }

  /**
   * Takes an identity that is as it was seen. Never waits for a transaction in its name that is still under way: then it
   * is not taken, this time.
   * @param holder - a name that no other process ever has
   * @returns `null` when it was not taken
   */
  async take({ id, token, beat }: LeaseRow, holder: string): Promise<Lease | null> {
    const { dialect, tables } = this.#database;
    const asSeen = tables
      .selectFrom('identities')
      .select('id')
      .where('id', '=', id)
      .where('token', '=', token)
      .where('beat', '=', beat);
    const taken = await tables
      .updateTable('identities')
      .set(({ eb }) => ({
        ...{ holder, beat_at: this.#now() },
        ...{ token: eb('token', '+', 1).$castTo<number>(), beat: eb('beat', '+', 1).$castTo<number>() },
      }))
      .where('id', '=', claiming(dialect, asSeen))
      .returning('token')
      .executeTakeFirst();
    return taken === undefined ? null : { identity: id, token: Number(taken.token), holder };
  }

  /** Counts up. @returns false when the identity is somebody else's */
  async renew({ identity, token, holder }: Lease): Promise<boolean> {
    const { numUpdatedRows } = await this.#database.tables
      .updateTable('identities')
      .set(({ eb }) => ({ beat: eb('beat', '+', 1).$castTo<number>(), beat_at: this.#now() }))
      .where('id', '=', identity)
      .where('token', '=', token)
      .where('holder', '=', holder)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Gives the identity back, if it still is the holder's: everybody may take it, and nothing more is written under this token. */
  async release({ identity, token, holder }: Lease): Promise<void> {
    await this.#database.tables
      .updateTable('identities')
      .set(({ eb }) => ({
        ...{ holder: null, beat_at: this.#now() },
        token: eb('token', '+', 1).$castTo<number>(),
      }))
      .where('id', '=', identity)
      .where('token', '=', token)
      .where('holder', '=', holder)
      .execute();
  }

  /**
   * Marks the endpoints offline whose sessions a dead holder left open, in several steps.
   * @param seenAt - when that holder was last alive: they were seen until then
   */
  async markOffline(lease: Lease, seenAt: number, signal: AbortSignal): Promise<void> {
    for (let marked = CHUNK; marked === CHUNK && !signal.aborted; ) {
      marked = await this.#markSome(lease, seenAt);
      // On SQLite nothing else has run so far.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #markSome(lease: Lease, seenAt: number): Promise<number> {
    const { dialect, tables } = this.#database;
    return tables.transaction().execute(async (transaction) => {
      await fence(dialect, transaction, lease);
      const left = transaction
        .selectFrom('endpoints')
        .select(['project', 'id'])
        .where('identity', '=', lease.identity)
        .where('is_online', '=', 1)
        .limit(CHUNK)
        .$asTuple('project', 'id');
      const { numUpdatedRows } = await transaction
        .updateTable('endpoints')
        .set((row) => ({
          is_online: 0,
          // The clock of a session's beginning is the dead process's own.
          last_seen_at: row
            .case()
            .when('last_seen_at', '<', seenAt)
            .then(seenAt)
            .else(row.ref('last_seen_at'))
            .end()
            .$castTo<number>(),
        }))
        .where(({ eb, refTuple }) => eb(refTuple('project', 'id'), 'in', left))
        .executeTakeFirst();
      return Number(numUpdatedRows);
    });
  }

  #now() {
    return databaseTime(this.#database.dialect).$castTo<number>();
  }
}
