import type { Topology } from './topology.js';

/** Where a platform stands: on which host, at which addresses, one of each family. */
export interface Stand {
  host: string;
  addresses: readonly string[];
}

/** On the Internet, at addresses that nobody else has, and that no network of the lab sends nowhere. */
export const ON_ITS_OWN: Stand = { host: 'inet', addresses: ['203.0.113.33', '2001:db8:c::33'] };

/** The topology with {@link ON_ITS_OWN} on its Internet. */
export function withPlatform(topology: Topology): Topology {
  const { inet } = topology.hosts;
  if (inet === undefined) return topology;
  const own = ON_ITS_OWN.addresses.map((address) => `${address}/${address.includes(':') ? 128 : 32}`);
  const addresses = { ...inet.addresses, lo: [...(inet.addresses?.lo ?? []), ...own] };
  return { ...topology, hosts: { ...topology.hosts, inet: { ...inet, addresses } } };
}
