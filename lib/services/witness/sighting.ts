/**
 * What a platform itself sees of an endpoint when a report comes: its second vantage point. `null` in the place of one: not
 * known, or seen from inside the platform's own network, which says nothing of the Internet.
 */
export interface Sighting {
  /** How data goes: `direct` means by a live path to a public address. */
  path: 'direct' | 'relay';
  /** `ip:port` of the endpoint as it is seen on the direct path; `null` with `relay`. */
  address: string | null;
  /**
   * Whether the session has a path through a relay. `false` only where one is to be expected: another session of the same API secret
   * has one, and the endpoint's relays are the platform's own. `null`: not known.
   */
  relayPath: boolean | null;
  /**
   * Whether it is known that the relays that told the endpoint its address stand at other IP addresses than this platform, so
   * that the two are two vantage points.
   */
  relaysAreElsewhere: boolean;
  /**
   * Whether this platform is known to stand open for direct connections in each IP family that the endpoint has, and another
   * endpoint, at another public address, has such a connection now. A relayed path is then no fault of the platform.
   */
  othersAreDirect: boolean;
}
