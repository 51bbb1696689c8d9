import { randomBytes } from 'node:crypto';
import type { Settings } from '../config/index.js';
import { Platform } from '../platform.js';
import { onInterruption, untilInterrupted } from './interruption.js';
import { noteRunning } from './running-platform.js';

/** Runs the platform until a signal ends it. */
export async function serve(settings: Settings): Promise<void> {
  const interruption = onInterruption();
  const options = settings.platformOptions();
  // For the other commands, which read it in the data folder.
  const token = options.dashboard.token ?? randomBytes(32).toString('base64url');
  const platform = await Platform.start({
    ...options,
    dashboard: { ...options.dashboard, token },
    onEvent: (event) => {
      if (event.type === 'warning') process.stderr.write(`${event.message}\n`);
    },
  });
  try {
    const forget = await noteRunning(settings.dataDir, { url: platform.dashboardUrl ?? '', token });
    const setUp = platform.setUpUrl === null ? '' : `Set-up     ${platform.setUpUrl}\n`;
    process.stdout.write(
      `Platform   ${platform.id}\nDashboard  ${platform.dashboardUrl}\n${setUp}\nCtrl-C ends it.\n`,
    );
    await untilInterrupted(interruption);
    await forget();
  } finally {
    await platform.stop();
  }
}
