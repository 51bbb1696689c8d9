/** Text from strangers. When it is shown, it must not forge a log line, move a cursor, or look like something else. */

/** Longest text from a stranger that is shown, in UTF-16 code units: enough for any honest error message. */
export const MAX_TEXT_LENGTH = 200;

// Control characters (C0, DEL, C1), line separators, zero-width and bidirectional marks, lone surrogates.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** Replaces what is not shown, so that a reader sees that something was there. */
const REPLACEMENT = '\uFFFD';

/**
 * A stranger's text, safe for logs, terminals and pages: unsafe characters are replaced, too long a text is cut, white
 * space around it is removed. The result is empty only for an empty text.
 * @param maxLength - in UTF-16 code units, including the `…` of a cut text
 */
export function printable(text: string, maxLength: number = MAX_TEXT_LENGTH): string {
  // Cut before it is cleaned, because it may have 16 MiB.
  const cleaned = text
    .slice(0, maxLength * 4)
    .trim()
    .replace(UNSAFE, REPLACEMENT);
  if (cleaned === '') return text === '' ? '' : REPLACEMENT;
  if (cleaned.length <= maxLength) return cleaned;
  // The cut may have split a surrogate pair.
  return `${cleaned.slice(0, maxLength - 1).replace(/\p{Cs}/gu, '')}…`;
}
