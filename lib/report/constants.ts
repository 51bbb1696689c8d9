/** The version of the local report's JSON document; it changes when a field changes its meaning or goes away. */
export const REPORT_VERSION = 1;

/** This package's version; a test holds it to package.json, which the CommonJS build could not import. */
export const PACKAGE_VERSION = '0.1.0';

/** What a local report names as its maker. */
export const GENERATOR = `iroh-net-diagnostics/${PACKAGE_VERSION}`;

/** The release of `@number0/iroh` that this package is built on; the binding itself tells no version. */
export const BINDING_VERSION = '1.1.0';

/** What the official client inside each release of the binding reports as `iroh_version`: seen in its uploads. */
export const IROH_VERSIONS: Readonly<Record<typeof BINDING_VERSION, string>> = { '1.1.0': '1.0.0' };

/** The version of the services protocol's crate whose wire report we send. */
export const IROH_SERVICES_VERSION = '2.0.0';

/** Most direct addresses and live paths that are taken from an endpoint's snapshot; real ones have a dozen. */
export const MAX_SNAPSHOT_ITEMS = 64;

/**
 * Datagrams that must have come by a direct path before it proves that UDP works. Some firewalls let a flow's first ones pass, or
 * its QUIC handshake, and iroh keeps such a path for seconds. A session with a platform has more than 20 when it begins.
 */
export const MIN_PATH_DATAGRAMS = 16;

/** Relays that must be silent over UDP, yet answer over HTTPS, before UDP is called blocked (one may have it off). */
export const MIN_SILENT_RELAYS = 2;

/** Destination IP addresses that must see the same address before a mapping is called endpoint-independent. */
export const MIN_VANTAGE_POINTS = 2;
