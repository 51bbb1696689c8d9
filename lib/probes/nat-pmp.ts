import { type PortMappingAnswer, portMappingProbe } from './port-mapping/datagram-probe.js';

// RFC 6886, sections 3.2 and 3.5.
const EXTERNAL_ADDRESS_RESPONSE = 128;
const RESPONSE_BYTES = 12;
const MIN_REFUSAL_BYTES = 8;
const PCP_HEADER_BYTES = 24;
const UNSUPPORTED_VERSION = 1;

const RESULTS = [
  'SUCCESS',
  'UNSUPPORTED_VERSION',
  'NOT_AUTHORIZED',
  'NETWORK_FAILURE',
  'OUT_OF_RESOURCES',
  'UNSUPPORTED_OPCODE',
] as const;

/** Whether the gateway speaks NAT-PMP, and its external address. The question maps nothing. */
export const natPmpProbe = portMappingProbe({
  name: 'nat-pmp',
  protocol: 'natPmp',
  // Version 0, opcode 0: external address.
  request: () => new Uint8Array(2),
  read: readExternalAddress,
});

/** Reads the answer to the question for the external address. Null: not an answer to it. */
export function readExternalAddress(bytes: Uint8Array): PortMappingAnswer | null {
  const [version, opcode, high = 0, low = 0] = bytes;
  if (opcode !== EXTERNAL_ADDRESS_RESPONSE) return null;
  if (version !== 0) {
    // A gateway that speaks PCP only (RFC 6887, appendix A).
    const isRefusal = bytes.length >= PCP_HEADER_BYTES && low === UNSUPPORTED_VERSION;
    return isRefusal ? { available: false, refusal: 'UNSUPPORTED_VERSION' } : null;
  }
  const result = (high << 8) | low;
  if (result !== 0) {
    if (bytes.length < MIN_REFUSAL_BYTES || bytes.length > RESPONSE_BYTES) return null;
    return { available: false, refusal: RESULTS[result] ?? `RESULT_${result}` };
  }
  if (bytes.length !== RESPONSE_BYTES) return null;
  const externalIp = bytes.subarray(8).join('.');
  // 0.0.0.0: it has no external address at the moment.
  return externalIp === '0.0.0.0' ? { available: true } : { available: true, externalIp };
}
