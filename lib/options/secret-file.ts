import { closeSync, openSync, readSync } from 'node:fs';
import { codeOf, messageOf } from '../errors.js';
import { printable } from '../text.js';
import { ApiSecret } from '../wire/index.js';
import { whyMalformed } from './identity-kinds.js';

/** Longest file that is read. An env file has some thousand characters. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads the file of an API secret, as Docker and Kubernetes mount it. It is read once and synchronously, so that a missing
 * or malformed secret throws at registration, like one in a variable.
 * @throws Error whose message completes "The setting … names <path>, which …"; it never contains the secret
 */
export function readSecretFile(path: string): ApiSecret {
  const text = readBounded(path);
  if (text === null) throw new Error('is too long for an API secret.');
  let secret: ApiSecret | null;
  try {
    secret = ApiSecret.read(text);
  } catch (error) {
    throw new Error(`holds no API secret that can be read: ${whyMalformed(error)}.`, { cause: error });
  }
  if (secret === null) throw new Error('holds no API secret: it is empty.');
  return secret;
}

/** Does not trust the file's size: a device or a pipe has none. @returns null when it is longer than `MAX_BYTES` */
function readBounded(path: string): string | null {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  try {
    const file = openSync(path, 'r');
    try {
      for (let read = -1; read !== 0 && length < bytes.length; length += read) {
        read = readSync(file, bytes, length, bytes.length - length, null);
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new Error(troubleOf(error), { cause: error });
  }
  return length > MAX_BYTES ? null : bytes.toString('utf8', 0, length);
}

function troubleOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'is not there: mount it, or correct the path.';
  if (code === 'EISDIR')
    return 'is a folder: Docker makes one where the file that it should mount is missing.';
  if (code === 'EACCES') return 'this process may not read: give it the right to.';
  return `cannot be read: ${printable(messageOf(error))}.`;
}
