import { parseArgs } from 'node:util';
import { Platform } from '../platform/index.js';
import { API_SECRET_ENV_VAR_NAME } from '../wire/index.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { askRunning, DEFAULT_DATA_DIR } from './running-platform.js';
import { parsing } from './usage-error.js';

const HELP = `Usage: iroh-net-diagnostics platform secret [options]

Makes an API secret and prints it as a line for the environment. It is a credential and is shown once. The platform
may be running (started by this program) or not.

  --data DIR       the platform's data folder (default ${DEFAULT_DATA_DIR})
  --label TEXT     your word for it, at most 60 characters

Example:
  iroh-net-diagnostics platform secret --label staging >> app.env

Exit codes: 0 made, 1 not, ${EXIT.usage} wrong words
`;

const OPTIONS = {
  data: { type: 'string', default: DEFAULT_DATA_DIR },
  label: { type: 'string', default: '' },
} as const;

/** Prints a new API secret. */
export const platformSecretCommand: Command = {
  help: HELP,
  run: async (words, shell) => {
    const { values } = parsing(OPTIONS, () => parseArgs({ args: [...words], options: OPTIONS }));
    const { data, label } = values;
    const secret = (await askRunning(data, label)) ?? (await makeOffline(data, label));
    shell.out(`${API_SECRET_ENV_VAR_NAME}=${secret}\n`);
    return EXIT.ok;
  },
};

/** The secret holds the platform's address, so it is started for a moment, on the port it will have again. */
async function makeOffline(dataDir: string, label: string): Promise<string> {
  const platform = await Platform.start({ dataDir, dashboard: false });
  try {
    return (await platform.createApiSecret(label)).reveal();
  } finally {
    await platform.stop();
  }
}
