import { parseArgs } from 'node:util';
import { Platform } from '../../platform/index.js';
import { NetDiagnosticsError } from '../errors.js';
import { MAX_LABEL_LENGTH } from '../services/index.js';
import { API_SECRET_ENV_VAR_NAME } from '../wire/index.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { askRunning, DEFAULT_DATA_DIR } from './running-platform.js';
import { parsing, UsageError } from './usage-error.js';

const HELP = `Usage: iroh-net-diagnostics platform secret [options]

Makes an API secret and prints it as a line for the environment. It is a credential and is shown once. The platform
may be running (started by this program) or not.

  --data DIR       the platform's data folder (default ${DEFAULT_DATA_DIR})
  --label TEXT     your word for it, at most ${MAX_LABEL_LENGTH} characters

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
    if (label.length > MAX_LABEL_LENGTH) {
      throw new UsageError(`--label has ${label.length} characters; give at most ${MAX_LABEL_LENGTH}.`);
    }
    const asked = await askRunning(data, label);
    const secret =
      asked.secret ?? (await makeOffline(data, label).catch((error: unknown) => fail(error, asked.why)));
    shell.out(`${API_SECRET_ENV_VAR_NAME}=${secret}\n`);
    return EXIT.ok;
  },
};

/** Usually because the platform runs: then why it could not be asked is what there is to mend. */
function fail(error: unknown, whyNotAsked: string | null): never {
  if (whyNotAsked === null || !(error instanceof NetDiagnosticsError)) throw error;
  throw new NetDiagnosticsError(error.code, `${whyNotAsked} ${error.message}`, { cause: error });
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
