import {
  API_SECRET_ENV_VAR_NAME,
  ApiSecrets,
  EventBus,
  NetDiagnosticsError,
  type ProjectId,
  systemClock,
} from 'iroh-net-diagnostics/services';
import { openFeed } from '../changes/index.js';
import type { Settings } from '../config/index.js';
import { type PlatformOptions, parsePlatformOptions } from '../options.js';
import { People } from '../people/index.js';
import { Platform } from '../platform.js';
import { leastUsedIdentity, Reach } from '../reach.js';
import { openStore } from '../store/open-store.js';
import { commandLine } from './command-line.js';
import { askRunning } from './running-platform.js';

/** The secret that is wanted. */
interface Wanted {
  label: string;
  project: ProjectId;
}

/** Prints a new API secret. */
export async function secret(settings: Settings, { label, project }: Wanted): Promise<void> {
  const path = `/api/v1/projects/${project}/secrets`;
  const asked = await askRunning<{ secret: string }>(settings.dataDir, path, { label });
  const made =
    asked.answer === null
      ? await makeOffline(settings, { label, project }).catch((error: unknown) => fail(error, asked.why))
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
async function makeOffline(settings: Settings, wanted: Wanted): Promise<string> {
  const options = settings.platformOptions();
  if (options.database !== undefined) return makeByDatabase(options, options.database, wanted);
  const platform = await Platform.start({ ...options, dashboard: false });
  try {
    const { label, project } = wanted;
    return (await platform.createApiSecret(label, project, noteBy(platform.people, wanted))).reveal();
  } finally {
    await platform.stop();
  }
}

/** Nothing is started: the secret holds the relays, and the identity that some process serves. */
async function makeByDatabase(
  options: PlatformOptions,
  database: string,
  { label, project }: Wanted,
): Promise<string> {
  const settings = parsePlatformOptions(options);
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
    const feed = await openFeed(database);
    try {
      const people = new People({ store, feed, clock: systemClock });
      const made = await new ApiSecrets({
        store: store.secretsWith(noteBy(people, { label, project })),
        ...{ events: new EventBus(), clock: systemClock },
        address: () => reach.elsewhere(id),
        closeSessions: () => {},
      }).create(label, project);
      // Dashboards show it at once.
      feed.publish({ what: 'secrets', project, revoked: null });
      return made.reveal();
    } finally {
      await feed.close();
    }
  } finally {
    await store.close();
  }
}

/** What the log says of it, as the running platform has it for who asks it. */
function noteBy(people: People, { label, project }: Wanted) {
  const by = commandLine(people);
  return (target: string) =>
    people.audit.entry({ by, action: 'secret.made', project, target, detail: { label } });
}
