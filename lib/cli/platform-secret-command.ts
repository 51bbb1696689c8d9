import { parseArgs } from 'node:util';
import { Platform } from '../platform/index.js';
import { API_SECRET_ENV_VAR_NAME } from '../wire/index.js';
import { askRunning, DEFAULT_DATA_DIR } from './running-platform.js';
import { parsing } from './usage-error.js';

export const SECRET_HELP = `Usage: iroh-net-diagnostics platform secret [options]

Makes an API secret and prints it as a line for the environment. It is a credential and is shown once. The platform
may be running (started by this program) or not.

  --data DIR       the platform's data folder (default ${DEFAULT_DATA_DIR})
  --label TEXT     your word for it, at most 60 characters

Example:
  iroh-net-diagnostics platform secret --label staging >> app.env
`;

const OPTIONS = {
  data: { type: 'string', default: DEFAULT_DATA_DIR },
  label: { type: 'string', default: '' },
} as const;

/** Prints a new API secret. */
export async function secretCommand(words: readonly string[]): Promise<number> {
  const { values } = parsing(() => parseArgs({ args: [...words], options: OPTIONS }));
  const secret =
    (await askRunning(values.data, values.label)) ?? (await makeOffline(values.data, values.label));
  process.stdout.write(`${API_SECRET_ENV_VAR_NAME}=${secret}\n`);
  return 0;
}

/** The secret holds the platform's address, so it is started for a moment, on the port it will have again. */
async function makeOffline(dataDir: string, label: string): Promise<string> {
  const platform = await Platform.start({ dataDir, dashboard: false });
  try {
    return (await platform.createApiSecret(label)).reveal();
  } finally {
    await platform.stop();
  }
}
