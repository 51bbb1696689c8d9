import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  codeOf,
  createKeyFile,
  messageOf,
  NetDiagnosticsError,
  SecretKey,
} from 'iroh-net-diagnostics/services';
import { openDataFolder, openOwnFile, ownUid } from '../data-folder.js';

const KEY_FILE = 'secret.key';

/**
 * Makes the data folder (0700) and reads the platform's key in it, or makes one (0600). Its public half is the
 * platform's id, which stands in every API secret.
 * @param uid - the user who has to own both; an argument for tests
 * @throws NetDiagnosticsError `ERR_SETTING` when the folder cannot be used, or is or may be made by another user
 */
export async function openIdentity(dataDir: string, uid = ownUid()): Promise<SecretKey> {
  const path = join(dataDir, KEY_FILE);
  try {
    await openDataFolder(dataDir, uid);
    const existing = await readKey(path, uid);
    if (existing !== null) return existing;
    const made = SecretKey.fromBytes(randomBytes(32));
    // When two platforms start at the same time, only one of them makes the key.
    if (await createKeyFile(path, made.toBytes())) return made;
    const others = await readKey(path, uid);
    if (others !== null) return others;
    throw new NetDiagnosticsError('ERR_SETTING', `${path} was removed while it was read; try again.`);
  } catch (error) {
    if (error instanceof NetDiagnosticsError) throw error;
    throw new NetDiagnosticsError('ERR_SETTING', `dataDir ${dataDir} cannot be used: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/**
 * The key in a data folder; `null` where there is none, also no folder. Nothing is made.
 * @throws NetDiagnosticsError `ERR_SETTING` when it is or may be another user's
 */
export function readIdentity(dataDir: string): Promise<SecretKey | null> {
  return readKey(join(dataDir, KEY_FILE), ownUid());
}

/**
 * Puts a key into a data folder.
 * @returns takes it away again; that does nothing where the same key was there already
 * @throws NetDiagnosticsError `ERR_SETTING` when another one is there
 */
export async function putIdentity(dataDir: string, key: SecretKey): Promise<() => Promise<void>> {
  const path = join(dataDir, KEY_FILE);
  if (await createKeyFile(path, key.toBytes())) return () => rm(path);
  if ((await readIdentity(dataDir))?.id === key.id) return async () => {};
  throw new NetDiagnosticsError('ERR_SETTING', `${path} is the key of another platform: name a new folder.`);
}

async function readKey(path: string, uid: number | null): Promise<SecretKey | null> {
  const file = await openOwnFile(path, uid).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    return SecretKey.parse((await file.readFile('utf8')).trim());
  } catch (error) {
    // Without the cause, which might quote the file.
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `${path} holds no secret key (${error instanceof Error ? error.name : 'unreadable'}): restore it, or delete it to get a new platform id.`,
    );
  } finally {
    await file.close();
  }
}
