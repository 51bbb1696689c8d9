/** Text of strangers: what is shown of it must forge no line of a log, move no cursor, and read as what it is. */

/** Longest text of a stranger that is shown: enough for any honest error message. */
export const MAX_TEXT_LENGTH = 200;

// Control characters (C0, DEL, C1), line separators, zero-width and bidirectional marks, lone surrogates.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** Stands for what is not shown, so that a reader sees that there was something. */
const REPLACEMENT = '\uFFFD';

/**
 * A stranger's text, safe for logs, terminals and pages: what is unsafe is replaced, what is too long is cut, white space
 * around it goes. Empty only where the text was.
 * @param maxLength - in UTF-16 code units, the `…` of a cut text among them
 */
export function printable(text: string, maxLength: number = MAX_TEXT_LENGTH): string {
  // Cut before it is cleaned: it may have 16 MiB.
  const cleaned = text
    .slice(0, maxLength * 4)
    .trim()
    .replace(UNSAFE, REPLACEMENT);
  if (cleaned === '') return text === '' ? '' : REPLACEMENT;
  if (cleaned.length <= maxLength) return cleaned;
  // The cut may have halved a surrogate pair.
  return `${cleaned.slice(0, maxLength - 1).replace(/\p{Cs}/gu, '')}…`;
}
