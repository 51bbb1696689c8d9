/** Kinds of settings that say who this endpoint is and what it may do. Their values are secrets, or `lib/wire` checks them. */
import { messageOf } from '../errors.js';
import { hasMethods, type Kind, type TextKind, textKind } from '../settings/index.js';
import {
  ApiSecret,
  type Attributes,
  attributesFault,
  InvalidValue,
  nameFault,
  SecretKey,
} from '../wire/index.js';

/** An API secret, as text or parsed. An empty text, also in quotes, means none. */
export function apiSecret(): Kind<ApiSecret | null> {
  const fromText = (text: string) => {
    try {
      return ApiSecret.read(text);
    } catch (error) {
      throw new InvalidValue(whyMalformed(error), { cause: error });
    }
  };
  return {
    should: 'the text that begins with "services", as the dashboard shows it',
    fromText,
    fromValue: (value) => {
      if (value instanceof ApiSecret) return value;
      if (typeof value === 'string') return fromText(value);
      // Parsed by another copy of this package.
      if (hasMethods(value, 'reveal')) return fromText((value as ApiSecret).reveal());
      throw new InvalidValue();
    },
  };
}

/** What is wrong with an API secret, without its text and without advice: the error of the setting adds that. */
export function whyMalformed(error: unknown): string {
  const [why = ''] = messageOf(error).split(/\.? Copy it again/);
  return why.replace(/^The API secret is malformed: /, '');
}

/** A secret key: text, bytes, or an object with `toBytes()` (the binding's `SecretKey` is one). */
export function secretKey(): Kind<SecretKey> {
  return {
    should: '64 hex digits, 52 characters of base32, or 32 bytes',
    fromText: parseKey,
    fromValue: (value) => {
      if (value instanceof SecretKey) return value;
      if (typeof value === 'string') return parseKey(value);
      if (hasMethods(value, 'toBytes')) return keyOf((value as { toBytes(): ArrayLike<number> }).toBytes());
      if (value instanceof Uint8Array) return keyOf(value);
      throw new InvalidValue();
    },
  };
}

function parseKey(text: string): SecretKey {
  try {
    return SecretKey.parse(text);
  } catch (error) {
    throw new InvalidValue(null, { cause: error });
  }
}

function keyOf(bytes: ArrayLike<number>): SecretKey {
  try {
    return SecretKey.fromBytes(Uint8Array.from(bytes));
  } catch (error) {
    throw new InvalidValue(`it has ${bytes.length} bytes`, { cause: error });
  }
}

/** The name of an endpoint, or of its group. */
export function endpointName(): Kind<string> {
  return textKind('2 to 128 bytes of UTF-8', (text) => {
    // A secret in the wrong variable would be shown to everybody who sees the dashboard.
    if (isApiSecret(text)) throw new InvalidValue('it is an API secret');
    // A lone surrogate would silently turn into U+FFFD on the wire.
    if (Buffer.from(text).toString() !== text) throw new InvalidValue('it holds half a surrogate pair');
    if (nameFault(text) !== null) throw new InvalidValue(`it has ${Buffer.byteLength(text)} bytes`);
    return text;
  });
}

/** An endpoint's attributes: an object; in a variable `key=value,key=value`. */
export function attributes(): Kind<Attributes> {
  return {
    should:
      'an object of texts (in a variable "key=value,key=value"): keys of 2 to 128 bytes, at most 128 of them',
    fromText: (text) => {
      const entries = text.split(',').map((part, index): [string, string] => {
        const at = part.indexOf('=');
        if (at < 0) throw new InvalidValue(`entry ${index + 1} has no "="`);
        return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
      });
      if (new Set(entries.map(([key]) => key)).size < entries.length)
        throw new InvalidValue('a key stands in it twice');
      return checkedAttributes(Object.fromEntries(entries));
    },
    fromValue: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidValue();
      return checkedAttributes(value);
    },
  };
}

function checkedAttributes(value: object): Attributes {
  const entries = Object.entries(value).map(([key, text]: [string, unknown], index): [string, string] => {
    if (typeof text !== 'string') throw new InvalidValue(`attribute ${index + 1} is no text`);
    // A secret here would be shown to everybody who sees the dashboard.
    if (isApiSecret(text)) throw new InvalidValue(`attribute ${index + 1} is an API secret`);
    return [key, text];
  });
  const checked = Object.fromEntries(entries);
  const fault = attributesFault(checked);
  if (fault !== null) throw new InvalidValue(fault);
  return checked;
}

function isApiSecret(text: string): boolean {
  try {
    return ApiSecret.read(text) !== null;
  } catch {
    return false;
  }
}

function isSecretKey(text: string): boolean {
  try {
    SecretKey.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A path. Whether the file exists is not checked. */
export function filePath(): TextKind<string> {
  return textKind('the path of a file', (text) => {
    if (text.includes('\0')) throw new InvalidValue();
    // A file with that name would be made, and its path would be logged.
    if (isApiSecret(text) || isSecretKey(text))
      throw new InvalidValue('it is a secret, not the path of its file');
    return text;
  });
}
