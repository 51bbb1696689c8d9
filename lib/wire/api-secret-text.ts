import { NetDiagnosticsError } from '../errors.js';

/** The environment variable that holds the API secret, the same as the official client's. */
export const API_SECRET_ENV_VAR_NAME = 'IROH_SERVICES_API_SECRET';

/** Characters that copying from a page or saving with an editor may add: byte order mark, zero-width characters. */
const INVISIBLE = /[\u200b-\u200d\u2060\ufeff]/g;

/** A line of an env file, a shell script, a batch file or YAML. */
const ASSIGNMENT = new RegExp(`^\\s*(?:(?:export|set)\\s+)?${API_SECRET_ENV_VAR_NAME}\\s*[=:](.*)$`);

/** An API secret, complete or cut off. In the middle of other text it must be longer, so that no ordinary word matches. */
const INSIDE = /(?:^|=)services[a-z2-7]{20,}|services[a-z2-7]{40,}/i;

/** Whether a text that should have no API secret, for example an argument of a command, contains one or most of one. */
export function looksLikeApiSecret(text: string): boolean {
  return INSIDE.test(text);
}

/**
 * Finds the API secret in a text as people and programs give it: quoted, with white space or a comment around it, or as a
 * line of an env file. An ambiguous text throws.
 * @returns the secret alone; empty when there is none
 * @throws NetDiagnosticsError `ERR_API_SECRET`, which never repeats the text
 */
export function apiSecretText(given: string): string {
  // When UTF-16 is read as UTF-8, every second character is a NUL.
  if (given.includes('\0')) throw malformedSecret('it is UTF-16; save it as UTF-8.');
  const text = given.replace(INVISIBLE, '').trim();
  if (text.startsWith('{')) throw malformedSecret('it is JSON; give the value alone.');
  const lines = text.split(/[\r\n]+/).filter((line) => !line.trimStart().startsWith('#'));
  const assigned = lines.flatMap((line) => ASSIGNMENT.exec(line)?.[1] ?? []);
  const [first = '', ...others] = (assigned.length > 0 ? assigned : lines).map(bare);
  if (others.some((value) => value !== first)) {
    throw malformedSecret(
      assigned.length > 0
        ? // Programs that read such files differ in which of the lines they use.
          `${API_SECRET_ENV_VAR_NAME} stands in it more than once, with different values; keep one.`
        : `it has several lines, and none begins with "${API_SECRET_ENV_VAR_NAME}=".`,
    );
  }
  if (/\s/.test(first)) throw malformedSecret('it has white space inside.');
  if (BASE64_START.test(first)) {
    throw malformedSecret('it is in base64, as Kubernetes shows secrets; decode it first.');
  }
  return first;
}

/** "services" in base64. */
const BASE64_START = /^c2VydmljZX[MN]/;

/** The value without the white space, quotes and comment around it. */
function bare(value: string): string {
  const trimmed = value.trim();
  const quoted = insideQuotes(trimmed);
  if (quoted !== null) return quoted.trim();
  const comment = trimmed.search(/\s#/);
  return (comment < 0 ? trimmed : trimmed.slice(0, comment)).trim();
}

/** The text in quotes, when only a comment follows them; `null` when it is not quoted. */
function insideQuotes(text: string): string | null {
  const [quote = ''] = text;
  if (quote !== '"' && quote !== "'") return null;
  const end = text.indexOf(quote, 1);
  const rest = text.slice(end + 1).trimStart();
  return end > 0 && (rest === '' || rest.startsWith('#')) ? text.slice(1, end) : null;
}

export function malformedSecret(why: string): NetDiagnosticsError {
  return new NetDiagnosticsError(
    'ERR_API_SECRET',
    `The API secret is malformed: ${why} Copy it again from the dashboard into ${API_SECRET_ENV_VAR_NAME}.`,
  );
}
