/** SSDP's multicast group (UPnP Device Architecture 1.1, section 1.1). */
export const SSDP_GROUP = '239.255.255.250';

/**
 * Hops of a multicast search: the gateway is one hop away, and 2 is the default of the UPnP architecture (section
 * 1.1.2).
 */
export const SSDP_TTL = 2;

/**
 * What is searched for. A device of version 2 must answer for version 1 as well (section 1.3.2), but some answer only
 * for their own version.
 */
export const SEARCH_TARGETS: readonly string[] = [1, 2].map(
  (version) => `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`,
);

/** Kinds of devices and services in answers to the search, in small letters. */
export const GATEWAY_KINDS: ReadonlySet<string> = new Set([
  'internetgatewaydevice',
  'wandevice',
  'wanconnectiondevice',
  'wanipconnection',
  'wanpppconnection',
]);

/** Services that map ports, in the order of preference. */
export const WAN_SERVICES: readonly string[] = [
  'urn:schemas-upnp-org:service:WANIPConnection:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
  'urn:schemas-upnp-org:service:WANPPPConnection:1',
];

/**
 * A service with one of these actions can map ports: the first is in all versions, the second in WANIPConnection:2.
 */
export const MAPPING_ACTIONS: readonly string[] = ['AddPortMapping', 'AddAnyPortMapping'];

/**
 * How long the search takes, in milliseconds from the report's start. A device may wait up to MX = 1 s before it
 * answers a multicast search; the official client gives up after the same time.
 */
export const UPNP_MS = 1000;

/** The least time for the search, in milliseconds, even if finding the gateway took long. */
export const MIN_SEARCH_MS = 900;

/** The least time for a LOCATION that comes late, in milliseconds: three documents from one hop away. */
export const LOCATION_MS = 300;

/** When searches are sent, in milliseconds. Wi-Fi loses multicast, so they are repeated once. */
export const SEARCHES_AT_MS: readonly number[] = [0, 300];

/** Bytes of an SSDP answer; real ones have 300 to 600. */
export const MAX_SSDP_BYTES = 4096;

/** Characters of a URL from a gateway. */
export const MAX_URL_LENGTH = 1024;

/**
 * Descriptions of one gateway that are read at the same time. Some gateways have one for each version, and dead ones.
 */
export const MAX_LOCATIONS = 8;

/** How many devices that are not the gateway are named in a report. */
export const MAX_STRANGERS = 4;

/** WAN services of one description that are asked. Some gateways have one for each kind of connection. */
export const MAX_SERVICES = 4;

/** Bytes of a description; real ones have 3 to 30 KiB. */
export const MAX_DOCUMENT_BYTES = 128 * 1024;

/** Bytes of an answer to a call; real ones have 500. */
export const MAX_ANSWER_BYTES = 16 * 1024;

/** Bytes of an HTTP answer's headers. */
export const MAX_HEADER_BYTES = 8 * 1024;

/** Bytes of a chunk's first line; real ones have 1 to 8. */
export const MAX_CHUNK_LINE_BYTES = 256;

/** Elements of a document, and how deep they may lie; real ones have at most 2000, at depth 9. */
export const MAX_XML_ELEMENTS = 8192;
export const MAX_XML_DEPTH = 32;

/** Characters of a gateway's name. */
export const MAX_NAME_LENGTH = 80;
