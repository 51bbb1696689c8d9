import { InvalidValue } from '../wire/index.js';

/** Which values one setting takes. */
export interface Kind<T> {
  /** Completes "it must be …". */
  readonly should: string;
  /** Reads the text of an environment variable (trimmed, not empty). Without this method only code can give the setting. */
  fromText?(text: string): T;
  /** Checks an option's value (neither `undefined` nor `null`). Throws {@link InvalidValue}. */
  fromValue(value: unknown): T;
}

/** A kind that can be read from a text. */
export interface TextKind<T> extends Kind<T> {
  fromText(text: string): T;
}

/** A text that `check` reads, from an option or from a variable. */
export function textKind<T>(should: string, check: (text: string) => T): TextKind<T> {
  const fromValue = (value: unknown) => {
    if (typeof value !== 'string') throw new InvalidValue();
    return check(value);
  };
  return { should, fromText: check, fromValue };
}

/** `true` or `false`; in a variable also `1` and `0`, and no other words. */
export function flag(): TextKind<boolean> {
  return {
    should: 'true or false (in a variable also 1 or 0)',
    fromText: (text) => {
      if (text === 'true' || text === '1') return true;
      if (text === 'false' || text === '0') return false;
      throw new InvalidValue();
    },
    fromValue: (value) => {
      if (typeof value !== 'boolean') throw new InvalidValue();
      return value;
    },
  };
}

/** A whole number from `min` to `max`; errors call it `what`. With `zero`, 0 is allowed too, and `zero` says what it means. */
export function wholeNumber(what: string, min: number, max: number, zero?: string): TextKind<number> {
  const check = (value: number) => {
    const allowed =
      Number.isInteger(value) && ((value >= min && value <= max) || (zero !== undefined && value === 0));
    if (!allowed) throw new InvalidValue();
    return value;
  };
  const range = `${what} from ${min} to ${max}`;
  return {
    should: zero === undefined ? range : `${range}, or 0 (${zero})`,
    fromText: (text) => {
      // Number() alone would take '0x10', '1e3' and ' '.
      if (!/^\d{1,15}$/.test(text)) throw new InvalidValue();
      return check(Number(text));
    },
    fromValue: (value) => {
      if (typeof value !== 'number') throw new InvalidValue();
      return check(value);
    },
  };
}

/** A whole number of milliseconds from `min` to `max`. With `zero`, 0 is allowed too, and `zero` says what it means. */
export function milliseconds(min: number, max: number, zero?: string): TextKind<number> {
  return wholeNumber('a whole number of milliseconds', min, max, zero);
}

/** A port of TCP or UDP. With `min` 0, port 0 is allowed and means any port. */
export function port(min: 0 | 1 = 0): TextKind<number> {
  return wholeNumber('a port', min, 65_535);
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): TextKind<T> {
  const should = words.map((word) => `"${word}"`).join(' or ');
  return textKind(should, (text) => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new InvalidValue();
    return found;
  });
}

/** A list; in a variable its entries are separated by commas. `join` checks the whole list. */
export function listOf<T>(
  should: string,
  entry: { fromText(text: string): T; fromValue(value: unknown): T },
  join: (entries: readonly T[]) => void = () => {},
): TextKind<readonly T[]> {
  const read = <V>(values: readonly V[], one: (value: V) => T) => {
    const entries = values.map((value, i) => {
      try {
        return one(value);
      } catch (error) {
        const detail = error instanceof InvalidValue ? error.detail : null;
        throw new InvalidValue(`entry ${i + 1} of ${values.length}${detail === null ? '' : `: ${detail}`}`, {
          cause: error,
        });
      }
    });
    join(entries);
    return entries;
  };
  return {
    should,
    fromText: (text) =>
      read(
        text.split(',').map((part) => part.trim()),
        entry.fromText,
      ),
    fromValue: (value) => {
      if (!Array.isArray(value)) throw new InvalidValue();
      return read(value as readonly unknown[], entry.fromValue);
    },
  };
}

/**
 * A function that the caller gives.
 * @typeParam F - its parameters and result
 */
export function callback<F extends (...args: never[]) => unknown>(): Kind<F> {
  return {
    should: 'a function',
    fromValue: (value) => {
      if (typeof value !== 'function') throw new InvalidValue();
      return value as F;
    },
  };
}

/** Any object. Its content is checked when it is used. */
export function anObject<T extends object>(): Kind<T> {
  return {
    should: 'an object',
    fromValue: (value) => {
      if (typeof value !== 'object' || value === null) throw new InvalidValue();
      return value as T;
    },
  };
}

/** An object that has these methods. */
export function objectWith<T>(should: string, ...methods: readonly string[]): Kind<T> {
  return {
    should,
    fromValue: (value) => {
      if (!hasMethods(value, ...methods)) throw new InvalidValue();
      return value as T;
    },
  };
}

/** Whether `value` is an object with all of these methods. Not `instanceof`: another copy of a package may have made it. */
export function hasMethods(value: unknown, ...methods: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
}
