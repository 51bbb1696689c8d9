import { messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { ConfigError, type Settings } from '../config/index.js';
import { Log } from '../observe/log.js';
import { Platform } from '../platform.js';
import { ToldFailure, wordsOf } from './failure.js';
import { onInterruption, untilInterrupted } from './interruption.js';
import { noteRunning } from './running-platform.js';

/**
 * Runs the platform until a signal ends it.
 * @param read - reads the settings
 */
export async function serve(read: () => Promise<Settings>): Promise<void> {
  const settings = await read().catch((error: unknown) => {
    throw error instanceof ConfigError && error.logFormat === 'json'
      ? toldBy(new Log({ format: 'json' }), error)
      : error;
  });
  const format = settings.get('log-format') ?? 'text';
  const log = new Log({ format, level: settings.get('log-level') ?? undefined });
  for (const remark of settings.remarks) {
    if (format === 'json') log.write('warn', 'warning', remark);
    else process.stderr.write(`${remark}\n`);
  }
  try {
    settings.assertServable();
    await serveUntilInterrupted(settings, log);
  } catch (error) {
    throw format === 'json' ? toldBy(log, error) : error;
  }
}

/** Who reads the log as objects finds there as well why the program has ended. */
function toldBy(log: Log, error: unknown): ToldFailure {
  const code = error instanceof NetDiagnosticsError ? { code: error.code } : {};
  log.write('error', 'failed', wordsOf(error), code);
  return new ToldFailure(messageOf(error), { cause: error });
}

async function serveUntilInterrupted(settings: Settings, log: Log): Promise<void> {
  const options = settings.platformOptions();
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
    if (settings.get('log-format') === 'json') sayInLines(platform, log);
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
