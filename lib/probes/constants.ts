/** iroh-relay's path for HTTPS latency checks. */
export const PING_PATH = '/ping';

/** iroh-relay's path for captive-portal checks; it is served over plain HTTP. */
export const PORTAL_PATH = '/generate_204';

/** Where a relay listens for plain HTTP. */
export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;

/**
 * Destinations whose routes stand for "the Internet"; nothing is sent to them. In each family the first one that has
 * a route counts. First come documentation ranges (RFC 5737, RFC 3849), which nobody owns. Some careful machines
 * route those nowhere (`unreachable`, `blackhole`, `prohibit`), so the last of a family is a sink of the AS112
 * project, which is on the Internet to swallow stray datagrams (RFC 7535).
 */
export const REFERENCE_DESTINATIONS = {
  4: ['192.0.2.1', '198.51.100.1', '192.31.196.1'],
  6: ['2001:db8::1', '3fff::1', '2001:4:112::1'],
} as const;

/** Errors of `connect` on a UDP socket that mean: the kernel has no route there, or may not use it. */
export const NO_ROUTE_CODES: ReadonlySet<string> = new Set([
  'ENETUNREACH', // no route, or one of type `throw`
  'EHOSTUNREACH', // `unreachable`
  'EINVAL', // `blackhole`
  'EACCES', // `prohibit`
  'EPERM', // a policy of this machine (a program at the socket's cgroup)
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT', // the family is switched off in the kernel
]);

/** Name servers whose routes are checked; resolvers use three at most. */
export const MAX_NAME_SERVERS = 4;

/**
 * How long a name may be looked up when no name server can be reached, in milliseconds. Enough to read a hosts file,
 * which may name a relay that can be reached.
 */
export const NO_SERVER_GRACE_MS = 50;

/**
 * A lookup that hangs is given up this long before the report ends, in milliseconds, so that its silence is in the
 * report.
 */
export const LOOKUP_MARGIN_MS = 50;

/** Bytes of a body that are read before the connection is cut: a relay's answers have none or a few. */
export const MAX_BODY_BYTES = 8 * 1024;

/** Bytes of an answer's headers. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** How long a body may take after the headers, in milliseconds. Only the headers are measured. */
export const MAX_DRAIN_MS = 100;

/** Addresses of one host that are tried, at the same time, per family. */
export const MAX_ADDRESSES_PER_FAMILY = 2;

/** A relay echoes challenges of 1 to 63 of these characters only (iroh-relay's `is_challenge_char`). */
export const CHALLENGE_FORM = /^[A-Za-z0-9._-]{1,63}$/;

/**
 * Bytes of a kernel route table that are read. A machine with a longer table is a router; its gateway stays unknown.
 */
export const MAX_ROUTE_TABLE_BYTES = 256 * 1024;

/** Bytes of a file with root certificates; Debian's bundle has 220 KiB. */
export const MAX_ROOTS_FILE_BYTES = 4 * 1024 * 1024;

/** How long the system's `route` program may take, in milliseconds. It is used if the kernel has no table to read. */
export const MAX_ROUTE_COMMAND_MS = 1000;

/** UDP port of PCP and NAT-PMP servers (RFC 6887, section 19.1; RFC 6886, section 3.1). */
export const PORT_MAPPING_PORT = 5351;

/** UDP port of SSDP (UPnP Device Architecture 1.1, section 1.1). */
export const SSDP_PORT = 1900;

/**
 * When a question to the gateway is sent, in milliseconds. The gateway is one hop away and answers within 50 ms, so
 * both repetitions are only for lost datagrams. The schedules of the RFCs (3 s, doubling) would take longer than a
 * report.
 */
export const PORT_MAPPING_SENDS_MS: readonly number[] = [0, 150, 350];

/** When a gateway that has not answered over PCP or NAT-PMP counts as silent, in milliseconds. */
export const PORT_MAPPING_MS = 500;

/** How long a relay is still waited for over TCP once others have answered: the slowest of them sets the measure. */
export const RELAY_PATIENCE = { leastMs: 1000, times: 4, than: 'slowest' } as const;
