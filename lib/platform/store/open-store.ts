import { join } from 'node:path';
import { openLibsql } from './libsql-driver.js';
import { SqlStore } from './sql-store.js';
import type { Store } from './store.js';

/** Keeps everything in memory: for tests and demos. */
export const IN_MEMORY = ':memory:';

/**
 * Opens the embedded store of a data folder that exists, or one in memory.
 * @throws `ERR_STORE`
 */
export async function openStore(dataDir: string): Promise<Store> {
  return SqlStore.open(await openLibsql(dataDir === IN_MEMORY ? IN_MEMORY : join(dataDir, 'platform.db')));
}
