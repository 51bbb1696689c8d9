import { InvalidValue, type Row, type TextKind } from 'iroh-net-diagnostics/services';

/** Numbers by their names, `reports.days`. */
export type Numbers = Readonly<Record<string, number>>;

/** Numbers that have names: `sessions=10000,runs=100` in a text, a mapping in a file, also one inside another. */
export function numbers(rows: Readonly<Record<string, Row<number>>>, what: string): TextKind<Numbers> {
  const read = (name: string, value: unknown): [string, number] => {
    const row = Object.entries(rows).find(([known]) => known === name)?.[1];
    if (row === undefined)
      throw new InvalidValue(`${name} is no ${what}; there are ${Object.keys(rows).join(', ')}`);
    try {
      return [name, row.kind.fromValue(value)];
    } catch (error) {
      throw new InvalidValue(`${name} must be ${row.kind.should}`, { cause: error });
    }
  };
  return {
    should: 'name=number, or several with commas between them',
    fromText: (text) => {
      const pairs = text.split(',').map((pair) => {
        const [name = '', value = ''] = pair.trim().split('=');
        return read(name, /^\d{1,15}$/.test(value) ? Number(value) : value);
      });
      return Object.fromEntries(pairs);
    },
    fromValue: (value) => {
      if (!isMapping(value)) throw new InvalidValue();
      return Object.fromEntries(flat(value).map(([name, number]) => read(name, number)));
    },
  };
}

/** The defaults of such numbers, as one writes them behind a flag. */
export function defaultsOf(rows: Readonly<Record<string, Row<number>>>): string {
  return Object.entries(rows)
    .filter(([, row]) => row.default < Number.MAX_SAFE_INTEGER)
    .map(([name, row]) => `${name}=${row.default}`)
    .join(' ');
}

function flat(value: object): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]) =>
    isMapping(inner)
      ? Object.entries(inner).map(([second, number]): [string, unknown] => [`${name}.${second}`, number])
      : [[name, inner]],
  );
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
