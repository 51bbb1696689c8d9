import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FILE_MODE, messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { sql } from 'kysely';
import { putIdentity, readIdentity } from '../identities/index.js';
import { openLibsql } from '../store/libsql-driver.js';
import type { SqlDatabase } from '../store/sql-database.js';
import { syncPath } from '../store/sync-path.js';
import { openFolder, STORE_FILE } from './place.js';
import { isThere } from './write-file.js';

/** Asks the platform that runs on the folder to leave its file alone. */
export interface Running {
  /**
   * From now on the file does not change.
   * @returns says that the copy is made; resolves to whether the file was left alone until then. `null`: no platform runs
   */
  hold(): Promise<(() => Promise<boolean>) | null>;
  /** Where none runs: gets the store when the copy is made, as long as nobody else can open it. */
  copied?(database: SqlDatabase): Promise<void>;
}

/**
 * Copies a data folder, with its key, into a new one, which can be used like the first. A platform may work with it.
 * @returns the size of the copy
 * @throws `ERR_SETTING` when there is no platform, or the new folder cannot be made; `ERR_STORE` when the copy is not whole;
 * the signal's reason. No folder is left then
 */
export async function backUpFolder(
  { data, to: named }: { data: string; to: string },
  running: Running,
  signal: AbortSignal,
): Promise<{ bytes: number; identities: readonly string[] }> {
  const file = join(data, STORE_FILE);
  // Without the slash that a shell puts behind a folder: the draft lies beside it.
  const to = resolve(named);
  await access(file).catch(() => {
    throw new NetDiagnosticsError('ERR_SETTING', `There is no platform in ${data}: ${file} is missing.`);
  });
  if (await isThere(to))
    throw new NetDiagnosticsError('ERR_SETTING', `${to} exists: name another folder, or remove it.`);
  const draft = `${to}.${randomBytes(6).toString('hex')}.tmp`;
  await mkdir(draft, { mode: 0o700 }).catch((error: unknown) => {
    throw new NetDiagnosticsError('ERR_SETTING', `${to} cannot be made: ${messageOf(error)}.`, {
      cause: error,
    });
  });
  try {
    const copy = join(draft, STORE_FILE);
    // Made here, since SQLite would make it readable by everybody.
    await (await open(copy, 'wx', FILE_MODE)).close();
    const done = await running.hold();
    if (done === null) await copyUnused(data, copy, running);
    else await copyInUse(file, copy, done, signal);
    signal.throwIfAborted();
    const key = await readIdentity(data);
    if (key !== null) await putIdentity(draft, key);
    await syncPath(copy);
    await syncPath(draft);
    await rename(draft, to);
    return { bytes: (await stat(join(to, STORE_FILE))).size, identities: key === null ? [] : [key.id] };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function copyUnused(data: string, copy: string, { copied }: Running): Promise<void> {
  const place = await openFolder(data);
  try {
    await sql`VACUUM INTO ${copy}`.execute(place.database.tables);
    await copied?.(place.database);
  } finally {
    await place.close();
  }
}

async function copyInUse(
  file: string,
  copy: string,
  done: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  let wasHeld = false;
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), createWriteStream(copy), {
      signal,
    });
  } finally {
    wasHeld = await done().catch(() => false);
  }
  if (!wasHeld) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      'The platform stopped while its store was copied, so the copy is not whole: make the backup again.',
    );
  }
  const database = await openLibsql(copy);
  try {
    const { rows } = await sql<{ quick_check: string }>`PRAGMA quick_check(1)`.execute(database.tables);
    const [found] = rows;
    if (found?.quick_check === 'ok') return;
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The copy is damaged (${found?.quick_check}): the store may be, too. Make the backup again.`,
    );
  } finally {
    await database.close();
  }
}
