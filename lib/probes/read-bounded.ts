import { open } from 'node:fs/promises';

/** A text file of at most `maxBytes`; null when it is longer, missing or unreadable. Kernel files tell no size. */
export async function readBounded(path: string, maxBytes: number): Promise<string | null> {
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
  } catch {
    return null;
  }
}
