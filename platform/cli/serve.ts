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
  const platform = await Platform.start({
    ...options,
    onEvent: (event) => log.event(event),
    onRequest: (request) => log.request(request),
  });
  reload = () => platform.reloadCertificate();
  try {
    const { localUrl, localToken } = platform;
    // Not the token of the options: after a crash the note stays, and whoever has the port then is sent what is in it.
    const forget = await noteRunning(settings.dataDir, { url: localUrl ?? '', token: localToken ?? '' });
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
