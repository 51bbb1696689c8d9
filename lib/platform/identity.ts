import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import { SecretKey } from '../wire/index.js';

const KEY_FILE = 'secret.key';

/** A key for a platform that keeps nothing. */
export function newSecretKey(): SecretKey {
  return SecretKey.fromBytes(randomBytes(32));
}

/**
 * Makes the data folder (0700) and reads the platform's key in it, or makes one (0600). Its public half is the
 * platform's id, which stands in every API secret.
 * @throws NetDiagnosticsError `ERR_SETTING` when the folder cannot be used, or others may read the key
 */
export async function openIdentity(dataDir: string): Promise<SecretKey> {
  const path = join(dataDir, KEY_FILE);
  try {
    await makeFolder(dataDir);
    return (await createKey(path)) ?? (await readKey(path));
  } catch (error) {
    if (error instanceof NetDiagnosticsError) throw error;
    throw new NetDiagnosticsError('ERR_SETTING', `dataDir ${dataDir} cannot be used: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/**
 * With the folders above it. Not by Node's own `recursive`: where a folder can never be made, as below /proc, Node 20
 * tries for ever.
 */
async function makeFolder(path: string): Promise<void> {
  const make = () => mkdir(path, { mode: 0o700 });
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

async function createKey(path: string): Promise<SecretKey | null> {
  const key = newSecretKey();
  // `wx`: of two platforms that start at once only one makes the key.
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    await file.writeFile(`${Buffer.from(key.toBytes()).toString('hex')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}

async function readKey(path: string): Promise<SecretKey> {
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new NetDiagnosticsError('ERR_SETTING', `Others can read ${path}: run chmod 600 on it.`);
  }
  try {
    return SecretKey.parse((await readFile(path, 'utf8')).trim());
  } catch (error) {
    // Without the cause, which might quote the file.
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `${path} holds no secret key (${error instanceof Error ? error.name : 'unreadable'}): restore it, or delete it to get a new platform id.`,
    );
  }
}
