/** Kinds of values that the platform's options take, by code and by configuration. */
import { isIPv4, isIPv6 } from 'node:net';
import {
  InvalidValue,
  listOf,
  oneOf,
  type TextKind,
  textKind,
  wholeNumber,
} from 'iroh-net-diagnostics/services';
import { isPostgresUrl } from './store/open-store.js';

const MIN_TOKEN_LENGTH = 32;

/** Any text but an empty one. @param should - what it is */
export function filled(should: string): TextKind<string> {
  return textKind(should, notEmpty);
}

export function identityCount(): TextKind<number> {
  return wholeNumber('a whole number', 1, 64);
}

export function network() {
  return oneOf('minimal', 'n0');
}

function notEmpty(text: string): string {
  if (text === '') throw new InvalidValue();
  return text;
}

export function database(): TextKind<string> {
  return textKind('postgres://user:password@host:port/name', (text) => {
    if (!isPostgresUrl(text)) throw new InvalidValue();
    return text;
  });
}

export function token(): TextKind<string> {
  return textKind(`${MIN_TOKEN_LENGTH} characters or more`, (text) => {
    if (text.length < MIN_TOKEN_LENGTH) throw new InvalidValue();
    return text;
  });
}

export function hostNames(): TextKind<readonly string[]> {
  const name = (value: unknown) => {
    if (typeof value !== 'string' || value === '') throw new InvalidValue();
    return value.toLowerCase();
  };
  return listOf('a list of host names', { fromText: name, fromValue: name });
}

export function hosts(): TextKind<readonly string[]> {
  const address = (value: unknown) => {
    if (typeof value !== 'string' || !(isIPv4(value) || isIPv6(value)))
      throw new InvalidValue('no IP address');
    return value;
  };
  return listOf(
    'one or two IP addresses, at most one per family',
    { fromText: address, fromValue: address },
    (all) => {
      if (all.length === 0 || all.length > new Set(all.map(isIPv4)).size) throw new InvalidValue();
    },
  );
}

/** The words that stand for ranges of addresses, as Fastify knows them. */
const RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** Addresses, ranges of them (`10.0.0.0/8`), and the words for usual ones. */
export function proxies(): TextKind<readonly string[]> {
  const range = (value: unknown) => {
    if (typeof value !== 'string') throw new InvalidValue('no text');
    const [address = '', bits, more] = value.split('/');
    const longest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
    if (RANGES.includes(value) || (longest > 0 && bits === undefined)) return value;
    if (longest === 0 || more !== undefined || !/^\d{1,3}$/.test(bits ?? '') || Number(bits) > longest)
      throw new InvalidValue('no IP address, and no range');
    // Then everybody could say where he comes from.
    if (Number(bits) === 0) throw new InvalidValue('that is everybody');
    return value;
  };
  return listOf('a list of IP addresses, ranges ("10.0.0.0/8"), or loopback, linklocal, uniquelocal', {
    fromText: range,
    fromValue: range,
  });
}

/** Where browsers find the dashboard: origin and path, with a slash at the end. */
export function publicUrl(): TextKind<string> {
  return textKind('an http:// or https:// URL without query, fragment and user', (text) => {
    if (!URL.canParse(text)) throw new InvalidValue();
    const { protocol, username, password, search, hash, origin, pathname } = new URL(text);
    const isPlain = username === '' && password === '' && search === '' && hash === '';
    if (!isPlain || (protocol !== 'https:' && protocol !== 'http:')) throw new InvalidValue();
    return `${origin}${pathname.endsWith('/') ? pathname : `${pathname}/`}`;
  });
}
