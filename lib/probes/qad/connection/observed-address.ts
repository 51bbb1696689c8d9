import { formatSocketAddr, parseSocketAddr, type SocketAddr } from '../../../wire/index.js';
import type { Reader } from '../bytes.js';

/** An IPv4 address inside an IPv6 one (RFC 4291 §2.5.5.2): what a server with one socket for both families sees. */
const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');

/** The address and port of an OBSERVED_ADDRESS frame. IPv4-mapped ones come out as IPv4. */
export function readSocketAddr(reader: Reader, family: 4 | 6): SocketAddr {
  const bytes = reader.bytes(family === 4 ? 4 : 16);
  const port = reader.u16();
  if (family === 4) return ipv4(bytes, port);
  if (bytes.subarray(0, 12).equals(MAPPED_PREFIX)) return ipv4(bytes.subarray(12), port);
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return canonical({ family: 6, ip: groups.join(':'), port });
}

function ipv4(bytes: Buffer, port: number): SocketAddr {
  return { family: 4, ip: bytes.join('.'), port };
}

/** With the address as RFC 5952 writes it, so that texts can be compared. */
export function canonical(addr: SocketAddr): SocketAddr {
  return parseSocketAddr(formatSocketAddr(addr));
}
