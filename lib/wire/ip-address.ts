import { isIPv4, isIPv6 } from 'node:net';
import { WireError } from './wire-error.js';

/** The 4 octets of a dotted IPv4 address, or null. Leading zeros are refused, because some readers take them as octal. */
export function ipv4ToBytes(text: string): Uint8Array | null {
  return isIPv4(text) ? Uint8Array.from(text.split('.'), Number) : null;
}

export function ipv4FromBytes(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** The 16 octets of an IPv6 address in any of its spellings (without zone), or null. */
export function ipv6ToBytes(text: string): Uint8Array | null {
  if (!isIPv6(text) || text.includes('%')) return null;
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const middle = new Array<number>(8 - left.length - right.length).fill(0);
  return Uint8Array.from([...left, ...middle, ...right].flatMap((group) => [group >> 8, group & 0xff]));
}

/** RFC 5952, with IPv4-mapped addresses in mixed notation: the same text as Rust's. */
export function ipv6FromBytes(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2));
  if (parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff) {
    return `::ffff:${ipv4FromBytes(bytes.subarray(12))}`;
  }
  const hex = (from: number, to: number) =>
    parts
      .slice(from, to)
      .map((part) => part.toString(16))
      .join(':');
  const run = longestZeroRun(parts);
  if (run.length < 2) return hex(0, 8);
  return `${hex(0, run.start)}::${hex(run.start + run.length, 8)}`;
}

/**
 * An IP address from its 4 or 16 octets, in canonical text.
 * @throws {@link WireError} for another number of octets
 */
export function ipFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return ipv4FromBytes(bytes);
  if (bytes.length === 16) return ipv6FromBytes(bytes);
  throw new WireError('ip', 0, `an IP address has 4 or 16 bytes, not ${bytes.length}`);
}

/** The canonical text of an IP address in any spelling; null when the text is no IP address. A zone (`%2`) is dropped. */
export function canonicalIp(text: string): string | null {
  const [bare = ''] = text.split('%');
  const bytes = ipv4ToBytes(text) ?? ipv6ToBytes(bare);
  return bytes === null ? null : ipFromBytes(bytes);
}

/** `::ffff:a.b.c.d`, as a socket of both families shows IPv4, as plain IPv4 (RFC 4291, section 2.5.5.2); others unchanged. */
export function unmappedIp(ip: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip;
}

/**
 * The network that an address is of, for counting who comes: who has one IPv6 address has the 2^64 of its network, and many
 * machines take a new one each day. An IPv4 address is its own. Whatever is no address stays as it is.
 */
export function networkOf(ip: string): string {
  const address = unmappedIp(canonicalIp(ip) ?? ip);
  const bytes = ipv6ToBytes(address);
  return bytes === null ? address : ipv6FromBytes(bytes.fill(0, 8));
}

/** A host as it is written in a URL or before a port: an IPv6 address gets brackets. */
export function withBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** A host without the brackets that an IPv6 address has in a URL. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    const octets = ipv4ToBytes(group);
    if (octets === null) return [Number.parseInt(group, 16)];
    const view = new DataView(octets.buffer);
    return [view.getUint16(0), view.getUint16(2)];
  });
}

/** The first of the longest runs of zero groups. */
function longestZeroRun(parts: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let current = { start: 0, length: 0 };
  for (const [index, part] of parts.entries()) {
    if (part !== 0) current = { start: index + 1, length: 0 };
    else current = { start: current.start, length: current.length + 1 };
    if (current.length > best.length) best = current;
  }
  return best;
}
