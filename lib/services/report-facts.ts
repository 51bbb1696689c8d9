import { printable } from '../text.js';
import type { DiagnosticsReport } from '../wire/index.js';

/** Characters of a version: it is a stranger's text, and stands in lists. */
const MAX_VERSION_LENGTH = 60;

/**
 * The colour of a report: green = direct connections should work, orange = perhaps relayed, grey = unknown. No red:
 * a wire report writes "not measured" and "blocked" alike.
 */
export type ReportLevel = 'green' | 'orange' | 'grey';

/** The NAT type as far as a wire report tells, in the words of iroh services. */
export type NatType = 'Endpoint-Independent' | 'Endpoint-Dependent' | 'Unknown';

/** What lists, filters and charts need of a report: stored beside it, so that nobody has to read the whole. */
export interface ReportFacts {
  level: ReportLevel;
  /** IPv4's; where that is unknown, IPv6's. */
  natType: NatType;
  /** `null` here and below: nothing was measured. */
  udpV4: boolean | null;
  udpV6: boolean | null;
  mappingVariesByDestIpv4: boolean | null;
  mappingVariesByDestIpv6: boolean | null;
  irohVersion: string;
  irohServicesVersion: string;
}

/** The facts of a report. */
export function reportFacts({ netReport, irohVersion, irohServicesVersion }: DiagnosticsReport): ReportFacts {
  const v4 = netReport?.mappingVariesByDestIpv4 ?? null;
  const v6 = netReport?.mappingVariesByDestIpv6 ?? null;
  const varies = v4 ?? v6;
  const hasUdp = netReport !== null && (netReport.udpV4 || netReport.udpV6);
  return {
    // Grey without UDP, not red: the wire says false for "not measured" too.
    level: !hasUdp ? 'grey' : varies === false ? 'green' : 'orange',
    natType: natType(varies),
    udpV4: netReport?.udpV4 ?? null,
    udpV6: netReport?.udpV6 ?? null,
    mappingVariesByDestIpv4: v4,
    mappingVariesByDestIpv6: v6,
    irohVersion: printable(irohVersion, MAX_VERSION_LENGTH),
    irohServicesVersion: printable(irohServicesVersion, MAX_VERSION_LENGTH),
  };
}

/**
 * What the wire report says about a family's NAT. Whether there is no NAT at all cannot be told from it: iroh always
 * puts the public address among the direct ones.
 */
export function natType(mappingVaries: boolean | null): NatType {
  if (mappingVaries === null) return 'Unknown';
  return mappingVaries ? 'Endpoint-Dependent' : 'Endpoint-Independent';
}
