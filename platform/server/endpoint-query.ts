import {
  type EndpointId,
  type EndpointQuery,
  type EndpointSort,
  type GrantState,
  MAX_PAGE,
  type NatType,
  printable,
  type ReportLevel,
} from 'iroh-net-diagnostics/services';
import { MAX_CURSOR, MAX_QUERY_ATTRIBUTES, MAX_QUERY_IDS, MAX_QUERY_TEXT } from './constants.js';
import { HttpError } from './http-error.js';
import { idIn } from './id-in.js';

type Selection = Omit<EndpointQuery, 'project'>;

const LEVELS: readonly (ReportLevel | 'none')[] = ['green', 'orange', 'grey', 'none'];
const NAT_TYPES: readonly NatType[] = ['Endpoint-Independent', 'Endpoint-Dependent', 'Unknown'];
const GRANTS: readonly GrantState[] = ['granted', 'expired', 'none'];
const SORTS: readonly EndpointSort[] = ['recent', 'name'];

/** How each parameter is read. @throws HttpError with its name */
const READERS: { readonly [name: string]: (values: readonly string[], name: string) => Selection } = {
  search: (values, name) => ({ search: oneText(values, name) }),
  name: (values, name) => ({ name: oneText(values, name) }),
  ids: (values, name) => ({ ids: idsIn(one(values, name), name) }),
  group: (values, name) => ({ group: oneText(values, name) }),
  attribute: (values, name) => ({ attributes: attributesIn(values, name) }),
  level: (values, name) => ({ level: oneOf(LEVELS, values, name) }),
  nat: (values, name) => ({ natType: oneOf(NAT_TYPES, values, name) }),
  version: (values, name) => ({ version: oneText(values, name) }),
  online: (values, name) => ({ isOnline: oneOf(['true', 'false'], values, name) === 'true' }),
  grant: (values, name) => ({ grant: oneOf(GRANTS, values, name) }),
  sort: (values, name) => ({ sort: oneOf(SORTS, values, name) }),
  after: (values, name) => ({ after: oneText(values, name, MAX_CURSOR) }),
  limit: (values, name) => ({ limit: wholeNumber(one(values, name), name, MAX_PAGE) }),
};

/**
 * Which endpoints a URL asks for: `?group=staging&attribute=region=eu&attribute=tier=&limit=100`.
 * @throws HttpError 400 with the name of the parameter that is wrong, unknown or there twice
 */
export function endpointQueryIn(url: string): Selection {
  const parameters = parametersOf(url);
  const parts = [...new Set(parameters.keys())].map((name) => {
    if (!Object.hasOwn(READERS, name)) {
      throw new HttpError(
        400,
        `${printable(name, 40)} is no parameter: ${Object.keys(READERS).join(', ')} are.`,
      );
    }
    return READERS[name]?.(parameters.getAll(name), name);
  });
  return Object.assign({}, ...parts);
}

/** The parameters of a request's URL. */
export function parametersOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
}

/** @throws HttpError 400 */
export function wholeNumber(text: string, name: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) {
    throw new HttpError(400, `${name} has to be a whole number from 1 to ${most}.`);
  }
  return number;
}

function one([value = '', ...others]: readonly string[], name: string): string {
  if (others.length > 0) throw new HttpError(400, `${name} can be given once.`);
  return value;
}

function oneText(values: readonly string[], name: string, most = MAX_QUERY_TEXT): string {
  return checkedText(one(values, name), name, most);
}

/** PostgreSQL keeps no NUL, and no name has one that could be found. */
function checkedText(text: string, name: string, most = MAX_QUERY_TEXT): string {
  if (text.length > most || text.includes('\0')) {
    throw new HttpError(400, `${name} has to be a text of at most ${most} characters, without NUL.`);
  }
  return text;
}

function oneOf<T extends string>(all: readonly T[], values: readonly string[], name: string): T {
  const text = one(values, name);
  const known = all.find((value) => value === text);
  if (known === undefined)
    throw new HttpError(400, `${name} has to be ${all.join(', ').replace(/, (?=[^,]*$)/, ' or ')}.`);
  return known;
}

function attributesIn(values: readonly string[], name: string): Record<string, string> {
  if (values.length > MAX_QUERY_ATTRIBUTES) {
    throw new HttpError(400, `${name} can be given at most ${MAX_QUERY_ATTRIBUTES} times.`);
  }
  const pairs = values.map((text): [string, string] => {
    const at = checkedText(text, name).indexOf('=');
    if (at < 0) throw new HttpError(400, `${name} has to be key=value.`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) {
    throw new HttpError(400, `${name} can be given once for each key.`);
  }
  return Object.fromEntries(pairs);
}

function idsIn(text: string, name: string): EndpointId[] {
  const ids = text.split(',');
  const should = `${name} has to be at most ${MAX_QUERY_IDS} ids of endpoints, with commas between them.`;
  if (ids.length > MAX_QUERY_IDS) throw new HttpError(400, should);
  return ids.map((id) => idIn(id, 400, should));
}
