/** Content negotiation (RFC 9110, section 12.5.1). */

interface Range {
  type: string;
  /** Sorted `name=value` pairs, in lower case. */
  parameters: readonly string[];
  q: number;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const RANGE = new RegExp(`^(${TOKEN}/${TOKEN})$`);
/** 0 to 1, with up to three digits after the point. */
const Q = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;
/** Further ranges are ignored; no program sends so many. */
const MAX_RANGES = 64;

/**
 * The type to which `accept` gives the highest quality; of equals, the first. `null` when it allows none of `types`.
 * @param accept - the header; when it is absent, empty or unreadable, it allows every type
 * @param types - media types with or without parameters, the preferred one first
 */
export function chooseType<T extends string>(accept: string | undefined, types: readonly T[]): T | null {
  const ranges = (accept ?? '')
    .split(',', MAX_RANGES)
    .map(parseRange)
    .filter((range) => range !== null);
  if (ranges.length === 0) return types[0] ?? null;
  let best: { type: T; q: number } | null = null;
  for (const type of types) {
    const q = qualityOf(type, ranges);
    if (q > (best?.q ?? 0)) best = { type, q };
  }
  return best?.type ?? null;
}

function parseRange(text: string): Range | null {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim().toLowerCase());
  if (!RANGE.test(type) || (type.startsWith('*/') && type !== '*/*')) return null;
  // Parameters after `q` belong to the header, not to the media type.
  const at = rest.findIndex((part) => part.startsWith('q='));
  const parameters = at < 0 ? rest : rest.slice(0, at);
  const q = at < 0 ? '1' : (rest[at]?.slice(2) ?? '');
  if (!Q.test(q)) return null;
  return { type, parameters: parameters.filter((part) => part !== ''), q: Number(q) };
}

/** The quality in the most specific range that matches; 0 when none does. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const [essence = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const family = essence.slice(0, essence.indexOf('/'));
  let best = { specificity: -1, q: 0 };
  for (const range of ranges) {
    if (!range.parameters.every((parameter) => parameters.includes(parameter))) continue;
    const precision = [`*/*`, `${family}/*`, essence].indexOf(range.type);
    if (precision < 0) continue;
    const specificity = precision * MAX_RANGES + range.parameters.length;
    if (specificity > best.specificity) best = { specificity, q: range.q };
  }
  return best.q;
}
