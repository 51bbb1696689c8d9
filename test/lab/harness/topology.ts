/** What a lab is made of: plain declarations. */

/** One machine of a lab: a network namespace. */
export interface Host {
  /** Addresses with their prefix by device; a device is `lo` or an end of a link. */
  addresses?: Readonly<Record<string, readonly string[]>>;
  /** As `ip route add` takes them; those with a colon go to IPv6. */
  routes?: readonly string[];
  /** Whether it is a router. */
  forwards?: boolean;
  /** An nftables ruleset. */
  nft?: string;
  /** Shell commands that are run on it at the end, e.g. `ip rule add …`. */
  commands?: readonly string[];
}

/** A declared network. */
export interface Topology {
  hosts: Readonly<Record<string, Host>>;
  /** Pairs of `host/device`, each pair a cable. */
  links: readonly (readonly [string, string])[];
  /** Lines of the lab's own /etc/hosts. Default: those of the relays. */
  names?: readonly string[];
  /** The same for the pair's far end alone, which has no part in what is wrong with names here. Default: the relays'. */
  farNames?: readonly string[];
  /** The lab's own /etc/resolv.conf. Default: none, so that a name that is not in /etc/hosts fails at once. */
  resolver?: string;
}
