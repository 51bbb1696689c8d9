import { randomBytes } from 'node:crypto';
import { type EndpointId, NetDiagnosticsError, SecretKey } from 'iroh-net-diagnostics/services';
import { databaseTime } from '../store/dialect.js';
import { IN_MEMORY } from '../store/open-store.js';
import type { SqlDatabase } from '../store/sql-database.js';
import { openIdentity, readIdentity } from './identity-file.js';
import { type IdentityRow, IdentityTable } from './identity-table.js';
import { PLATFORM_KEY_VARIABLE, PlatformKey } from './platform-key.js';

/** Where a process has the keys of identities from. */
export interface KeyPlaces {
  dataDir: string;
  /** Whether several processes may share the database. */
  isShared: boolean;
  /** The file with the key that seals; `null`: the variable. */
  platformKeyFile: string | null;
  /** How many identities are made where there is none. */
  identities: number;
  variables: NodeJS.ProcessEnv;
}

/**
 * The secret keys of the identities that this process can serve: one in the data folder, or any number that lie in a shared
 * database, sealed.
 */
export class KeyRing {
  /** `null`: it lies in the database, or is not looked for yet. */
  #own: SecretKey | null;
  readonly #platformKey: PlatformKey | null;
  readonly #places: KeyPlaces;

  private constructor(own: SecretKey | null, platformKey: PlatformKey | null, places: KeyPlaces) {
    this.#own = own;
    this.#platformKey = platformKey;
    this.#places = places;
  }

  /** @throws NetDiagnosticsError `ERR_SETTING` when a key cannot be read */
  static async open(places: KeyPlaces): Promise<KeyRing> {
    const { dataDir, isShared, platformKeyFile, variables } = places;
    const isSealed =
      isShared && (platformKeyFile !== null || (variables[PLATFORM_KEY_VARIABLE] ?? '') !== '');
    if (isSealed) return new KeyRing(null, await PlatformKey.load(platformKeyFile, variables), places);
    // Whether one is to be made for a shared database, that one says first.
    const own = isShared ? await existingKey(dataDir) : await openKey(dataDir);
    return new KeyRing(own, null, places);
  }

  /** The key of the data folder; `null`: all lie in the database. */
  get own(): SecretKey | null {
    return this.#own;
  }

  /**
   * Adds the identity of the data folder to those of the database, or makes the first ones there.
   * @throws NetDiagnosticsError `ERR_SETTING` when identities lie there sealed and none of them opens, `ERR_STORE`
   */
  async register(database: SqlDatabase): Promise<void> {
    const table = new IdentityTable(database);
    const platformKey = this.#platformKey;
    if (platformKey === null) {
      if (this.#places.isShared) this.#assertMayAdd(await table.list());
      this.#own ??= await openKey(this.#places.dataDir);
      await table.add(this.#own.id, null);
      return;
    }
    // Processes that start together make them once.
    await database.exclusively(async (tables) => {
      if ((await tables.selectFrom('identities').select('id').limit(1).executeTakeFirst()) !== undefined)
        return;
      const made = Array.from({ length: this.#places.identities }, () =>
        SecretKey.fromBytes(randomBytes(32)),
      );
      const createdAt = databaseTime(database.dialect);
      await tables
        .insertInto('identities')
        .values(
          made.map((key) => ({
            id: key.id,
            sealed_key: platformKey.seal(key),
            created_at: createdAt,
          })),
        )
        .execute();
    });
    this.#assertOpensOne((await table.list()).filter(({ sealedKey }) => sealedKey !== null));
  }

  /** New API secrets would name an identity that ends with this process, or with its folder. */
  #assertMayAdd(rows: readonly IdentityRow[]): void {
    if (rows.some(({ id }) => id === this.#own?.id) || rows.every(({ sealedKey }) => sealedKey === null))
      return;
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `The keys of this platform lie sealed in the database: set ${PLATFORM_KEY_VARIABLE}, or name the file with the key that seals them, as its other processes do.`,
    );
  }

  /** With a wrong key a process would wait for ever for something to serve. */
  #assertOpensOne(rows: readonly IdentityRow[]): void {
    const failures = rows.flatMap((row) => {
      try {
        this.keyOf(row);
        return [];
      } catch (error) {
        return [error];
      }
    });
    if (failures.length > 0 && failures.length === rows.length) throw failures[0];
  }

  /** @throws NetDiagnosticsError `ERR_SETTING` when this process has not the key, `ERR_STORE` when it is damaged */
  keyOf({ id, sealedKey }: { id: EndpointId; sealedKey: string | null }): SecretKey {
    if (this.#own?.id === id) return this.#own;
    if (sealedKey !== null && this.#platformKey !== null) return this.#platformKey.open(id, sealedKey);
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      sealedKey === null
        ? `The key of the identity ${id} lies in the data folder of another process: only that one can serve it.`
        : `The key of the identity ${id} lies sealed in the database: set ${PLATFORM_KEY_VARIABLE} to serve it.`,
    );
  }
}

function existingKey(dataDir: string): Promise<SecretKey | null> {
  return dataDir === IN_MEMORY ? Promise.resolve(null) : readIdentity(dataDir);
}

async function openKey(dataDir: string): Promise<SecretKey> {
  return dataDir === IN_MEMORY ? SecretKey.fromBytes(randomBytes(32)) : openIdentity(dataDir);
}
