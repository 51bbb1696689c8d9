import { parseSocketAddr, type SocketAddr } from '../../wire/index.js';
import { MAGIC_COOKIE, TRANSACTION_ID_BYTES } from './constants.js';
import { StunFormatError } from './format-error.js';

const FAMILY_BYTES = new Map([
  [0x01, 4],
  [0x02, 16],
]);

/** The value of MAPPED-ADDRESS and its kin (RFC 8489, section 14.1). IPv4 in IPv6 form comes out as IPv4. */
export function decodeAddress(value: Buffer): SocketAddr {
  const length = value.length < 4 ? undefined : FAMILY_BYTES.get(value.readUInt8(1));
  if (length === undefined || value.length !== 4 + length) throw new StunFormatError('a broken address');
  return addressOf(value.subarray(4), value.readUInt16BE(2));
}

/** The value of XOR-MAPPED-ADDRESS (section 14.2): hidden from NATs that rewrite what looks like an address. */
export function decodeXorAddress(value: Buffer, transactionId: Buffer): SocketAddr {
  const mask = Buffer.alloc(4 + 4 + TRANSACTION_ID_BYTES);
  mask.writeUInt16BE(MAGIC_COOKIE >>> 16, 2);
  mask.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(mask, 8);
  return decodeAddress(Buffer.from(value.map((byte, index) => byte ^ (mask[index] ?? 0))));
}

function addressOf(ip: Buffer, port: number): SocketAddr {
  if (ip.length === 4) return { family: 4, ip: ip.join('.'), port };
  const groups = ip.toString('hex').replace(/(.{4})(?=.)/g, '$1:');
  return unmapped(parseSocketAddr(`[${groups}]:${port}`));
}

/** `::ffff:a.b.c.d` as the IPv4 address that it is. */
export function unmapped(addr: SocketAddr): SocketAddr {
  const v4 = /^::ffff:([\d.]+)$/.exec(addr.ip)?.[1];
  return v4 === undefined ? addr : { family: 4, ip: v4, port: addr.port };
}
