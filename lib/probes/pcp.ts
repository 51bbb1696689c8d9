import { type PortMappingAnswer, portMappingProbe } from './port-mapping/datagram-probe.js';

// RFC 6887, sections 7.1, 7.2 and 14.1.
const VERSION = 2;
const RESPONSE = 0x80;
const ANNOUNCE = 0;
const HEADER_BYTES = 24;
const MAX_BYTES = 1100;
const UNSUPP_VERSION = 1;

/** Result codes by number (RFC 6887, section 7.4). */
const RESULTS = [
  'SUCCESS',
  'UNSUPP_VERSION',
  'NOT_AUTHORIZED',
  'MALFORMED_REQUEST',
  'UNSUPP_OPCODE',
  'UNSUPP_OPTION',
  'MALFORMED_OPTION',
  'NETWORK_FAILURE',
  'NO_RESOURCES',
  'UNSUPP_PROTOCOL',
  'USER_EX_QUOTA',
  'CANNOT_PROVIDE_EXTERNAL',
  'ADDRESS_MISMATCH',
  'EXCESSIVE_REMOTE_PEERS',
] as const;

/**
 * Whether the gateway speaks the Port Control Protocol. ANNOUNCE maps nothing, and its answer names no external
 * address.
 */
export const pcpProbe = portMappingProbe({
  name: 'pcp',
  protocol: 'pcp',
  request: announceRequest,
  read: readAnnounceResponse,
});

/** An ANNOUNCE request. @param localIp - the datagram's IPv4 source address; a server refuses any other */
export function announceRequest(localIp: string): Uint8Array {
  const request = new Uint8Array(HEADER_BYTES);
  request[0] = VERSION;
  request[1] = ANNOUNCE;
  // The client's address as an IPv4-mapped IPv6 address (section 5).
  request.set([0xff, 0xff, ...localIp.split('.').map(Number)], 18);
  return request;
}

/** Reads the answer to {@link announceRequest}. Null: not an answer to it. */
export function readAnnounceResponse(bytes: Uint8Array): PortMappingAnswer | null {
  const [version, opcode, , result] = bytes;
  if (opcode !== (RESPONSE | ANNOUNCE) || result === undefined) return null;
  if (version === 0) return readNatPmpRefusal(bytes);
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_BYTES || bytes.length % 4 !== 0) return null;
  // A server that speaks another version answers in that version, with this result (section 9).
  if (version !== VERSION && result !== UNSUPP_VERSION) return null;
  return result === 0
    ? { available: true }
    : { available: false, refusal: RESULTS[result] ?? `RESULT_${result}` };
}

// A gateway that speaks NAT-PMP only: version 0, 16 bits of result (RFC 6886, section 3.5).
function readNatPmpRefusal(bytes: Uint8Array): PortMappingAnswer | null {
  const isRefusal = bytes.length >= 8 && bytes[2] === 0 && bytes[3] === UNSUPP_VERSION;
  return isRefusal ? { available: false, refusal: 'UNSUPP_VERSION' } : null;
}
