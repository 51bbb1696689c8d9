import { MAX_TEXT_LENGTH } from './constants.js';

// Control characters (C0, DEL, C1), line separators, zero-width and bidirectional marks, lone surrogates:
// they move a terminal's cursor or make text read differently from what it is.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/** Text from outside, made harmless for logs, terminals and pages: no control characters, bounded length. */
export function cleanText(text: string, maxLength: number = MAX_TEXT_LENGTH): string {
  // Cut before cleaning: a megabyte of someone else's text is not worth a scan.
  const cleaned = text
    .slice(0, maxLength * 4)
    .replace(UNSAFE, ' ')
    .trim();
  if (cleaned.length <= maxLength) return cleaned;
  // The cut may have halved a surrogate pair.
  return `${cleaned.slice(0, maxLength - 1).replace(/\p{Cs}/gu, '')}…`;
}
