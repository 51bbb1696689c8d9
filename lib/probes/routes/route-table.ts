import { isInNetwork } from '../../wire/index.js';

/** One line of a kernel's route table. */
export interface RouteEntry {
  network: string;
  bits: number;
  gateway: string | null;
  /** In the form of the table: a name, an index, or an address. */
  interface: string;
  metric: number;
}

/**
 * The entry that a datagram to `destination` follows: the longest prefix, then the lowest metric. Only interfaces
 * that own the source address count: with policy routing the kernel may have used another table than this one.
 */
export function pickRoute(
  entries: readonly RouteEntry[],

  destination: string,
  interfaces: ReadonlySet<string>,
): RouteEntry | null {
  const matching = entries.filter((entry) => isInNetwork(destination, entry.network, entry.bits));
  const [best] = matching.sort((a, b) => b.bits - a.bits || a.metric - b.metric);
  return best !== undefined && interfaces.has(best.interface) ? best : null;
}

/** The interfaces on whose link this address lies; an address of our own lies on the link of its interface. */
export function interfacesTowards(entries: readonly RouteEntry[], ip: string): Set<string> {
  const onLink = entries.filter((entry) => entry.gateway === null && entry.bits > 0);
  return new Set(
    onLink.filter((entry) => isInNetwork(ip, entry.network, entry.bits)).map((entry) => entry.interface),
  );
}

/** The lines of a table that are not empty, trimmed. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Bits of a netmask in hexadecimal. */
export function countBits(hexMask: string): number {
  const bits = Number.parseInt(hexMask, 16).toString(2);
  return bits.replaceAll('0', '').length;
}
