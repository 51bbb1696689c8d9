import { API_SECRET_ENV_VAR_NAME, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { Platform } from '../platform.js';
import { askRunning } from './running-platform.js';

/** Prints a new API secret. */
export async function secret(options: { data: string; database?: string; label: string }): Promise<void> {
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
async function makeOffline(options: { data: string; database?: string; label: string }): Promise<string> {
  const { data: dataDir, database, label } = options;
  const platform = await Platform.start({ dataDir, database, dashboard: false });
  try {
    return (await platform.createApiSecret(label)).reveal();
  } finally {
    await platform.stop();
  }
}
