import { createReadStream } from 'node:fs';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import { resolveSettings, SETTINGS, whyMalformed } from '../options/index.js';
import { printable } from '../text.js';
import { API_SECRET_ENV_VAR_NAME, ApiSecret } from '../wire/index.js';
import type { Shell } from './shell.js';
import { UsageError } from './usage-error.js';

/** The option of all commands that read a secret. */
export const SECRET_OPTIONS = { 'secret-file': { type: 'string' } } as const;

/** The part of their help about it. */
export const SECRET_HELP = `The API secret is read from
  ${API_SECRET_ENV_VAR_NAME}    the environment variable, or the file that ${API_SECRET_ENV_VAR_NAME}_FILE
                              names, as the app does; unless one of these is given:
  --secret-file FILE          a file that holds it alone, or a line ${API_SECRET_ENV_VAR_NAME}=…
  -                           standard input, in the same forms
It is never taken as an argument: everybody on the machine can see those.`;

/** In bytes; an env file has a few thousand. */
const MAX_FILE = 64 * 1024;

/** Where to read the secret from. */
export type SecretSource = { kind: 'env' } | { kind: 'stdin' } | { kind: 'file'; path: string };

/** @param positionals - the words that belong to no option. @throws UsageError, which never repeats them */
export function secretSource(positionals: readonly string[], path: string | undefined): SecretSource {
  if (positionals.length > 0 && (positionals.length > 1 || positionals[0] !== '-')) {
    throw new UsageError(
      'The only word that may stand here is "-". An API secret is never given as an argument, where everybody on ' +
        `this machine can see it: use ${API_SECRET_ENV_VAR_NAME}, --secret-file FILE, or "-" and standard input.`,
    );
  }
  if (path !== undefined && positionals.length > 0) {
    throw new UsageError('Give --secret-file or "-", not both.');
  }
  if (path !== undefined) return { kind: 'file', path };
  return positionals.length > 0 ? { kind: 'stdin' } : { kind: 'env' };
}

/**
 * Reads the secret, by the same rules as an app does.
 * @returns null when there is none
 * @throws NetDiagnosticsError `ERR_API_SECRET` when it is malformed, `ERR_SETTING` for a variable, or a file that cannot
 * be read
 */
export async function readSecret(source: SecretSource, shell: Shell): Promise<ApiSecret | null> {
  if (source.kind === 'env') return fromEnvironment(shell.env);
  const text = await (source.kind === 'stdin' ? shell.stdin() : fileText(source.path));
  if (text === null) throw new NetDiagnosticsError('ERR_API_SECRET', 'That is too long for an API secret.');
  try {
    return ApiSecret.read(text);
  } catch (error) {
    if (source.kind === 'stdin') throw error;
    throw new NetDiagnosticsError(
      'ERR_API_SECRET',
      `The secret file ${printable(source.path)} holds no API secret that can be read: ${whyMalformed(error)}.`,
      { cause: error },
    );
  }
}

/** Only these two variables: a mistake in another one must not stop a command that only reads a secret. */
function fromEnvironment(env: NodeJS.ProcessEnv): ApiSecret | null {
  const names = [SETTINGS.apiSecret, SETTINGS.apiSecretFile].map(({ variable }) => variable ?? '');
  return resolveSettings({}, Object.fromEntries(names.map((name) => [name, env[name]]))).apiSecret;
}

async function fileText(path: string): Promise<string | null> {
  try {
    // Read as a stream: a pipe or a device has no size that could be checked first.
    const bytes: Buffer[] = [];
    let length = 0;
    for await (const chunk of createReadStream(path, { end: MAX_FILE })) {
      bytes.push(chunk as Buffer);
      length += (chunk as Buffer).length;
    }
    return length > MAX_FILE ? null : Buffer.concat(bytes).toString('utf8');
  } catch (cause) {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `The secret file cannot be read: ${printable(messageOf(cause))}`,
      {
        cause,
      },
    );
  }
}
