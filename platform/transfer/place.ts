import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { NetDiagnosticsError, parseEndpointId, SecretKey } from 'iroh-net-diagnostics/services';
import { openDataFolder } from '../data-folder.js';
import { PlatformKey, putIdentity, readIdentity } from '../identities/index.js';
import { liveHolders } from '../store/holders.js';
import { openLibsql } from '../store/libsql-driver.js';
import { isPostgresUrl } from '../store/open-store.js';
import { openPostgres } from '../store/postgres-driver.js';
import type { SqlDatabase } from '../store/sql-database.js';
import type { Keys } from './format.js';
import type { Seal } from './write-store.js';

/** In a data folder. */
export const STORE_FILE = 'platform.db';

/** Where a platform keeps its data: a data folder, or a PostgreSQL database. */
export interface Place {
  readonly database: SqlDatabase;
  /** Ids of identities that no table names. */
  readonly identities: readonly string[];
  /** The secret keys of its identities. @throws `ERR_SETTING` when they cannot be opened */
  keys(): Promise<Keys>;
  /**
   * Prepares for the keys of the identities that come; none may come along.
   * @throws `ERR_SETTING` when they have no place here
   */
  expect(identities: readonly string[], keys: Keys): Promise<Expected>;
  /** @throws `ERR_STATE` when a process of the platform works with it */
  assertIdle(): Promise<void>;
  close(): Promise<void>;
}

export interface Expected {
  /** For keys that lie in the database. */
  seal: Seal | null;
  /** Identities whose keys are neither here nor come along. */
  missing: readonly string[];
  /** For a failure: leaves the keys that were there before. */
  undo(): Promise<void>;
}

/**
 * Opens what a platform has written. Nothing in it is changed.
 * @param text - a folder, or `postgres://…`
 * @param platformKeyFile - with the key that seals keys in a database; `null`: `IROH_PLATFORM_KEY` holds it
 * @throws `ERR_SETTING` when there is none; `ERR_STORE` when a platform runs on the folder
 */
export async function openSource(text: string, platformKeyFile: string | null): Promise<Place> {
  if (isPostgresUrl(text)) return new DatabasePlace(await openPostgres(text), platformKeyFile);
  const file = join(text, STORE_FILE);
  await access(file).catch(() => {
    throw new NetDiagnosticsError('ERR_SETTING', `There is no platform in ${text}: ${file} is missing.`);
  });
  return openFolder(text);
}

/** Opens a place to be filled; makes the folder if it is missing. @throws as {@link openSource} */
export async function openTarget(text: string, platformKeyFile: string | null): Promise<Place> {
  return isPostgresUrl(text)
    ? new DatabasePlace(await openPostgres(text), platformKeyFile)
    : openFolder(text);
}

/** @throws `ERR_STORE` when a platform runs on it */
export async function openFolder(path: string): Promise<Place> {
  await openDataFolder(path);
  const key = await readIdentity(path);
  return new FolderPlace(path, key, await openLibsql(join(path, STORE_FILE)));
}

/** One process works with a folder, and the lock on its file says so. Its one key lies beside it. */
class FolderPlace implements Place {
  readonly identities: readonly string[];

  constructor(
    private readonly path: string,
    private readonly key: SecretKey | null,
    readonly database: SqlDatabase,
  ) {
    this.identities = key === null ? [] : [key.id];
  }

  async keys(): Promise<Keys> {
    const { path, key } = this;
    if (key === null)
      throw new NetDiagnosticsError(
        'ERR_SETTING',
        `There is no secret.key in ${path}, so it cannot go along.`,
      );
    return new Map([[key.id, hexOf(key)]]);
  }

  async expect(identities: readonly string[], keys: Keys): Promise<Expected> {
    const { path, key } = this;
    if (identities.length > 1) {
      throw new NetDiagnosticsError(
        'ERR_SETTING',
        `A data folder has place for one identity, and there are ${identities.length}: keep them in PostgreSQL.`,
      );
    }
    if (key !== null && !identities.includes(key.id)) {
      throw new NetDiagnosticsError(
        'ERR_SETTING',
        `The secret.key in ${path} is that of another platform: name a new folder.`,
      );
    }
    const [coming] = keys.values();
    const undo = coming === undefined ? async () => {} : await putIdentity(path, SecretKey.parse(coming));
    const missing = key === null && coming === undefined ? identities : [];
    return { seal: null, missing, undo };
  }

  async assertIdle(): Promise<void> {}

  close(): Promise<void> {
    return this.database.close();
  }
}

/** Several processes may work with a database. The keys lie in it, sealed. */
class DatabasePlace implements Place {
  readonly identities: readonly string[] = [];

  constructor(
    readonly database: SqlDatabase,
    private readonly platformKeyFile: string | null,
  ) {}

  async keys(): Promise<Keys> {
    const sealed = await this.database.tables.selectFrom('identities').select(['id', 'sealed_key']).execute();
    const platformKey = await PlatformKey.load(this.platformKeyFile, process.env);
    const opened = sealed.map(({ id, sealed_key }) => {
      if (sealed_key === null)
        throw new NetDiagnosticsError('ERR_SETTING', `The database holds no key of the identity ${id}.`);
      return [id, hexOf(platformKey.open(parseEndpointId(id), sealed_key))] as const;
    });
    return new Map(opened);
  }

  async expect(identities: readonly string[], keys: Keys): Promise<Expected> {
    const undo = async () => {};
    if (keys.size === 0) return { seal: null, missing: identities, undo };
    const platformKey = await PlatformKey.load(this.platformKeyFile, process.env);
    return { seal: (key) => platformKey.seal(SecretKey.parse(key)), missing: [], undo };
  }

  async assertIdle(): Promise<void> {
    const { tables, dialect } = this.database;
    if ((await liveHolders(tables, dialect)).length === 0) return;
    throw new NetDiagnosticsError(
      'ERR_STATE',
      'A platform works with this database: stop all its processes first. One that was killed counts as gone after 70 s.',
    );
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

function hexOf(key: SecretKey): string {
  return Buffer.from(key.toBytes()).toString('hex');
}
