import { randomBytes } from 'node:crypto';
import type { Settings } from '../config/index.js';
import { Log } from '../observe/log.js';
import { Platform } from '../platform.js';
import { onInterruption, untilInterrupted } from './interruption.js';
import { noteRunning } from './running-platform.js';

/** Runs the platform until a signal ends it. */
export async function serve(settings: Settings): Promise<void> {
  const options = settings.platformOptions();
  const format = settings.get('log-format') ?? 'text';
  const log = new Log({ format, level: settings.get('log-level') ?? undefined });
  const hasTls = options.dashboard.tls !== undefined;
  const interruption = onInterruption(hasTls ? ['SIGINT', 'SIGTERM'] : undefined);
  let reload = async () => {};
  if (hasTls) process.on('SIGHUP', () => void reload());
  // For the other commands, which read it in the data folder.
  const token = options.dashboard.token ?? randomBytes(32).toString('base64url');
  const platform = await Platform.start({
    ...options,
    dashboard: { ...options.dashboard, token },
    onEvent: (event) => log.event(event),
    onRequest: (request) => log.request(request),
  });
  reload = () => platform.reloadCertificate();
  try {
    const forget = await noteRunning(settings.dataDir, { url: platform.localUrl ?? '', token });
    if (format === 'json') sayInLines(platform, log);
    else sayInWords(platform);
    await untilInterrupted(interruption);
    await forget();
  } finally {
    await platform.stop();
  }
}

function sayInWords({ id, dashboardUrl, setUpUrl }: Platform): void {
  const setUp = setUpUrl === null ? '' : `Set-up     ${setUpUrl}\n`;
  process.stdout.write(`Platform   ${id}\nDashboard  ${dashboardUrl}\n${setUp}\nCtrl-C ends it.\n`);
}

function sayInLines({ id, dashboardUrl, setUpUrl }: Platform, log: Log): void {
  log.write('info', 'started', 'The platform runs.', { platform: id, dashboard: dashboardUrl });
  if (setUpUrl === null) return;
  // The one line with a secret in it: there is no account yet, and nobody else could tell how to make it.
  log.write('warn', 'set-up', 'Nobody can sign in: open this once to make the first account.', {
    url: setUpUrl,
  });
}
