import { type EndpointId, endpointIdFromBytes, endpointIdToBytes, KEY_SIZE } from './endpoint-id.js';
import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { normaliseRelayUrl, readRelayUrl, writeRelayUrl } from './relay.js';
import {
  compareSocketAddr,
  formatSocketAddr,
  readSocketAddr,
  type SocketAddr,
  writeSocketAddr,
} from './socket-addr.js';
import { encodeError } from './wire-error.js';

/** An endpoint's id and its addresses. Without any address the endpoint must be looked up by its id. */
export interface EndpointAddress {
  id: EndpointId;
  /** As `new URL(u).href` writes them. */
  relayUrls: string[];
  directAddrs: SocketAddr[];
}

/** `ID@https://relay.example/,192.0.2.1:7000`, as settings take it; `ID` alone without any address. */
export function formatEndpointAddress({ id, relayUrls, directAddrs }: EndpointAddress): string {
  const ways = [...relayUrls.map(withoutSeparators), ...directAddrs.map(formatSocketAddr)];
  return ways.length === 0 ? id : `${id}@${ways.join(',')}`;
}

/** A URL may hold what separates the parts of the text; written in its other way, the URL means the same. */
function withoutSeparators(url: string): string {
  return url.replaceAll('@', '%40').replaceAll(',', '%2C');
}

/**
 * How a custom transport's address is written. iroh-base 1.0 to 1.3 wrote the variants of an enum (30 bytes
 * inline or a byte string), iroh-base 1.4 writes a plain byte string.
 */
export type CustomAddrForm = 'enum' | 'bytes';

const RELAY = 0;
const IP = 1;
const CUSTOM = 2;
const INLINE_CUSTOM_SIZE = 30;

/** Writes the id and the set of addresses: relays first, each kind in order and without repetitions. */
export function writeEndpointAddress(writer: PostcardWriter, address: EndpointAddress): void {
  writer.raw(endpointIdToBytes(address.id), 'id');
  const relays = [...new Set(address.relayUrls.map(normalisedUrl))].sort();
  const directs = sortedAddrs(address.directAddrs);
  writer.uint(relays.length + directs.length, 'addrs');
  for (const url of relays) writeRelayUrl(writer.variant(RELAY), url);
  for (const addr of directs) writeSocketAddr(writer.variant(IP), addr);
}

/**
 * Reads what {@link writeEndpointAddress} writes, in any order. An address that is there twice counts once, and nothing is
 * lost by that. Addresses of custom transports are skipped.
 */
export function readEndpointAddress(reader: PostcardReader, form: CustomAddrForm): EndpointAddress {
  const start = reader.offset;
  const id = endpointIdFromBytes(reader.raw('id', KEY_SIZE), (fault) => reader.fail('id', fault, start));
  const relayUrls = new Set<string>();
  const directAddrs: SocketAddr[] = [];
  // The shortest address is a custom one of two or three bytes.
  reader.seq('addrs', 2, () => {
    const at = reader.offset;
    const variant = reader.variant('');
    if (variant === RELAY) relayUrls.add(readRelayUrl(reader, 'relayUrl'));
    else if (variant === IP) directAddrs.push(readSocketAddr(reader, 'socketAddr'));
    else if (variant === CUSTOM) skipCustomAddr(reader, form);
    else reader.fail('', `unknown kind of address ${variant}`, at);
  });
  return {
    id,
    relayUrls: [...relayUrls].sort(),
    directAddrs: sortedAddrs(directAddrs),
  };
}

function skipCustomAddr(reader: PostcardReader, form: CustomAddrForm): void {
  reader.u64('custom.id');
  if (form === 'bytes') {
    reader.byteString('custom.data');
    return;
  }
  const start = reader.offset;
  const isHeap = reader.variant('custom.data');
  if (isHeap > 1) reader.fail('custom.data', `unknown variant ${isHeap}`, start);
  if (isHeap === 1) {
    reader.byteString('custom.data');
    return;
  }
  if (reader.u8('custom.size') > INLINE_CUSTOM_SIZE) reader.fail('custom.size', 'above 30', start + 1);
  reader.raw('custom.data', INLINE_CUSTOM_SIZE);
}

/** In order, without repetitions. */
function sortedAddrs(addrs: readonly SocketAddr[]): SocketAddr[] {
  return addrs.toSorted(compareSocketAddr).filter((addr, index, sorted) => {
    const previous = sorted[index - 1];
    return previous === undefined || compareSocketAddr(previous, addr) !== 0;
  });
}

function normalisedUrl(text: string): string {
  const href = normaliseRelayUrl(text);
  if (href === null) throw encodeError('relayUrls', 'one of them is no http or https URL');
  return href;
}
