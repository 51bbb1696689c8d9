import { codeOf } from '../errors.js';
import { nearest, show, type TextKind } from '../settings/index.js';
import { InvalidValue } from '../wire/index.js';

/** The words of the command line are wrong. Its message says which, and what would be right. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/**
 * Calls `parse` (with `parseArgs` of node:util) and turns its errors into a {@link UsageError}. For an unknown
 * option it suggests the one that was probably meant, and it shows no word that looks like a credential.
 * @param options - those that `parse` knows
 */
export function parsing<T>(options: Readonly<Record<string, unknown>>, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = codeOf(error);
    if (!code.startsWith('ERR_PARSE_ARGS')) throw error;
    const [message = ''] = error.message.split('\n');
    const word = /^[^']*'([^']*)/.exec(message)?.[1] ?? '';
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(unknownOption(word, options));
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
      throw new UsageError(`The word ${show(word)} is one too many.`);
    }
    throw new UsageError(message.replace(/\.?$/, '.'));
  }
}

function unknownOption(word: string, options: Readonly<Record<string, unknown>>): string {
  const meant = nearest(word.replace(/^-+/, ''), [...Object.keys(options), 'help']);
  const hint = meant === undefined ? '' : ` Did you mean --${meant}?`;
  return `There is no option ${show(word)}.${hint}`;
}

/** The value of an option, read as this kind of setting; undefined when it was not given. @throws UsageError */
export function flagValue<T>(flag: string, text: string | undefined, kind: TextKind<T>): T | undefined {
  if (text === undefined) return undefined;
  try {
    return kind.fromText(text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    const detail = error.detail === null ? '' : ` (${error.detail})`;
    throw new UsageError(`${flag} was ${show(text)}${detail}; it must be ${kind.should}.`);
  }
}
