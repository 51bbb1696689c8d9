import { networkInterfaces } from 'node:os';

type Interfaces = ReturnType<typeof networkInterfaces>;

/** The names of the interfaces that own an address. */
export function interfacesWith(ip: string, all: Interfaces = networkInterfaces()): Set<string> {
  return new Set(
    Object.entries(all).flatMap(([name, addresses]) =>
      addresses?.some(({ address }) => address === ip) ? [name] : [],
    ),
  );
}

/** The kernel's indexes of the interfaces that own an address: link-local addresses carry them. */
export function interfaceIndexesWith(ip: string, all: Interfaces = networkInterfaces()): Set<string> {
  const owners = interfacesWith(ip, all);
  return new Set(
    Object.entries(all).flatMap(([name, addresses]) =>
      owners.has(name) ? (addresses ?? []).flatMap(({ scopeid }) => (scopeid ? [String(scopeid)] : [])) : [],
    ),
  );
}

/**
 * Whether the interface with this address is a tunnel: it has no link-layer address. Point-to-point links to a
 * provider have none either; they count as tunnels, since nothing tells them apart. Undefined: not our address.
 */
export function isTunnel(ip: string, all: Interfaces = networkInterfaces()): boolean | undefined {
  const own = Object.values(all)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, internal }) => address === ip && !internal);
  if (own.length === 0) return undefined;
  return own.some(({ mac }) => /^[0:]*$/.test(mac));
}
