import { ipFromBytes, ipv4ToBytes, ipv6ToBytes, unmappedIp, withBrackets } from './ip-address.js';
import { MAX_U16 } from './limits.js';
import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { encodeError, WireError } from './wire-error.js';

/** An IP address with a port. */
export interface SocketAddr {
  family: 4 | 6;
  /** In canonical text (RFC 5952), without a zone. */
  ip: string;
  /** 0 to 65535. */
  port: number;
}

/** A local address as options take it, in object form. */
export interface BindAddrOption {
  ip: string;
  /** 0: any port. */
  port: number;
}

/** Where to listen: at most one address per family, or `loopback` for `127.0.0.1` and, if the machine has it, `::1`. */
export type BindAddrs = 'loopback' | readonly SocketAddr[];

// A zone (`%2`) is accepted and dropped: it has a meaning on one machine only, and the wire format has no field for it.
const V6_FORM = /^\[([0-9a-f:.]+)(?:%[\w.-]+)?\]:(\d{1,5})$/i;
const V4_FORM = /^([\d.]+):(\d{1,5})$/;

/**
 * Reads `1.2.3.4:5` or `[::1]:5`.
 * @throws {@link WireError} for anything else
 */
export function parseSocketAddr(text: string): SocketAddr {
  const v6 = V6_FORM.exec(text);
  const match = v6 ?? V4_FORM.exec(text);
  const family = v6 === null ? 4 : 6;
  const bytes = match === null ? null : ipToBytes(family, match[1] ?? '');
  const port = Number(match?.[2]);
  if (bytes === null || !(port <= MAX_U16)) {
    throw new WireError('socketAddr', 0, "a socket address is written '1.2.3.4:5' or '[::1]:5'");
  }
  return { family, ip: ipFromBytes(bytes), port };
}

/** `1.2.3.4:5` or `[::1]:5`. */
export function formatSocketAddr(addr: SocketAddr): string {
  return `${withBrackets(addr.ip)}:${addr.port}`;
}

/**
 * A socket address from an IP address in any spelling and a port. A zone is dropped.
 * @throws {@link WireError} when `ip` is no IP address or `port` no port
 */
export function socketAddr(ip: string, port: number): SocketAddr {
  return parseSocketAddr(`${withBrackets(ip)}:${port}`);
}

/** The same address; an IPv4-mapped IPv6 address becomes IPv4, see {@link unmappedIp}. */
export function unmapped(addr: SocketAddr): SocketAddr {
  const ip = unmappedIp(addr.ip);
  return ip === addr.ip ? addr : { family: 4, ip, port: addr.port };
}

/** The order of Rust's `SocketAddr`: IPv4 first, then by address, then by port, both as numbers. */
export function compareSocketAddr(a: SocketAddr, b: SocketAddr): number {
  return a.family - b.family || Buffer.compare(addrBytes(a), addrBytes(b)) || a.port - b.port;
}

/** Writes a tag for the family, then the address. */
export function writeSocketAddr(writer: PostcardWriter, addr: SocketAddr): void {
  writer.variant(addr.family === 4 ? 0 : 1);
  writeUntaggedSocketAddr(writer, addr, addr.family);
}

/** Writes the address without a tag, where the family is fixed. */
export function writeUntaggedSocketAddr(writer: PostcardWriter, addr: SocketAddr, family: 4 | 6): void {
  if (addr.family !== family) throw encodeError('socketAddr', `an IPv${family} address belongs here`);
  writer.raw(addrBytes(addr), 'socketAddr').u16(addr.port, 'socketAddr.port');
}

export function readSocketAddr(reader: PostcardReader, field: string): SocketAddr {
  const start = reader.offset;
  const variant = reader.variant(field);
  if (variant > 1) reader.fail(field, `unknown address family ${variant}`, start);
  return readUntaggedSocketAddr(reader, field, variant === 0 ? 4 : 6);
}

export function readUntaggedSocketAddr(reader: PostcardReader, field: string, family: 4 | 6): SocketAddr {
  const ip = ipFromBytes(reader.raw(field, family === 4 ? 4 : 16));
  return { family, ip, port: reader.u16(field) };
}

function addrBytes(addr: SocketAddr): Uint8Array {
  const bytes = ipToBytes(addr.family, addr.ip);
  if (bytes === null) throw encodeError('socketAddr.ip', `no IPv${addr.family} address`);
  return bytes;
}

function ipToBytes(family: 4 | 6, ip: string): Uint8Array | null {
  return family === 4 ? ipv4ToBytes(ip) : ipv6ToBytes(ip);
}
