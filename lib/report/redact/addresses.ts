import { isIP } from 'node:net';
import type { Pseudonyms } from './pseudonyms.js';

const HOST_PORT = /^(.+):(\d{1,5})$/;

/** Keeps the port; null: it is none. */
export function redactSocketAddress(text: string, pseudonyms: Pseudonyms): string | null {
  const [, host = '', port = ''] = HOST_PORT.exec(text) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  if (family === 0 || (family === 6) !== host.startsWith('[')) return null;
  const token = pseudonyms.ip(bare);
  return family === 6 ? `[${token}]:${port}` : `${token}:${port}`;
}

/** Keeps the port. */
export function redactHostPort(text: string, pseudonyms: Pseudonyms): string {
  const address = redactSocketAddress(text, pseudonyms);
  if (address !== null) return address;
  const [, host = text, port] = HOST_PORT.exec(text) ?? [];
  return `${pseudonyms.host(host)}${port === undefined ? '' : `:${port}`}`;
}

/** Scheme and port stay; user, path and query do not, whatever is in them. */
export function redactUrl(text: string, pseudonyms: Pseudonyms): string {
  if (!URL.canParse(text)) return pseudonyms.token('url', text);
  const { protocol, hostname, port, pathname, search, hash } = new URL(text);
  if (hostname === '') return pseudonyms.token('url', text);
  const rest = `${pathname.slice(1)}${search}${hash}`;
  const path = rest === '' ? '' : pseudonyms.token('path', rest);
  return `${protocol}//${pseudonyms.host(hostname)}${port === '' ? '' : `:${port}`}/${path}`;
}
