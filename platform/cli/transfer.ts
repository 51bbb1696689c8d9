/** The commands that carry a platform's data from one place to another. */
import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { isPostgresUrl } from '../store/open-store.js';
import { type Carried, exportStore, importFile, moveStore, type TransferOptions } from '../transfer/index.js';
import { onInterruption } from './interruption.js';

/** Milliseconds between two lines that say how far it is. */
const TELL_EVERY_MS = 2_000;

/** What the command line says. */
interface Words {
  from: string;
  to: string;
  platformKeyFile?: string;
  json?: boolean;
}

/** Writes everything into a file. */
export async function exportTo(options: Words & { withKeys?: boolean }): Promise<void> {
  const { from, to, withKeys = false, json = false } = options;
  const done = await carrying(options, (running) => exportStore({ from, to, withKeys }, running));
  if (json) return print({ file: to, ...done });
  say(`${to}: ${summary(done)}, ${size(done.bytes)}.`);
  tell(
    withKeys
      ? `It holds the secret keys of the platform: whoever has the file is the platform. Keep it as you keep a key.`
      : `It holds no secret keys. API secrets that apps have need them: see secret.key in the data folder, or --with-keys.`,
  );
}

/** Fills an empty place from a file. */
export async function importFrom(options: Words): Promise<void> {
  const { from, to, json = false } = options;
  const done = await carrying(options, (running) => importFile({ from, to }, running));
  if (json) print(done);
  else say(`Imported: ${summary(done)}.`);
  const users = done.rows.users ?? 0;
  if (users > 0 && !done.hasKeys) {
    tell(
      `${count(users)} users came without their passwords, and no API tokens came, as the file has no keys: start the platform, and make links for them with \`user link\`.`,
    );
  }
  for (const id of done.missing) {
    tell(
      `The secret key of the platform ${id} is in neither place: put its secret.key into the data folder before you start it, or import a file that was exported with keys. Without it, API secrets made before lead nowhere.`,
    );
  }
}

/** Carries everything from one place into another, empty one. */
export async function move(options: Words): Promise<void> {
  const { from, to, json = false } = options;
  const done = await carrying(options, (running) => moveStore({ from, to }, running));
  if (json) return print(done);
  say(`Moved: ${summary(done)}, and the secret keys.`);
  // On a database several processes share one address: none remembers a port.
  if (done.port !== null && isPostgresUrl(to))
    tell(`API secrets that name no relay hold UDP port ${done.port}: serve with --port ${done.port}.`);
  tell(
    'Start the platform with the new place. The old one was not changed: do not start both, they are one platform.',
  );
}

async function carrying<T extends Carried>(
  { platformKeyFile = null }: { platformKeyFile?: string | null },
  work: (options: TransferOptions) => Promise<T>,
): Promise<T & { durationMs: number }> {
  const signal = onInterruption();
  const startedAt = performance.now();
  let toldAt = startedAt;
  const onProgress = (table: string, rows: number) => {
    const now = performance.now();
    if (now - toldAt < TELL_EVERY_MS) return;
    toldAt = now;
    tell(`${table}: ${count(rows)} rows, ${Math.round((now - startedAt) / 1000)} s`);
  };
  try {
    const done = await work({ platformKeyFile, signal, onProgress });
    return { ...done, durationMs: Math.round(performance.now() - startedAt) };
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new NetDiagnosticsError('ERR_ABORTED', 'Interrupted: nothing was written.', { cause: error });
  }
}

function summary({ rows, durationMs }: Carried & { durationMs: number }): string {
  const parts = [
    [rows.endpoints ?? 0, 'endpoints'],
    [rows.reports ?? 0, 'reports'],
    [rows.api_secrets ?? 0, 'API secrets'],
  ].map(([number, what]) => `${count(Number(number))} ${what}`);
  return `${parts.join(', ')} in ${(durationMs / 1000).toFixed(1)} s`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function print(result: object): void {
  say(JSON.stringify(result));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
