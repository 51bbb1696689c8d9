import type { Mapping, NatType, NatTypeName } from '../types.js';

const NAMES: Readonly<Record<Mapping['value'], NatTypeName>> = {
  none: 'No NAT',
  'endpoint-independent': 'Endpoint-Independent',
  'endpoint-dependent': 'Endpoint-Dependent',
  unknown: 'Unknown',
};

/** IPv4's type when its mapping is known, otherwise IPv6's. */
export function judgeNatType(ipv4: Mapping, ipv6: Mapping): NatType {
  const family = ipv4.value !== 'unknown' ? 4 : ipv6.value !== 'unknown' ? 6 : null;
  const mapping = family === 6 ? ipv6 : ipv4;
  return { value: NAMES[mapping.value], family, reason: mapping.reason };
}
