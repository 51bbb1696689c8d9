import { open } from 'node:fs/promises';
import { codeOf } from '../errors.js';

/**
 * The process or the machine has no file descriptor left. This is thrown, since every other probe will fail for the
 * same reason.
 */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

/**
 * A text file of at most `maxBytes`. Null: it is longer, missing or unreadable. The size is not asked first, since
 * kernel files do not tell it.
 */
export async function readBounded(path: string, maxBytes: number): Promise<string | null> {
  try {
    return await readText(path, maxBytes);
  } catch {
    return null;
  }
}

/** The same, but throws if there are too many open files. */
export async function readText(path: string, maxBytes: number): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const chunks: Buffer[] = [];
      let length = 0;
      for (;;) {
        const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(16 * 1024) });
        if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
        length += bytesRead;
        if (length > maxBytes) return null;
        chunks.push(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (EXHAUSTED.has(codeOf(error))) throw error;
    return null;
  }
}
