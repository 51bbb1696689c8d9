import { randomBytes } from 'node:crypto';
import type { RelayOption, ServicesLimitOptions } from 'iroh-net-diagnostics/services';
import { Platform } from '../platform.js';
import type { RetentionOptions } from '../retention/index.js';
import { onInterruption, untilInterrupted } from './interruption.js';
import { noteRunning } from './running-platform.js';

/** Runs the platform until a signal ends it. */
export async function serve(options: {
  data: string;
  database?: string;
  port?: number;
  dashboardPort?: number;
  relay?: RelayOption[];
  platformKeyFile?: string;
  identities?: number;
  limit?: ServicesLimitOptions;
  keep?: RetentionOptions;
}): Promise<void> {
  const interruption = onInterruption();
  // For the other commands, which read it in the data folder.
  const token = randomBytes(32).toString('base64url');
  const platform = await Platform.start({
    dataDir: options.data,
    database: options.database,
    port: options.port,
    relays: options.relay,
    platformKeyFile: options.platformKeyFile,
    identities: options.identities,
    limits: options.limit,
    retention: options.keep,
    dashboard: { port: options.dashboardPort, token },
    onEvent: (event) => {
      if (event.type === 'warning') process.stderr.write(`${event.message}\n`);
    },
  });
  try {
    const forget = await noteRunning(options.data, { url: platform.dashboardUrl ?? '', token });
    process.stdout.write(
      `Platform   ${platform.id}\nDashboard  ${platform.dashboardUrl}\n\nCtrl-C ends it.\n`,
    );
    await untilInterrupted(interruption);
    await forget();
  } finally {
    await platform.stop();
  }
}
