import { join } from 'node:path';
import { MemoryStore, type Store } from 'iroh-net-diagnostics/services';

/** Keeps everything in memory: for tests and demos. */
export const IN_MEMORY = ':memory:';

/**
 * Opens the embedded store of a data folder that exists, or one in memory.
 * @throws `ERR_STORE`; in memory nothing
 */
export async function openStore(dataDir: string): Promise<Store> {
  if (dataDir === IN_MEMORY) return new MemoryStore();
  // Hundreds of files of the query builder: who keeps everything in memory does not wait for them.
  const [{ SqlStore }, { openLibsql }] = await Promise.all([
    import('./sql-store.js'),
    import('./libsql-driver.js'),
  ]);
  return SqlStore.open(await openLibsql(join(dataDir, 'platform.db')));
}
