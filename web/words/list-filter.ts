/** What the list of endpoints is filtered and sorted by, as the page's URL has it. Pure. */

/** The parts of a filter: names of the page's URL. `q`: what the reader typed. */
export const FILTER_NAMES = ['q', 'level', 'nat', 'online', 'group', 'version', 'grant', 'sort'] as const;

const GROUP = 'group:';
const ATTRIBUTE = 'attribute:';

/** A part of a filter. */
export type FilterName = (typeof FILTER_NAMES)[number];

/** A filter. A part that is empty does not matter. */
export type ListFilter = Readonly<Record<FilterName, string>>;

/** The filter in a URL's query. */
export function filterIn(query: string): ListFilter {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries(
    FILTER_NAMES.map((name) => [name, parameters.get(name) ?? '']),
  ) as unknown as ListFilter;
}

/** All endpoints. */
export const NO_FILTER = filterIn('');

/** `?q=api&level=orange`; empty for {@link NO_FILTER}. */
export function queryOf(filter: ListFilter): string {
  const query = new URLSearchParams(Object.entries(filter).filter(([, text]) => text !== '')).toString();
  return query === '' ? '' : `?${query}`;
}

/** Whether the filter may leave endpoints out. */
export function isFiltering({ sort: _, ...rest }: ListFilter): boolean {
  return Object.values(rest).some((text) => text.trim() !== '');
}

/** The API's parameters for a filter. */
export function apiParameters({ q, ...rest }: ListFilter): URLSearchParams {
  const parameters = new URLSearchParams(Object.entries(rest).filter(([, text]) => text !== ''));
  const search: string[] = [];
  /** By key, as an endpoint has them. */
  const attributes = new Map<string, string>();
  for (const word of wordsOf(q)) {
    // A label that is typed tells more than a choice, or a label, that was there before.
    if (word.startsWith(GROUP)) parameters.set('group', word.slice(GROUP.length));
    else if (word.includes('=')) attributes.set(attributeIn(word).replace(/=.*/s, ''), attributeIn(word));
    else search.push(word);
  }
  for (const attribute of attributes.values()) parameters.append('attribute', attribute);
  if (search.length > 0) parameters.set('search', search.join(' '));
  return parameters;
}

/** The group of an endpoint, as it is typed. */
export function groupLabel(group: string): string {
  return `${GROUP}${group}`;
}

/** An attribute of an endpoint, as it is typed. A key that begins like another word is told apart by one more. */
export function attributeLabel(key: string, value: string): string {
  const label = `${key}=${value}`;
  return label.startsWith(GROUP) || label.startsWith(ATTRIBUTE) ? `${ATTRIBUTE}${label}` : label;
}

function attributeIn(word: string): string {
  return word.startsWith(ATTRIBUTE) ? word.slice(ATTRIBUTE.length) : word;
}

/** What was typed, and a label of an endpoint that has to be found too. */
export function withLabel(q: string, label: string): string {
  if (wordsOf(q).includes(label)) return q;
  return `${q.trim()} ${quoted(label)}`.trim();
}

function quoted(label: string): string {
  return /[\s"\\]/.test(label) ? `"${label.replace(/["\\]/g, '\\$&')}"` : label;
}

/** Words, and texts in quotes. */
function wordsOf(q: string): string[] {
  return (q.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? [])
    .map((word) => (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word))
    .filter((word) => word !== '');
}
