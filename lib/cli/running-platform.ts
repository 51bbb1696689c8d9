import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetDiagnosticsError, printable } from '../errors.js';
import { openOwnFile } from '../platform/data-folder.js';
import { openIdentity } from '../platform/identity.js';
import { CHALLENGE_HEADER, isProof, newChallenge, PROOF_HEADER } from '../platform/proof.js';

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
 * Asks the platform that runs on this data folder for an API secret; null when none does. What another process answers
 * that has the port since is not believed: the answer has to be signed by the key in the folder.
 * @throws NetDiagnosticsError `ERR_SETTING` when the platform refuses the label, or the folder cannot be used
 */
export async function askRunning(dataDir: string, label: string): Promise<string | null> {
  const url = await readNote(join(dataDir, FILE));
  if (url === null) return null;
  const { id } = await openIdentity(dataDir);
  const challenge = newChallenge();
  const response = await fetch(new URL('/api/secrets', url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${url.searchParams.get('token') ?? ''}`,
      [CHALLENGE_HEADER]: challenge,
    },
    body: JSON.stringify({ label }),
    redirect: 'error',
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  }).catch(() => null);
  // Left over by a platform that was killed: nobody is there, or somebody else.
  if (response === null || response.status === 401) return null;
  const text = await response.text();
  if (!response.ok) throw new NetDiagnosticsError('ERR_SETTING', reasonIn(text, response.status));
  if (!isProof(id, challenge, text, response.headers.get(PROOF_HEADER))) return null;
  return (JSON.parse(text) as { secret: string }).secret;
}

async function readNote(path: string): Promise<URL | null> {
  const file = await openOwnFile(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const noted = (await file.readFile('utf8')).trim();
    return URL.canParse(noted) ? new URL(noted) : null;
  } finally {
    await file.close();
  }
}

/** Why the platform refuses, if it is the platform: others' words are no help, and may be meant to mislead. */
function reasonIn(text: string, status: number): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return printable(error);
  } catch {
    // Said below.
  }
  return `The platform answered ${status}.`;
}
