/** Longest shown value, in characters. More of a wrong value does not help to find it. */
const MAX_SHOWN = 80;

/**
 * Texts that are credentials, in whichever setting they were put by mistake: an API secret, a 32-byte key in hex or
 * base32 (or most of one, since a paste may be cut off), the user part of a URL.
 */
const CREDENTIALS = [/services[a-z2-7]{20,}/gi, /[0-9a-f]{32,}/gi, /[a-z2-7]{40,}/gi, /(?<=:\/\/)[^/@\s]*@/g];

/** A wrong value for an error message: short, and without anything that looks like a credential. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return cut(JSON.stringify(CREDENTIALS.reduce((text, form) => text.replace(form, '[hidden]'), value)));
  }
  if (Array.isArray(value)) return cut(`[${value.slice(0, 8).map(show).join(', ')}]`);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) {
    // Only the keys: a value may be anything, for example a token.
    return cut(`an object with the keys ${Object.keys(value).slice(0, 8).join(', ') || '(none)'}`);
  }
  return cut(String(value));
}

/** What may be shown of a wrong secret: its type and length, never its content. */
export function showSecret(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} characters that is not shown`;
  return `of type ${value === null ? 'null' : typeof value} that is not shown`;
}

function cut(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
