/**
 * An export as lines of JSON, in UTF-8: a head, the keys if they go along, then for each table a line with its columns and
 * one line for each row, and an end with counts and a hash. The page docs/guides/platform-data.md shows one.
 */
import { InvalidValue, NetDiagnosticsError, printable } from 'iroh-net-diagnostics/services';

const FORMAT = 'iroh-net-diagnostics-platform';
/** Goes up when an older program could misread a file. */
const FORMAT_VERSION = 1;
/** Bytes. The longest rows are schemas of metrics, of 1 MiB before JSON writes them as text. */
export const MAX_LINE = 16 * 1024 * 1024;

/** What a cell holds. Whole numbers are safe ones; bytes are hex text and documents JSON text, as in the tables. */
export type Cell = string | number | null;

/** The first line. It holds no secret. */
export interface Head {
  /** The number of the last migration that the rows have been through. */
  schema: number;
  /** Unix milliseconds. */
  exportedAt: number;
  /** Ids of the platform's identities, which API secrets name. */
  identities: readonly string[];
  projects: readonly string[];
  /** Whether the next line holds the secret keys of the identities. */
  hasKeys: boolean;
}

/** The secret key of each identity, as hex. */
export type Keys = ReadonlyMap<string, string>;

/** Some rows of one table. */
export interface Batch {
  table: string;
  columns: readonly string[];
  /** Cells in the order of the columns. */
  rows: readonly (readonly Cell[])[];
  /** The line of the first row, for messages; `null` when they do not come from a file. */
  line: number | null;
}

/** Everything that is in a store, to be read once and in order: a table's parents come before it. */
export interface Contents {
  head: Head;
  keys: Keys;
  /** Ends by itself, or throws: then what was read so far is not to be kept. */
  batches: AsyncIterable<Batch>;
}

/** The last line. */
export interface End {
  /** By table. */
  rows: Readonly<Record<string, number>>;
  /** Of all bytes before this line, in hex. */
  sha256: string;
}

export type Line =
  | { kind: 'table'; name: string; columns: readonly string[] }
  | { kind: 'row'; cells: readonly Cell[] }
  | { kind: 'end'; end: End };

export function formatHead({ schema, exportedAt, identities, projects, hasKeys }: Head): string {
  return JSON.stringify({
    ...{ format: FORMAT, version: FORMAT_VERSION, schema },
    ...{ exportedAt: new Date(exportedAt).toISOString(), identities, projects, keys: hasKeys },
  });
}

export function formatKeys(keys: Keys): string {
  return JSON.stringify({ keys: Object.fromEntries(keys) });
}

export function formatTable(name: string, columns: readonly string[]): string {
  return JSON.stringify({ table: name, columns });
}

export function formatRow(cells: readonly Cell[]): string {
  return JSON.stringify(cells);
}

export function formatEnd({ rows, sha256 }: End): string {
  return JSON.stringify({ end: true, rows, sha256 });
}

/** @throws InvalidValue, which says what is wrong with the line; `ERR_STORE` when a newer program wrote it */
export function parseHead(text: string): Head {
  const value = object(text);
  if (value.format !== FORMAT) throw new InvalidValue('it is no export of a platform');
  const version = whole(value, 'version');
  if (version > FORMAT_VERSION) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The file has version ${version} of the format, and this program knows ${FORMAT_VERSION}: use the version of the program that wrote it, or a newer one.`,
    );
  }
  const exportedAt = typeof value.exportedAt === 'string' ? Date.parse(value.exportedAt) : Number.NaN;
  if (!Number.isFinite(exportedAt)) throw new InvalidValue('exportedAt is no time');
  if (typeof value.keys !== 'boolean') throw new InvalidValue('keys is neither true nor false');
  return {
    schema: whole(value, 'schema'),
    exportedAt,
    identities: texts(value, 'identities'),
    projects: texts(value, 'projects'),
    hasKeys: value.keys,
  };
}

/** @throws InvalidValue, which repeats nothing of the line */
export function parseKeys(text: string): Keys {
  const { keys } = object(text);
  if (!isObject(keys)) throw new InvalidValue('it holds no keys, and the first line says so');
  return new Map(
    Object.entries(keys).map(([id, key]) => {
      if (typeof key !== 'string') throw new InvalidValue('a key is no text');
      return [id, key];
    }),
  );
}

/** Any other line. @throws InvalidValue */
export function parseLine(text: string): Line {
  const value = json(text);
  if (Array.isArray(value)) return { kind: 'row', cells: value.map(cell) };
  if (!isObject(value)) throw new InvalidValue('it is neither a row nor a table nor the end');
  if ('table' in value) {
    if (typeof value.table !== 'string') throw new InvalidValue('table is no text');
    return { kind: 'table', name: value.table, columns: texts(value, 'columns') };
  }
  if (value.end !== true) throw new InvalidValue('it is neither a row nor a table nor the end');
  if (!isObject(value.rows)) throw new InvalidValue('rows is no object');
  if (typeof value.sha256 !== 'string') throw new InvalidValue('sha256 is no text');
  const counts = value.rows;
  const rows = Object.fromEntries(Object.keys(counts).map((table) => [table, whole(counts, table)]));
  return { kind: 'end', end: { rows, sha256: value.sha256 } };
}

function cell(value: unknown, index: number): Cell {
  if (value === null || typeof value === 'string' || Number.isSafeInteger(value)) return value as Cell;
  throw new InvalidValue(`cell ${index + 1} is neither a text nor a whole number nor null`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause, which quotes the line: it may be the one with the keys.
    throw new InvalidValue('it is no JSON');
  }
}

function object(text: string): Record<string, unknown> {
  const value = json(text);
  if (isObject(value)) return value;
  throw new InvalidValue('it is no object');
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whole(value: Record<string, unknown>, name: string): number {
  const number = value[name];
  if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
  throw new InvalidValue(`${printable(name)} is no whole number`);
}

function texts(value: Record<string, unknown>, name: string): string[] {
  const list = value[name];
  if (Array.isArray(list) && list.every((text) => typeof text === 'string')) return list;
  throw new InvalidValue(`${name} is no list of texts`);
}
