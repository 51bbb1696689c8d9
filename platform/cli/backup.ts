import { messageOf, NetDiagnosticsError, systemClock } from 'iroh-net-diagnostics/services';
import type { Settings } from '../config/index.js';
import { noteInStore } from '../people/index.js';
import type { SqlDatabase } from '../store/sql-database.js';
import { backUpFolder } from '../transfer/index.js';
import { COMMAND_LINE } from './command-line.js';
import { onInterruption } from './interruption.js';
import { askRunning } from './running-platform.js';

/** Copies a data folder, whether a platform runs on it or not. */
export async function backup(
  settings: Settings,
  { to, json = false }: { to: string; json?: boolean },
): Promise<void> {
  const data = settings.dataDir;
  if (settings.get('database') !== null) {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      'The store is a PostgreSQL database: back it up with pg_dump, and keep IROH_PLATFORM_KEY.',
    );
  }
  const signal = onInterruption();
  const startedAt = performance.now();
  let whyNotAsked: string | null = null;
  const hold = async () => {
    const asked = await askRunning<{ held: string }>(data, '/api/v1/backup', {});
    if (asked.answer === null) {
      whyNotAsked = asked.why;
      return null;
    }
    const { held } = asked.answer;
    return async () => {
      const path = `/api/v1/backup/${held}`;
      const ended = await askRunning<{ wasHeld: boolean }>(data, path, null, 'DELETE');
      return ended.answer?.wasHeld === true;
    };
  };
  try {
    const done = await backUpFolder({ data, to }, { hold, copied: writeDown }, signal);
    const durationMs = Math.round(performance.now() - startedAt);
    if (json) {
      process.stdout.write(`${JSON.stringify({ folder: to, ...done, durationMs })}\n`);
      return;
    }
    const size = `${(done.bytes / 1e6).toFixed(1)} MB in ${(durationMs / 1000).toFixed(1)} s`;
    process.stdout.write(`${to}: ${size}.\n`);
    process.stderr.write(
      'It is a data folder with the secret key of the platform: whoever has it is the platform. Keep it as you keep a key.\n',
    );
  } catch (error) {
    if (signal.aborted)
      throw new NetDiagnosticsError('ERR_ABORTED', 'Interrupted: nothing was written.', { cause: error });
    if (whyNotAsked === null || !(error instanceof NetDiagnosticsError)) throw error;
    throw new NetDiagnosticsError(error.code, `${whyNotAsked} ${error.message}`, { cause: error });
  }
}

/** As the running platform does it. A backup is worth more than the line about it: the disk may be full. */
async function writeDown(database: SqlDatabase): Promise<void> {
  const news = { by: COMMAND_LINE, action: 'backup.made', project: null } as const;
  await noteInStore(database, systemClock, news).catch((error: unknown) => {
    process.stderr.write(`The audit log does not say that a backup was made: ${messageOf(error)}\n`);
  });
}
