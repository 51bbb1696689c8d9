import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NetDiagnosticsError } from '../errors.js';
import type { RevocationStore } from './revocation.js';

/** What the file holds: unix seconds and a line end. Twelve digits, the year 33658: a date cannot hold much more. */
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
      if (isNotFound(error)) return null;
      const { code = 'ERR_UNKNOWN' } = error as NodeJS.ErrnoException;
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `the revocation file ${this.path} cannot be read (${code})`,
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
    // A name of its own for each attempt: two processes with one key file must not write into each other's.
    const draft = `${this.path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await writeDurably(draft, `${revokedUntil}\n`);
      await rename(draft, this.path);
      await syncFolder(dirname(this.path));
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      const { code = 'ERR_UNKNOWN' } = error as NodeJS.ErrnoException;
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `the revocation file ${this.path} cannot be written (${code})`,
        {
          cause: error,
        },
      );
    }
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename survive a power cut. Windows cannot open folders and needs no such step. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'ENOENT';
}
