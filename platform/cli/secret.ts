import {
  API_SECRET_ENV_VAR_NAME,
  ApiSecrets,
  DEFAULT_PROJECT,
  EventBus,
  NetDiagnosticsError,
  type RelayOption,
  systemClock,
} from 'iroh-net-diagnostics/services';
import { openFeed } from '../changes/index.js';
import { parsePlatformOptions } from '../options.js';
import { Platform } from '../platform.js';
import { leastUsedIdentity, Reach } from '../reach.js';
import { openStore } from '../store/open-store.js';
import { askRunning } from './running-platform.js';

/** What the command takes. */
interface SecretOptions {
  data: string;
  database?: string;
  relay?: RelayOption[];
  label: string;
}

/** Prints a new API secret. */
export async function secret(options: SecretOptions): Promise<void> {
  const { data, label } = options;
  const asked = await askRunning<{ secret: string }>(data, '/api/secrets', { label });
  const made =
    asked.answer === null
      ? await makeOffline(options).catch((error: unknown) => fail(error, asked.why))
      : asked.answer.secret;
  process.stdout.write(`${API_SECRET_ENV_VAR_NAME}=${made}\n`);
}

/**
 * Adds why the platform could not be asked: usually this fails because it runs, and then that is what has to be
 * fixed.
 */
function fail(error: unknown, whyNotAsked: string | null): never {
  if (whyNotAsked === null || !(error instanceof NetDiagnosticsError)) throw error;
  throw new NetDiagnosticsError(error.code, `${whyNotAsked} ${error.message}`, { cause: error });
}

/**
 * The secret holds the platform's address, so the platform is started for a moment, on the port that it will use
 * again.
 */
async function makeOffline({ data, database, relay, label }: SecretOptions): Promise<string> {
  if (database !== undefined) return makeByDatabase(data, database, relay, label);
  const platform = await Platform.start({ dataDir: data, relays: relay, dashboard: false });
  try {
    return (await platform.createApiSecret(label)).reveal();
  } finally {
    await platform.stop();
  }
}

/** Nothing is started: the secret holds the relays, and the identity that some process serves. */
async function makeByDatabase(
  dataDir: string,
  database: string,
  relays: readonly RelayOption[] | undefined,
  label: string,
): Promise<string> {
  const settings = parsePlatformOptions({ dataDir, database, relays });
  const store = await openStore(database);
  try {
    const reach = new Reach(settings, store);
    if (!reach.hasRelays) {
      throw new NetDiagnosticsError(
        'ERR_SETTING',
        'On a shared database an API secret names relays and no machine: give --relay, the same as to the processes of the platform.',
      );
    }
    const id = await leastUsedIdentity(store);
    if (id === null)
      throw new NetDiagnosticsError(
        'ERR_STATE',
        'The database has no identity yet: start the platform first.',
      );
    const made = await new ApiSecrets({
      ...{ store, events: new EventBus(), clock: systemClock },
      address: () => reach.elsewhere(id),
      closeSessions: () => {},
    }).create(label);
    await tellOthers(database);
    return made.reveal();
  } finally {
    await store.close();
  }
}

/** Dashboards show the new secret at once. */
async function tellOthers(database: string): Promise<void> {
  const feed = await openFeed(database);
  feed.publish({ what: 'secrets', project: DEFAULT_PROJECT, revoked: null });
  await feed.close();
}
