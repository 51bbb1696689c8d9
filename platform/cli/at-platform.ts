import { NetDiagnosticsError, systemClock } from 'iroh-net-diagnostics/services';
import { openFeed } from '../changes/index.js';
import type { Settings } from '../config/index.js';
import { openDataFolder } from '../data-folder.js';
import { type Caller, People } from '../people/index.js';
import { openStore } from '../store/open-store.js';
import { DASHBOARD_PORT_SETTING, rememberedPort } from '../store/settings.js';
import { commandLine } from './command-line.js';
import { type Asked, askRunning } from './running-platform.js';

/**
 * Asks the platform that runs on this data folder; if none does, does it with the database.
 * @param question - method, path below `/api/v1`, body
 */
export async function atPlatform<T>(
  settings: Settings,
  [method, path, body]: readonly ['GET' | 'POST' | 'PATCH' | 'DELETE', string, object | null],
  offline: (people: People, by: Caller, port: number | null) => Promise<T>,
): Promise<T> {
  const { dataDir } = settings;
  const asked: Asked<T> = await askRunning<T>(dataDir, `/api/v1/${path}`, body, method);
  if (!('why' in asked)) return asked.answer;
  const { why } = asked;
  const { database } = settings.platformOptions();
  const place = database ?? dataDir;
  try {
    if (database === undefined) await openDataFolder(dataDir);
    const store = await openStore(place);
    const feed = await openFeed(place);
    try {
      const people = new People({ store, feed, clock: systemClock });
      const port = await rememberedPort(store, DASHBOARD_PORT_SETTING);
      return await offline(people, commandLine(people), port);
    } finally {
      await feed.close();
      await store.close();
    }
  } catch (error) {
    if (why === null || !(error instanceof NetDiagnosticsError)) throw error;
    throw new NetDiagnosticsError(error.code, `${why} ${error.message}`, { cause: error });
  }
}

/** Writes a line of the result. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
