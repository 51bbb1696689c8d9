/** Where iroh-relay takes its clients (`RELAY_PATH`). */
export const RELAY_PATH = '/relay';

/** The relay protocols that iroh's client speaks, as it offers them (`ProtocolVersion::ALL`). */
export const RELAY_PROTOCOLS: readonly string[] = ['iroh-relay-v2', 'iroh-relay-v1'];

/** iroh gives up a TCP connection after this many milliseconds (`DIAL_ENDPOINT_TIMEOUT`). */
export const DIAL_MS = 1500;

/** iroh tries the next address after this many milliseconds without a connection (`CONNECTION_ATTEMPT_DELAY`). */
export const NEXT_ADDRESS_MS = 250;

/** iroh waits so long for IPv4 addresses when those of IPv6 are there first (`RESOLUTION_DELAY`). */
export const RESOLUTION_MS = 50;

/** iroh gives up a relay after this many milliseconds (`CONNECT_TIMEOUT` of its relay actor). */
export const CONNECT_MS = 10_000;

/** What RFC 6455 (section 4.2.2) appends to the key before it is hashed. */
export const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
