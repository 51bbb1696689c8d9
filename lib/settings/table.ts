import { InvalidValue } from '../wire/index.js';
import type { Kind } from './kind.js';
import { nearest } from './nearest.js';
import { show, showSecret } from './show.js';

/** One row of a table of options. `T`: the checked value; `D`: the value when none is given. */
export interface Row<T, D = T> {
  readonly kind: Kind<T>;
  readonly default: D;
  /** Whether leaving it out is an error. */
  readonly isNeeded?: boolean;
  /** A secret's value is never shown. */
  readonly isSecret?: boolean;
}

/** Options by their names. */
export type Table = Readonly<Record<string, Row<unknown, unknown>>>;

/** The values of a table's options after reading. */
export type Values<T extends Table> = {
  -readonly [Name in keyof T]: T[Name] extends Row<infer V, infer D> ? V | D : never;
};

/** An option that may be left out. */
export function option<T, const D>(kind: Kind<T>, value: D): Row<T, D> {
  return { kind, default: value };
}

/** An option that has to be given. */
export function needed<T>(kind: Kind<T>): Row<T, never> {
  return { kind, default: undefined as never, isNeeded: true };
}

/** One option of a table is wrong. */
export class InvalidField extends InvalidValue {
  /** The name of the option within its table: `port`, `tls.key`. */
  readonly path: string;
  /** Completes the sentence "The setting `x` …". */
  readonly problem: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path} ${problem.replace(/\.$/, '')}`, options);
    this.path = path;
    this.problem = problem;
  }
}

/**
 * Reads the options that `given` holds. `undefined` counts as not given, `null` as "none".
 * @throws {@link InvalidField}
 */
export function readTable<T extends Table>(table: T, given: object): Values<T> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(table, name));
  if (unknown !== undefined) throw new InvalidField(unknown, unknownProblem(unknown, Object.keys(table)));
  const values = Object.entries(table).map(([name, row]) => [
    name,
    readRow(name, row, (given as Record<string, unknown>)[name]),
  ]);
  return Object.fromEntries(values) as Values<T>;
}

/** One row of `readTable`. */
export function readRow<T, D>(name: string, row: Row<T, D>, given: unknown): T | D {
  if (given !== undefined && given !== null) {
    return reading(name, row, given, () => row.kind.fromValue(given));
  }
  if (row.isNeeded === true) throw new InvalidField(name, `is missing; it must be ${row.kind.should}.`);
  return row.default;
}

/** Does `read`. When it refuses `given`, the error says what `given` was and what it must be. */
export function reading<T>(name: string, row: Row<unknown, unknown>, given: unknown, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidField) {
      throw new InvalidField(`${name}.${error.path}`, error.problem, { cause: error.cause });
    }
    if (!(error instanceof InvalidValue)) throw error;
    const was = row.isSecret === true ? showSecret(given) : show(given);
    const detail = error.detail === null ? '' : ` (${error.detail})`;
    const options = error.cause === undefined ? undefined : { cause: error.cause };
    throw new InvalidField(name, `was ${was}${detail}; it must be ${row.kind.should}.`, options);
  }
}

/** What an error says of an unknown option. */
export function unknownProblem(name: string, names: readonly string[]): string {
  // `stunServers` is too far from `stun` for `nearest`, but clearly means it.
  const meant =
    nearest(name, names) ??
    names.find((known) => name.startsWith(known) && /[A-Z]/.test(name.charAt(known.length)));
  const hint = meant === undefined ? `The options are ${names.join(', ')}.` : `Did you mean \`${meant}\`?`;
  return `is not known. ${hint}`;
}

/** An object of options. `readTable` reads it, so that an error names the wrong field. */
export function group<T extends Table>(should: string, table: T): Kind<Values<T>> {
  return {
    should,
    fromValue: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidValue();
      return readTable(table, value);
    },
  };
}
