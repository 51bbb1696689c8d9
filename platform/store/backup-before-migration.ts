import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FILE_MODE, messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.js';
import { syncPath } from './sync-path.js';

/** The newest are kept. */
const MAX_BACKUPS = 3;
const UNFINISHED = '.unfinished';
/** The end of a backup's name: until which version it is from, and when it was made. */
const SUFFIX = /^\.before-v\d+-(\d{8}T\d{9}Z)$/;

/**
 * Copies an SQLite file beside itself, readable by its owner alone, and removes the oldest of more than {@link MAX_BACKUPS}
 * such copies.
 * @param version - what comes after it
 * @returns the path of the copy, which is on disk
 * @throws `ERR_STORE` when there is no room for it, or it fails otherwise
 */
export async function backUp(tables: Kysely<Tables>, file: string, version: number): Promise<string> {
  const when = new Date().toISOString().replaceAll(/[-:.]/g, '');
  const path = `${file}.before-v${version}-${when}`;
  const unfinished = `${file}${UNFINISHED}`;
  try {
    // What a start that broke off has left.
    await rm(unfinished, { force: true });
    // Made here, since SQLite would make it readable by everybody. It takes an empty file that is there.
    await (await open(unfinished, 'wx', FILE_MODE)).close();
    await sql`VACUUM INTO ${unfinished}`.execute(tables);
    await syncPath(unfinished);
    await rename(unfinished, path);
    await syncPath(dirname(file));
    await removeOld(file);
    return path;
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The store ${file} was left as it is: before its tables change, a copy is made beside it, and that failed (${messageOf(error)}). Make room for it, and start again.`,
      { cause: error },
    );
  }
}

async function removeOld(file: string): Promise<void> {
  const name = basename(file);
  const backups = (await readdir(dirname(file)))
    .flatMap((entry) => {
      const when = entry.startsWith(name) ? SUFFIX.exec(entry.slice(name.length))?.[1] : undefined;
      return when === undefined ? [] : [{ entry, when }];
    })
    .sort((a, b) => (a.when < b.when ? 1 : -1));
  for (const { entry } of backups.slice(MAX_BACKUPS)) await rm(join(dirname(file), entry));
}
