import {
  addressIn,
  NetDiagnosticsError,
  parseEndpointId,
  printable,
  SecretKey,
} from 'iroh-net-diagnostics/services';
import { MIGRATIONS } from '../store/migrations/index.js';
import { type Column, catalogueOf, type TableInfo } from './catalogue.js';
import { type Batch, type Cell, type Contents, isObject } from './format.js';

/** Returns why a text cannot be there; `null` when it can. */
type Check = (text: string) => string | null;

/** What the store trusts of its own rows, because it was checked before it was stored: `table.column`, or any table's. */
const CHECKS: Readonly<Record<string, Check>> = {
  'identities.id': isId,
  'api_secrets.key_id': isId,
  'endpoints.id': isId,
  'endpoints.issuer': isId,
  // Earlier versions took shorter ones.
  'reports.id': (text) => (/^[0-9a-f]{1,20}$/.test(text) ? null : 'is no id of a report'),
  'grants.token': (text) => (/^(?:[0-9a-f]{2})*$/.test(text) ? null : 'is no hex'),
  identity: (text) => (text === '' ? null : isId(text)),
  attributes: json('object of texts', (value) => isObject(value) && Object.values(value).every(isText)),
  address: json(
    'address',
    (value) => isObject(value) && isListOf(value.relayUrls, isText) && isListOf(value.directAddrs, isObject),
  ),
  'audit.detail': json('object', isObject),
  report: json('object', isObject),
  seen_path: (text) => (text === 'direct' || text === 'relay' ? null : 'is neither direct nor relay'),
  seen_address: (text) => (isSeen(text) ? null : 'is no IP address with a port'),
  schema_json: json('schema of metrics', (value) => isObject(value) && isListOf(value.items, isObject)),
  values_json: json('list', (value) => isListOf(value, isObject)),
};

/**
 * The contents of a foreign file, held against the tables of their version before they are used.
 * @returns the same contents; their batches throw `ERR_STORE`, which names the line
 * @throws `ERR_STORE` when the first lines are not right
 */
export async function checked(contents: Contents): Promise<Contents> {
  const { head, keys, batches } = contents;
  for (const id of head.identities) if (isId(id) !== null) throw wrong('Line 1', `an identity ${isId(id)}`);
  for (const [id, key] of keys) {
    if (!head.identities.includes(id) || idOf(key) !== id)
      throw wrong('Line 2', `the key of ${printable(id)} is not that of an identity of line 1`);
  }
  // A newer one is refused where the rows are written, in better words.
  const catalogue = await catalogueOf(Math.min(head.schema, MIGRATIONS.length));
  return { head, keys, batches: checkedBatches(batches, catalogue) };
}

async function* checkedBatches(
  batches: AsyncIterable<Batch>,
  catalogue: readonly TableInfo[],
): AsyncGenerator<Batch> {
  let name: string | null = null;
  let checks: readonly CellCheck[] = [];
  for await (const batch of batches) {
    const line = batch.line ?? 0;
    if (batch.table !== name) checks = cellChecks(batch, catalogue, `Line ${line - 1}`);
    name = batch.table;
    for (const [index, row] of batch.rows.entries()) {
      for (const [column, check] of checks.entries()) {
        const fault = check(row[column] ?? null);
        if (fault === null) continue;
        throw wrong(`Line ${line + index}`, `${batch.columns[column]} of ${batch.table} ${fault}`);
      }
    }
    yield batch;
  }
}

type CellCheck = (cell: Cell) => string | null;

function cellChecks(batch: Batch, catalogue: readonly TableInfo[], where: string): CellCheck[] {
  const table = catalogue.find(({ name, goesAlong }) => goesAlong && name === batch.table);
  if (table === undefined) throw wrong(where, `there is no table ${printable(batch.table)}`);
  if (new Set(batch.columns).size < batch.columns.length) throw wrong(where, 'a column stands in it twice');
  return batch.columns.map((name) => {
    const column = table.columns.find((one) => one.name === name);
    if (column === undefined) throw wrong(where, `the table ${table.name} has no column ${printable(name)}`);
    return cellCheck(column, CHECKS[`${table.name}.${name}`] ?? CHECKS[name] ?? null);
  });
}

function cellCheck({ holds, isNullable }: Column, check: Check | null): CellCheck {
  return (cell) => {
    if (cell === null) return isNullable ? null : 'is missing';
    if (typeof cell !== (holds === 'text' ? 'string' : 'number')) return `holds no ${holds}`;
    if (typeof cell === 'number') return null;
    if (cell.includes('\0')) return 'holds a NUL character, which not every database can keep';
    return check?.(cell) ?? null;
  };
}

function isId(text: string): string | null {
  try {
    return parseEndpointId(text) === text ? null : 'is no endpoint id as we write it';
  } catch {
    return 'is no endpoint id';
  }
}

function idOf(key: string): string | null {
  try {
    return SecretKey.fromBytes(new Uint8Array(Buffer.from(key, 'hex'))).id;
  } catch {
    return null;
  }
}

/** Text that stands for a document which the pages can read. */
function json(what: string, isRight: (value: unknown) => boolean): Check {
  return (text) => {
    try {
      return isRight(JSON.parse(text)) ? null : `is no ${what}`;
    } catch {
      return 'is no JSON';
    }
  };
}

function isListOf(value: unknown, isRight: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isRight);
}

function isSeen(address: string): boolean {
  const where = {
    path: 'direct',
    relayPath: null,
    relaysAreElsewhere: false,
    othersAreDirect: false,
  } as const;
  return addressIn({ ...where, address }) !== null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function wrong(where: string, why: string): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_STORE', `${where}: ${why}.`);
}
