import { join } from 'node:path';
import { MemoryStore, type Store } from 'iroh-net-diagnostics/services';
import { openLibsql } from './libsql-driver.js';
import { SqlStore } from './sql-store.js';

/** Keeps everything in memory: for tests and demos. */
export const IN_MEMORY = ':memory:';

/**
 * Opens the embedded store of a data folder that exists, or one in memory.
 * @throws `ERR_STORE`; in memory nothing
 */
export async function openStore(dataDir: string): Promise<Store> {
  if (dataDir === IN_MEMORY) return new MemoryStore();
  return SqlStore.open(await openLibsql(join(dataDir, 'platform.db')));
}
