import { networkInterfaces } from 'node:os';

export type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * This machine's interfaces. Null: the kernel does not tell. Linux tells over netlink, which hardened services may
 * not use (systemd's `RestrictAddressFamilies=`).
 */
export function ownInterfaces(list: () => Interfaces = networkInterfaces): Interfaces | null {
  try {
    return list();
  } catch {
    return null;
  }
}

/** The names of the interfaces that own an address; null: not known. */
export function interfacesWith(
  ip: string,
  all: Interfaces | null = ownInterfaces(),
): ReadonlySet<string> | null {
  if (all === null) return null;
  return new Set(
    Object.entries(all).flatMap(([name, addresses]) =>
      addresses?.some(({ address }) => address === ip) ? [name] : [],
    ),
  );
}

/** The kernel's indexes of the interfaces that own an address. The zone of a link-local address has the index. */
export function interfaceIndexesWith(ip: string, all: Interfaces | null = ownInterfaces()): Set<string> {
  const owners = interfacesWith(ip, all);
  if (all === null || owners === null) return new Set();
  return new Set(
    Object.entries(all).flatMap(([name, addresses]) =>
      owners.has(name) ? (addresses ?? []).flatMap(({ scopeid }) => (scopeid ? [String(scopeid)] : [])) : [],
    ),
  );
}

/**
 * Whether the interface with this address is a tunnel: it has no link-layer address. Point-to-point links to a
 * provider have none either, and count as tunnels because we cannot tell them apart. Undefined: not our address, or
 * not known.
 */
export function isTunnel(ip: string, all: Interfaces | null = ownInterfaces()): boolean | undefined {
  const own = Object.values(all ?? {})
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, internal }) => address === ip && !internal);
  if (own.length === 0) return undefined;
  return own.some(({ mac }) => /^[0:]*$/.test(mac));
}
