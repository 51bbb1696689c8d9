import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetDiagnosticsError } from '../errors.js';

export const DEFAULT_DATA_DIR = './platform-data';

/** Beside the store, readable by its owner alone: it holds the login token of this start. */
const FILE = 'dashboard-url';
const REQUEST_TIMEOUT_MS = 5_000;

/** Notes where the running platform's dashboard is. @returns takes the note away */
export async function noteRunning(
  dataDir: string,
  dashboardUrl: string | null,
): Promise<() => Promise<void>> {
  const path = join(dataDir, FILE);
  // An old note may have a mode that `mode` would not change.
  await rm(path, { force: true });
  await writeFile(path, `${dashboardUrl ?? ''}\n`, { mode: 0o600, flag: 'wx' });
  return () => rm(path, { force: true });
}

/**
 * Asks the platform that runs on this data folder for an API secret; null when none does.
 * @throws NetDiagnosticsError `ERR_SETTING` when it refuses the label
 */
export async function askRunning(dataDir: string, label: string): Promise<string | null> {
  const noted = await readFile(join(dataDir, FILE), 'utf8').catch(() => '');
  const url = URL.canParse(noted.trim()) ? new URL(noted.trim()) : null;
  if (url === null) return null;
  const response = await fetch(new URL('/api/secrets', url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${url.searchParams.get('token') ?? ''}`,
    },
    body: JSON.stringify({ label }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch(() => null);
  // Left over by a platform that was killed: nobody is there, or somebody else.
  if (response === null || response.status === 401) return null;
  const answer = (await response.json()) as { secret?: string; error?: string };
  if (answer.secret !== undefined) return answer.secret;
  throw new NetDiagnosticsError('ERR_SETTING', answer.error ?? `The platform answered ${response.status}.`);
}
