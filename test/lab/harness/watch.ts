import type { Lab } from './lab.js';

/** Somebody the client wrote to, e.g. `udp 203.0.113.10:3478`. */
export type Contact = string;

// Before every other rule: what a local firewall then drops was tried all the same.
const RULES = `table inet watch {
  set ipv4 { type inet_proto . ipv4_addr . inet_service; flags dynamic; size 4096; }
  set ipv6 { type inet_proto . ipv6_addr . inet_service; flags dynamic; size 4096; }
  chain output {
    type filter hook output priority -300; policy accept;
    oifname "lo" accept
    meta nfproto ipv4 meta l4proto { tcp, udp } add @ipv4 { meta l4proto . ip daddr . th dport }
    meta nfproto ipv6 meta l4proto { tcp, udp } add @ipv6 { meta l4proto . ip6 daddr . th dport }
  }
}`;

interface Listing {
  nftables: { set?: { elem?: { concat: [string, string, number] }[] } }[];
}

/** Notes down to whom a host writes from now on, by the kernel's own account. */
export async function watch(lab: Lab, host: string): Promise<void> {
  await lab.nft(host, RULES);
}

/** Whom it has written to since. */
export async function contacts(lab: Lab, host: string): Promise<Contact[]> {
  const { nftables } = JSON.parse(
    await lab.run(host, ['nft', '-j', 'list', 'table', 'inet', 'watch']),
  ) as Listing;
  return nftables
    .flatMap(({ set }) => set?.elem ?? [])
    .map(({ concat: [protocol, address, port] }) => contact(protocol, address, port))
    .sort();
}

export function contact(protocol: string, address: string, port: number): Contact {
  return `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`;
}
