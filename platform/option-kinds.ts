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
