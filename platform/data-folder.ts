/** Checks who owns the data folder and what is in it: nothing is used that another user may have put there. */
import type { Stats } from 'node:fs';
import { constants, lstat, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, FILE_MODE, makeFolders, NetDiagnosticsError } from 'iroh-net-diagnostics/services';

/** Bits of a file's mode. */
const OTHERS_MAY_WRITE = 0o022;
const OTHERS_MAY_ANYTHING = 0o077;
/** The store, and the files that SQLite puts beside it. */
const STORE_FILES = /^platform\.db/;

/** The user this process runs as; `null` where there are no such users (Windows). */
export function ownUid(): number | null {
  return process.getuid?.() ?? null;
}

/**
 * Makes the folder (0700), or checks that it is this user's and that nobody else may put files into it. The store's files
 * are checked as well, and closed to others.
 * @param uid - the user; an argument for tests
 * @throws NetDiagnosticsError `ERR_SETTING`, which says what to do
 */
export async function openDataFolder(path: string, uid = ownUid()): Promise<void> {
  await makeFolders(path);
  if (uid === null) return;
  const link = await lstat(path);
  // The owner of a link can point it elsewhere. Links of root are trusted like one's own.
  if (link.isSymbolicLink() && link.uid !== 0) assertOwner(path, link, uid);
  const stats = await stat(path);
  assertOwner(path, stats, uid);
  if ((stats.mode & OTHERS_MAY_WRITE) !== 0) {
    throw unusable(
      `Others may write into ${path}, so a key or a store in it may be theirs: run chmod 700 on it, or name a folder inside it.`,
    );
  }
  for (const name of await readdir(path)) if (STORE_FILES.test(name)) await closeFile(join(path, name), uid);
  // Made here, since SQLite would make its file readable by everybody, and the files beside it get the same mode.
  await (await open(join(path, 'platform.db'), 'a', FILE_MODE)).close();
}

/**
 * Opens a file of the folder for reading, unless another user may have put it there, or may read it.
 * @throws NetDiagnosticsError `ERR_SETTING`
 */
export async function openOwnFile(path: string, uid = ownUid()) {
  // Opened first and then checked, so that the file read is the file checked, even when somebody exchanges it. A link
  // is not followed.
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch((error: unknown) => {
    if (codeOf(error) === 'ELOOP') throw unusable(`${path} is a link.`);
    throw error;
  });
  try {
    if (uid !== null) {
      const stats = await file.stat();
      assertOwner(path, stats, uid);
      if ((stats.mode & OTHERS_MAY_ANYTHING) !== 0)
        throw unusable(`Others can read ${path}: run chmod 600 on it.`);
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function closeFile(path: string, uid: number): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (codeOf(error) === 'ELOOP') throw unusable(`${path} is a link.`);
    // SQLite deletes some of its files by itself.
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  try {
    if (file === null) return;
    const stats = await file.stat();
    assertOwner(path, stats, uid);
    if ((stats.mode & OTHERS_MAY_ANYTHING) !== 0) await file.chmod(FILE_MODE);
  } finally {
    await file?.close();
  }
}

function assertOwner(path: string, { uid: owner }: Stats, uid: number): void {
  if (owner === uid) return;
  throw unusable(
    `${path} belongs to user ${owner}, and this is user ${uid}: run the platform as that user, or chown it if you trust what is in it.`,
  );
}

function unusable(message: string): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_SETTING', message);
}
