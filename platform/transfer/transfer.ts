import { PORT_SETTING } from '../store/settings.js';
import { checked } from './checks.js';
import type { Batch, Contents, Head } from './format.js';
import { openSource, openTarget, type Place } from './place.js';
import { openExport } from './read-file.js';
import { readStore } from './read-store.js';
import { writeExport } from './write-file.js';
import { type Rows, writeStore } from './write-store.js';

export interface TransferOptions {
  /** The file with the key that seals keys in a database; `null`: `IROH_PLATFORM_KEY` holds it. */
  platformKeyFile: string | null;
  /** Ends it; nothing is left of it then. */
  signal: AbortSignal;
  /** Told after some rows each: those of a table so far. */
  onProgress(table: string, rows: number): void;
}

/** What was carried over. */
export interface Carried {
  /** By table. */
  rows: Rows;
  /** Ids of the platform's identities. */
  identities: readonly string[];
  /** Whether their secret keys went along. */
  hasKeys: boolean;
}

/** What was carried into a store. */
export interface Filled extends Carried {
  /** Identities whose keys are in neither place: their API secrets lead to nobody. */
  missing: readonly string[];
  /** The UDP port that API secrets hold which name an address and no relay; `null`: none was remembered. */
  port: number | null;
}

/**
 * Writes all that is in a store into a file.
 * @param from - a data folder on which no platform runs, or `postgres://…`
 * @param withKeys - whether the secret keys go along: with them the file is the platform
 * @returns also the size of the file
 * @throws `ERR_SETTING`, `ERR_STORE`, the signal's reason
 */
export async function exportStore(
  { from, to, withKeys }: { from: string; to: string; withKeys: boolean },
  options: TransferOptions,
): Promise<Carried & { bytes: number }> {
  return reading({ from, withKeys, ...options }, async (contents) => {
    const told = telling(contents, options.onProgress);
    const { rows, bytes } = await writeExport(to, told, options.signal);
    return { ...carried(contents.head, rows), bytes };
  });
}

/**
 * Fills an empty store from a file.
 * @param to - a new data folder, or `postgres://…` of an empty database
 * @throws `ERR_SETTING`, `ERR_STORE`, the signal's reason; the store is empty then, as before
 */
export async function importFile(
  { from, to }: { from: string; to: string },
  options: TransferOptions,
): Promise<Filled> {
  const file = await openExport(from);
  try {
    return await filling(to, await checked(file), options);
  } finally {
    await file.close();
  }
}

/**
 * Carries a platform with its keys from one store to another, empty one. The first is not changed.
 * @throws `ERR_STATE` when a platform runs on it; as {@link exportStore} and {@link importFile}
 */
export async function moveStore(
  { from, to }: { from: string; to: string },
  options: TransferOptions,
): Promise<Filled> {
  return reading({ from, withKeys: true, ...options }, async (contents, source) => {
    await source.assertIdle();
    return filling(to, contents, options);
  });
}

async function reading<T>(
  { from, withKeys, platformKeyFile }: { from: string; withKeys: boolean; platformKeyFile: string | null },
  use: (contents: Contents, source: Place) => Promise<T>,
): Promise<T> {
  const source = await openSource(from, platformKeyFile);
  try {
    const keys = withKeys ? () => source.keys() : null;
    const options = { keys, identities: source.identities, now: Date.now() };
    return await readStore(source.database, options, (contents) => use(contents, source));
  } finally {
    await source.close();
  }
}

async function filling(to: string, contents: Contents, options: TransferOptions): Promise<Filled> {
  const target = await openTarget(to, options.platformKeyFile);
  try {
    const { seal, missing, undo } = await target.expect(contents.head.identities, contents.keys);
    try {
      const rows = await writeStore(target.database, contents, { ...options, seal });
      return { ...carried(contents.head, rows), missing, port: await portIn(target) };
    } catch (error) {
      await undo();
      throw error;
    }
  } finally {
    await target.close();
  }
}

async function portIn({ database }: Place): Promise<number | null> {
  const row = await database.tables
    .selectFrom('settings')
    .select('value')
    .where('key', '=', PORT_SETTING)
    .executeTakeFirst();
  return row === undefined ? null : Number(row.value);
}

function carried({ identities, hasKeys }: Head, rows: Rows): Carried {
  return { rows, identities, hasKeys };
}

function telling(contents: Contents, onProgress: TransferOptions['onProgress']): Contents {
  const { head, keys, batches } = contents;
  async function* told(): AsyncGenerator<Batch> {
    let [table, rows] = ['', 0];
    for await (const batch of batches) {
      rows = batch.table === table ? rows + batch.rows.length : batch.rows.length;
      table = batch.table;
      yield batch;
      onProgress(table, rows);
    }
  }
  return { head, keys, batches: told() };
}
