import {
  API_SECRET_ENV_VAR_NAME,
  NetDiagnosticsError,
  type RelayOption,
} from 'iroh-net-diagnostics/services';
import { Platform } from '../platform.js';
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
  const platform = await Platform.start({ dataDir: data, database, relays: relay, dashboard: false });
  try {
    return (await platform.createApiSecret(label)).reveal();
  } finally {
    await platform.stop();
  }
}
