import { readFile } from 'node:fs/promises';
import { codeOf, NetDiagnosticsError } from '../errors.js';
import { replaceFile } from '../files.js';
import type { RevocationStore } from './revocation.js';

/** The file's content: unix seconds and a line end. Twelve digits at most (year 33658): a `Date` holds hardly more. */
const CONTENT = /^(0|[1-9]\d{0,11})\n?$/;

/**
 * Keeps the revocation mark in a small file, usually beside the identity's key file. The file has mode 0600 and is
 * replaced in one step, so a crash leaves the old mark or the new one, never half of it.
 */
export class FileRevocationStore implements RevocationStore {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws `ERR_STORE` when the file is there but unreadable: guessing "nothing was revoked" would be unsafe */
  async load(): Promise<number | null> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `the revocation file ${this.path} cannot be read (${codeOf(error)})`,
        {
          cause: error,
        },
      );
    }
    const found = CONTENT.exec(text)?.[1];
    if (found === undefined) {
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `the revocation file ${this.path} should hold one number of unix seconds; restore it, or remove it to accept earlier grants again`,
      );
    }
    return Number(found);
  }

  /** @throws `ERR_STORE` when it cannot be written */
  async save(revokedUntil: number): Promise<void> {
    try {
      await replaceFile(this.path, `${revokedUntil}\n`);
    } catch (error) {
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `the revocation file ${this.path} cannot be written (${codeOf(error)})`,
        {
          cause: error,
        },
      );
    }
  }
}
