/** Files that survive a crash and a power cut, and that only their owner may read. */
import { randomBytes } from 'node:crypto';
import { constants, copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './errors.js';

/** Read and write for the owner. */
export const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Error codes of a file system without hard links (FAT, some network shares), or of a system that forbids them. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES']);
/** Error codes of a folder that cannot be synced: its file system cannot do it, or the folder may not be opened. */
const NO_SYNC: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EACCES', 'EPERM']);

/**
 * Makes a file (0600) where none is. It appears complete and in one step, and is on disk then. When several callers do
 * it at once, one succeeds.
 * @returns whether it was made; false when the path exists
 * @throws the system's error
 */
export function createFile(path: string, text: string): Promise<boolean> {
  return withDraft(path, text, (draft) => publishFile(draft, path));
}

/**
 * Gives a file that is complete and on disk its name, in one step, where none is; the draft may stay beside it. On disk
 * when it resolves.
 * @returns false when the path exists
 * @throws the system's error
 */
export async function publishFile(draft: string, path: string): Promise<boolean> {
  if (!(await publish(draft, path))) return false;
  await syncFolder(dirname(path));
  return true;
}

/**
 * Makes a file (0600), or replaces it, in one step: after a crash there is the old file or the new one, never a part.
 * @throws the system's error
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await withDraft(path, text, async (draft) => {
    await rename(draft, path);
    await syncFolder(dirname(path));
  });
}

/**
 * The file of a secret key: its seed as a line of hex. See `createFile`.
 * @returns false when the path exists
 */
export function createKeyFile(path: string, seed: Uint8Array): Promise<boolean> {
  return createFile(path, `${Buffer.from(seed).toString('hex')}\n`);
}

/**
 * Makes a folder (0700), unless it exists.
 * @throws the system's error
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
  } catch (error) {
    // When the folder exists and its parent is read-only, the system may report either error. Another process may have made it.
    if (codeOf(error) === 'EEXIST' || (await isThere(path))) return;
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Makes a folder and its missing parents. Not with Node's own `recursive`: where a folder can never be made, for example
 * below /proc, Node 20 tries for ever.
 * @throws the system's error
 */
export async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolders(dirname(path));
    await makeFolder(path);
  }
}

/** Each attempt has its own name for the draft: two processes must not write into the same one. */
async function withDraft<T>(path: string, text: string, use: (draft: string) => Promise<T>): Promise<T> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await write(draft, text);
    return await use(draft);
  } finally {
    // The draft may be missing, and the folder may be read-only.
    await rm(draft, { force: true }).catch(() => {});
  }
}

/** Gives the draft its name; unlike rename(2), link(2) fails when the name is taken. */
async function publish(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!NO_LINKS.has(codeOf(error))) throw error;
  }
  return copyExclusively(draft, path);
}

/** Exclusive, but not in one step: without hard links nothing better is possible. */
async function copyExclusively(draft: string, path: string): Promise<boolean> {
  try {
    await copyFile(draft, path, constants.COPYFILE_EXCL);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
  return true;
}

/** Removes the file when it could not be written completely. */
async function write(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', FILE_MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

/** Makes a new name in the folder survive a power cut. Windows cannot open folders and needs no such step. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!NO_SYNC.has(codeOf(error))) throw error;
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
