/** Where an endpoint's identity comes from: made anew, or kept in a file. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, NetDiagnosticsError } from '../errors.js';
import { createKeyFile, makeFolder } from '../files.js';
import { SecretKey } from '../wire/index.js';

/** A key, and what the log says about its file. */
export interface Identity {
  secretKey: SecretKey;
  /** Whether the file was made just now. */
  isNew: boolean;
  /** One sentence when others may read the file; else `null`. */
  warning: string | null;
}

/** An identity that ends with the process. `random` returns `size` unpredictable bytes. */
export function ephemeralKey(random: (size: number) => Uint8Array = randomBytes): SecretKey {
  return SecretKey.fromBytes(random(32));
}

/**
 * Reads the key in `path`, or makes a new one there with mode 0600. Two processes that start at once get the same key:
 * the file appears complete and in one step, and the second process reads it.
 * A missing folder of the file is made, with mode 0700. Folders above it are not: when they are missing, the path is
 * wrong or a mount is missing.
 * @param random - returns `size` unpredictable bytes
 * @throws NetDiagnosticsError `ERR_SETTING` when the file holds no key, or cannot be read or made. It never shows what is
 * in the file.
 */
export async function keyFromFile(
  path: string,
  random: (size: number) => Uint8Array = randomBytes,
): Promise<Identity> {
  const existing = await readKey(path);
  if (existing !== null) return { secretKey: existing, isNew: false, warning: await laxMode(path) };
  const secretKey = ephemeralKey(random);
  if (await createKey(path, secretKey)) return { secretKey, isNew: true, warning: null };
  const winner = await readKey(path);
  if (winner !== null) return { secretKey: winner, isNew: false, warning: await laxMode(path) };
  throw new NetDiagnosticsError(
    'ERR_SETTING',
    `The key file ${path} was removed while it was read; try again.`,
  );
}

async function readKey(path: string): Promise<SecretKey | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw unreadable(path, error);
  }
  try {
    return SecretKey.parse(text.trim());
  } catch {
    // Without the cause: an error must show nothing of the content.
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `The key file ${path} holds no key: it must be 64 hex digits or 52 characters of base32. Restore it, or remove it for a new identity.`,
    );
  }
}

/** @returns false when another process was faster */
async function createKey(path: string, secretKey: SecretKey): Promise<boolean> {
  await makeFolder(dirname(path)).catch((error: unknown) => {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `The folder of the key file ${path} is not there, and cannot be made where it should be (${codeOf(error)}). Make it, mount it, or correct the path.`,
      { cause: error },
    );
  });
  try {
    return await createKeyFile(path, secretKey.toBytes());
  } catch (error) {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `There is no key file ${path}, and none can be made (${codeOf(error)}). Mount one, or a folder that this process may write.`,
      { cause: error },
    );
  }
}

function unreadable(path: string, error: unknown): NetDiagnosticsError {
  const what =
    codeOf(error) === 'EISDIR'
      ? 'is a folder: Docker makes one where the file that it should mount is missing.'
      : `may not be read by this process (${codeOf(error)}): give it the right to.`;
  return new NetDiagnosticsError('ERR_SETTING', `The key file ${path} ${what}`, { cause: error });
}

/** The warning when others may read the file. Windows has no mode bits. */
async function laxMode(path: string): Promise<string | null> {
  if (process.platform === 'win32') return null;
  const { mode, uid } = await stat(path);
  const isOurs = uid === process.geteuid?.();
  // When another user owns the file, this process may read it by the group's right: Kubernetes with `fsGroup` mounts it so.
  if ((mode & (isOurs ? 0o077 : 0o007)) === 0) return null;
  const advice =
    isOurs && !(await isReadOnly(path))
      ? 'Run chmod 600 on it.'
      : 'Its owner, or the mount, can take that right away (Kubernetes: `defaultMode: 0400`; 0440 with `fsGroup`).';
  return `The key file ${path} has mode 0${(mode & 0o777).toString(8)}: others on this machine may read it. ${advice}`;
}

function isReadOnly(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => false,
    (error: unknown) => codeOf(error) === 'EROFS',
  );
}
