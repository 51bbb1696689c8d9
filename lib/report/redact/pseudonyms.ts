import { isIP } from 'node:net';
import {
  canonicalIp,
  isPublicAddress,
  isSharedAddress,
  shortId,
  unmappedIp,
  withoutBrackets,
} from '../../wire/index.js';

/**
 * The tokens of one report. The same value always gets the same token; each kind is numbered in order of appearance.
 */
export class Pseudonyms {
  readonly #tokens = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #hosts = new Set<string>();
  /** Ids by their short form. */
  readonly #endpoints = new Map<string, string>();
  readonly #shortIds = new Set<string>();

  /** `kind-1`, `kind-2`… */
  token(kind: string, key: string): string {
    const id = `${kind} ${key}`;
    const known = this.#tokens.get(id);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const token = `${kind}-${count}`;
    this.#tokens.set(id, token);
    return token;
  }

  /** For an IP address in any spelling. An IPv4 address in IPv6 form counts as IPv4. */
  ip(text: string): string {
    const known = canonicalIp(text);
    if (known === null) return this.token('address', text);
    const canonical = unmappedIp(known);
    const family = isIP(canonical);
    const kind = isPublicAddress(canonical)
      ? 'public'
      : family === 4 && isSharedAddress(canonical)
        ? 'shared'
        : 'private';
    return this.token(`${kind}-ipv${family}`, canonical);
  }

  /** For an endpoint's id, or the short form of one; see {@link noteShortIds}. */
  endpoint(id: string): string {
    const key = id.toLowerCase();
    const short = shortId(key);
    const full = key === short ? this.#endpoints.get(short) : key;
    if (full !== undefined && key !== short) this.#endpoints.set(short, full);
    return this.token('endpoint', full ?? key);
  }

  /** Looks for short ids of peers where they can be told from other words, so that they are found anywhere. */
  noteShortIds(prose: string): void {
    for (const [, short = ''] of prose.matchAll(/\bpeer ([0-9a-f]{10})\b/g)) this.#shortIds.add(short);
  }

  /** Short ids that are known. */
  shortIds(): string[] {
    return [...new Set([...this.#shortIds, ...this.#endpoints.keys()])];
  }

  /** For a host name, or an IP address with or without brackets. A dot at the end stays. */
  host(text: string): string {
    const bare = withoutBrackets(text);
    if (isIP(bare) !== 0) return this.ip(bare);
    const name = bare.toLowerCase().replace(/\.$/, '');
    this.#hosts.add(name);
    // RFC 2606: nobody can ever own a name under .invalid, and a URL with it stays valid.
    return `${this.token('host', name)}.invalid${bare.endsWith('.') ? '.' : ''}`;
  }

  /** Names that were replaced so far, longest first. */
  hosts(): string[] {
    return [...this.#hosts].sort((a, b) => b.length - a.length);
  }
}

const HOST_PORT = /^(.+):(\d{1,5})$/;

/** Keeps the port. Null: not a socket address. */
export function redactSocketAddress(text: string, pseudonyms: Pseudonyms): string | null {
  const [, host = '', port = ''] = HOST_PORT.exec(text) ?? [];
  const bare = withoutBrackets(host);
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

/** Keeps scheme and port. User, path and query are always replaced. */
export function redactUrl(text: string, pseudonyms: Pseudonyms): string {
  if (!URL.canParse(text)) return pseudonyms.token('url', text);
  const { protocol, hostname, port, pathname, search, hash } = new URL(text);
  if (hostname === '') return pseudonyms.token('url', text);
  const rest = `${pathname.slice(1)}${search}${hash}`;
  const path = rest === '' ? '' : pseudonyms.token('path', rest);
  return `${protocol}//${pseudonyms.host(hostname)}${port === '' ? '' : `:${port}`}/${path}`;
}
