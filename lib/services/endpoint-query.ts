import { codeOf, NetDiagnosticsError } from '../errors.js';
import type { Attributes, EndpointId } from '../wire/index.js';
import { permitsDialBack } from './button-state.js';
import type { EndpointRecord, ProjectId } from './records.js';
import type { NatType, ReportLevel } from './witness/index.js';

/** Whether an endpoint can be dialled back: it has a grant, had one, or none. */
export type GrantState = 'granted' | 'expired' | 'none';

/** `recent`: online ones first, then who was seen last; `name`: those without a name first. */
export type EndpointSort = 'recent' | 'name';

/** Selects endpoints of a project. What is left out does not matter. */
export interface EndpointQuery {
  project: ProjectId;
  /**
   * Words, at most 16. Each has to be a part of the name or the beginning of the id; upper and lower case are alike.
   */
  search?: string | undefined;
  /** Exactly this name. */
  name?: string | undefined;
  /** These endpoints, at most {@link MAX_PAGE}. */
  ids?: readonly EndpointId[] | undefined;
  group?: string | undefined;
  /** Only endpoints that have all of these attributes with exactly these values. */
  attributes?: Attributes | undefined;
  /** The colour of the newest report; `none`: there is no report. */
  level?: ReportLevel | 'none' | undefined;
  natType?: NatType | undefined;
  /** The version of iroh in the newest report. */
  version?: string | undefined;
  isOnline?: boolean | undefined;
  grant?: GrantState | undefined;
  /** Default: `recent`. */
  sort?: EndpointSort | undefined;
  /** Where the last page ended: its `next`. */
  after?: string | undefined;
  /** A whole number from 1 to {@link MAX_PAGE}. Default: 50. */
  limit?: number | undefined;
}

/** A part of a list. */
export interface EndpointPage<T = EndpointRecord> {
  endpoints: T[];
  /** For the next page; `null`: this was the last. */
  next: string | null;
}

/** Endpoints of one page. */
export const MAX_PAGE = 500;
const DEFAULT_PAGE = 50;
/** Words of a search: each is looked for in every name. */
const MAX_WORDS = 16;

/** Where a page ended, in the order of its list. */
export type Position =
  | { sort: 'recent'; isOnline: boolean; lastSeenAt: number; id: string }
  | { sort: 'name'; nameKey: string; id: string };

/** What a store needs of a query's paging. @throws `ERR_SETTING` for a bad limit or cursor */
export function pageOf({ sort = 'recent', after, limit = DEFAULT_PAGE }: EndpointQuery): {
  sort: EndpointSort;
  limit: number;
  after: Position | null;
} {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw new NetDiagnosticsError('ERR_SETTING', `limit has to be a whole number from 1 to ${MAX_PAGE}.`);
  return { sort, limit, after: after === undefined ? null : positionIn(after, sort) };
}

/** What a search looks for. @throws `ERR_SETTING` for too many words */
export function searchWords({ search = '' }: Pick<EndpointQuery, 'search'>): string[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length <= MAX_WORDS) return words;
  throw new NetDiagnosticsError('ERR_SETTING', `search has to be at most ${MAX_WORDS} words.`);
}

/** The name as it is sorted and searched. */
export function nameKey(name: string | null): string {
  return (name ?? '').toLowerCase();
}

/** The cursor that stands for the endpoint at which a page ends. */
export function cursorAt({ isOnline, lastSeenAt, name, id }: EndpointRecord, sort: EndpointSort): string {
  const parts = sort === 'recent' ? ['r', Number(isOnline), lastSeenAt, id] : ['n', nameKey(name), id];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function positionIn(cursor: string, sort: EndpointSort): Position {
  const parts = partsOf(cursor);
  if (sort === 'recent' && parts.length === 4) {
    const [mark, isOnline, lastSeenAt, id] = parts;
    const isGood = mark === 'r' && (isOnline === 0 || isOnline === 1) && Number.isSafeInteger(lastSeenAt);
    if (isGood && isText(id)) return { sort, isOnline: isOnline === 1, lastSeenAt: Number(lastSeenAt), id };
  }
  if (sort === 'name' && parts.length === 3) {
    const [mark, key, id] = parts;
    if (mark === 'n' && isText(key) && isText(id)) return { sort, nameKey: key, id };
  }
  throw new NetDiagnosticsError('ERR_SETTING', 'after is no place in this list: begin with the first page.');
}

/** PostgreSQL takes no NUL. */
function isText(part: unknown): part is string {
  return typeof part === 'string' && !part.includes('\0');
}

function partsOf(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw new NetDiagnosticsError('ERR_SETTING', `after cannot be read (${codeOf(error)}).`, {
      cause: error,
    });
  }
}

/** The state of the grant that is shown. @param nowSeconds - unix seconds */
export function grantState({ grant }: Pick<EndpointRecord, 'grant'>, nowSeconds: number): GrantState {
  if (grant === null || !permitsDialBack(grant)) return 'none';
  return grant.expiresAt !== null && nowSeconds > grant.expiresAt ? 'expired' : 'granted';
}

/** Whether an endpoint is selected, wherever the page begins. @param nowSeconds - unix seconds */
export function isSelected(record: EndpointRecord, query: EndpointQuery, nowSeconds: number): boolean {
  const { name, ids, group, level, natType, version, isOnline, grant } = query;
  const facts = record.latestReport?.facts ?? null;
  // A `Map`, because every object also has inherited keys such as `constructor`.
  const said = new Map(Object.entries(record.attributes));
  return (
    record.project === query.project &&
    searchWords(query).every((word) => isFound(record, word)) &&
    (name === undefined || record.name === name) &&
    (ids === undefined || ids.includes(record.id)) &&
    (group === undefined || record.group === group) &&
    Object.entries(query.attributes ?? {}).every(([key, value]) => said.get(key) === value) &&
    (level === undefined || (facts?.level ?? 'none') === level) &&
    (natType === undefined || facts?.natType === natType) &&
    (version === undefined || facts?.irohVersion === version) &&
    (isOnline === undefined || record.isOnline === isOnline) &&
    (grant === undefined || grantState(record, nowSeconds) === grant)
  );
}

function isFound({ name, id }: EndpointRecord, word: string): boolean {
  return nameKey(name).includes(word) || id.startsWith(word);
}
