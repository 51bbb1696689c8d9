import { NetDiagnosticsError, systemClock } from 'iroh-net-diagnostics/services';
import { openFeed } from '../changes/index.js';
import type { Settings } from '../config/index.js';
import {
  PLATFORM_KEY_VARIABLE,
  PlatformKey,
  type RotatedKeys,
  rotatePlatformKey,
} from '../identities/index.js';
import { People } from '../people/index.js';
import { openStore } from '../store/open-store.js';
import { commandLine } from './command-line.js';

interface Words {
  newPlatformKeyFile: string;
  whileRunning?: boolean;
  json?: boolean;
}

/** Changes the key that seals the keys of the platform in PostgreSQL. */
export async function rotateKey(
  settings: Settings,
  { newPlatformKeyFile, whileRunning = false, json = false }: Words,
): Promise<void> {
  const { database } = settings.platformOptions();
  if (database === undefined) {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      'The key of a data folder lies there in secret.key, and nothing seals it: name the PostgreSQL database in IROH_PLATFORM_DATABASE or --database-file.',
    );
  }
  const from = await oldKey(settings.get('platform-key-file'));
  const to = await PlatformKey.load(newPlatformKeyFile, {});
  const store = await openStore(database);
  try {
    const feed = await openFeed(database);
    try {
      const people = new People({ store, feed, clock: systemClock });
      const action = 'platform-key.changed';
      const note = people.audit.entry({ by: commandLine(people), action, project: null });
      tell(await rotatePlatformKey(store.database, { from, to, whileRunning, note }), json);
    } finally {
      await feed.close();
    }
  } finally {
    await store.close();
  }
}

function oldKey(file: string | null): Promise<PlatformKey> {
  if (file === null && (process.env[PLATFORM_KEY_VARIABLE] ?? '') === '') {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `Give the key that seals the keys of the platform now, too: in ${PLATFORM_KEY_VARIABLE}, or the file with it in --platform-key-file.`,
    );
  }
  return PlatformKey.load(file, process.env);
}

function tell(done: RotatedKeys, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(done)}\n`);
    return;
  }
  const { sealed, already, elsewhere, holders } = done;
  process.stdout.write(
    `Sealed with the new key: ${sealed}${already === 0 ? '' : `, and ${already} before`}.\n`,
  );
  const next =
    holders.length === 0
      ? 'Start all processes with the new key.'
      : `Restart these with the new key, one after the other, each once the one before serves again: ${holders.join(', ')}; and those that hold nothing. Until then none with the old key can take over what another leaves.`;
  process.stderr.write(
    `${next} The old key opens nothing here any more; keep it as long as you keep backups of the database that were made before.\n`,
  );
  if (elsewhere > 0)
    process.stderr.write(`Keys that lie in a data folder, and were not touched: ${elsewhere}.\n`);
}
