import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  codeOf,
  makeFolders,
  messageOf,
  NetDiagnosticsError,
  printable,
  replaceFile,
} from 'iroh-net-diagnostics/services';
import { openOwnFile } from '../data-folder.js';
import { readIdentity } from '../identities/index.js';
import { CHALLENGE_HEADER, isProof, newChallenge, PROOF_HEADER } from '../proof.js';
import { askHere, type QuestionHere } from './ask-here.js';

/** Lies beside the store. Only its owner can read it: it holds a token for programs on this machine. */
const FILE = 'running.json';
const REQUEST_TIMEOUT_MS = 5_000;

/** Where a platform runs, and what lets programs in. */
export interface Running {
  url: string;
  /** The dashboard's bearer token. */
  token: string;
}

/** Writes a note where the platform runs. @returns removes the note */
export async function noteRunning(dataDir: string, running: Running): Promise<() => Promise<void>> {
  const path = join(dataDir, FILE);
  // With its store and its keys in a database it needs the folder for this note alone.
  await makeFolders(dataDir);
  await replaceFile(path, `${JSON.stringify(running)}\n`);
  return () => rm(path, { force: true });
}

/** The result of asking a running platform. */
export type Asked<Answer> =
  | { answer: Answer }
  /** `why`: a sentence that says why the platform could not be asked; `null`: no note says that one runs. */
  | { answer: null; why: string | null };

/**
 * Asks the platform that runs on this data folder. The answer has to be signed by the key in the folder, since another
 * process may have taken the port.
 * @param path - of its API; what it answers there is an `Answer`; `undefined` where it has nothing to say
 * @param question - `null`: there is nothing to send, it is a `GET`
 * @throws NetDiagnosticsError `ERR_SETTING` when the platform refuses, or the folder cannot be used
 */
export async function askRunning<Answer>(
  dataDir: string,
  path: string,
  question: object | null,
  method: QuestionHere['method'] = question === null ? 'GET' : 'POST',
): Promise<Asked<Answer>> {
  const note = join(dataDir, FILE);
  const noted = await readNote(note);
  if (noted === null) return { answer: null, why: null };
  const running = readRunning(noted);
  if (running === null) return notAsked(`A platform was started here, and ${note} does not say where.`);
  const url = new URL(running.url);
  const key = await readIdentity(dataDir);
  if (key === null) return notAsked(`There is no key in ${dataDir} by which to know the platform that runs.`);
  const challenge = newChallenge();
  const platform = `The platform that should be at ${url.origin}`;
  try {
    const { status, headers, text } = await askHere(new URL(path, url), {
      method,
      headers: {
        ...(question === null ? {} : { 'content-type': 'application/json' }),
        authorization: `Bearer ${running.token}`,
        [CHALLENGE_HEADER]: challenge,
      },
      ...(question === null ? {} : { body: JSON.stringify(question) }),
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    if (status === 401 || status === 403) {
      return notAsked(`${platform} did not take the token that is noted (${status}).`);
    }
    if (status >= 300 && status < 400) return notAsked(`${platform} sent us elsewhere (${status}).`);
    const proof = headers[PROOF_HEADER.toLowerCase()];
    if (!isProof(key.id, challenge, text, typeof proof === 'string' ? proof : null)) {
      return notAsked(`${platform} answered without the proof that it is this platform.`);
    }
    if (status >= 400) throw new NetDiagnosticsError('ERR_SETTING', reasonIn(text, status));
    return { answer: (text === '' ? undefined : JSON.parse(text)) as Answer };
  } catch (error) {
    if (error instanceof NetDiagnosticsError) throw error;
    return notAsked(`${platform} ${silenceOf(error)}.`);
  }
}

/** Where the platform runs on this data folder; `null` when nothing says that one does. */
export async function noteIn(dataDir: string): Promise<Running | null> {
  const noted = await readNote(join(dataDir, FILE));
  return noted === null ? null : readRunning(noted);
}

function notAsked(why: string): Asked<never> {
  return { answer: null, why };
}

/** Why a request failed; fetch's own message is only "fetch failed". */
export function silenceOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `did not answer within ${REQUEST_TIMEOUT_MS / 1000} s`;
  }
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code = codeOf(cause);
  if (code === 'ECONNREFUSED') return 'is not there: nobody listens (ECONNREFUSED)';
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return `closed the connection (${code})`;
  return `could not be asked: ${printable(messageOf(cause))}`;
}

/** @returns what the note says; `null` when there is none */
async function readNote(path: string): Promise<string | null> {
  const file = await openOwnFile(path).catch((error: unknown) => {
    // ENOTDIR: opening the folder gives a better message.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null;
    throw error;
  });
  if (file === null) return null;
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** @returns `null` when that is no such note */
function readRunning(text: string): Running | null {
  try {
    const { url, token } = JSON.parse(text) as Partial<Running>;
    // A header can carry such a token, and nothing else is sent.
    return URL.canParse(url ?? '') && /^[!-~]+$/.test(token ?? '') ? ({ url, token } as Running) : null;
  } catch {
    return null;
  }
}

/** Why the platform refuses. */
function reasonIn(text: string, status: number): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === 'string') return printable(detail);
  } catch {
    // Not JSON: see below.
  }
  return `The platform answered ${status}.`;
}
