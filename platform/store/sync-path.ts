import { open } from 'node:fs/promises';

/** Puts a file, or the names in a folder, on disk: a power cut must not take away what was copied. */
export async function syncPath(path: string): Promise<void> {
  // Windows syncs no folders.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
