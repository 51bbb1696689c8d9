import { printable } from '../text.js';
import type { DiagnosticsReport } from '../wire/index.js';
import { type Judgement, judge, type Sighting } from './witness/index.js';

/** Characters of a version: it is a stranger's text, and stands in lists. */
const MAX_VERSION_LENGTH = 60;

/** What lists, filters and charts need of a report: stored beside it, so that nobody has to read the whole. */
export interface ReportFacts extends Judgement {
  /** As the report says; `null` here and below: nothing was measured. */
  udpV4: boolean | null;
  udpV6: boolean | null;
  mappingVariesByDestIpv4: boolean | null;
  mappingVariesByDestIpv6: boolean | null;
  irohVersion: string;
  irohServicesVersion: string;
}

/** The facts of a report. @param sighting - what the platform itself saw when it came; `null`: nothing */
export function reportFacts(report: DiagnosticsReport, sighting: Sighting | null): ReportFacts {
  const { netReport, irohVersion, irohServicesVersion } = report;
  return {
    ...judge(report, sighting),
    udpV4: netReport?.udpV4 ?? null,
    udpV6: netReport?.udpV6 ?? null,
    mappingVariesByDestIpv4: netReport?.mappingVariesByDestIpv4 ?? null,
    mappingVariesByDestIpv6: netReport?.mappingVariesByDestIpv6 ?? null,
    irohVersion: printable(irohVersion, MAX_VERSION_LENGTH),
    irohServicesVersion: printable(irohServicesVersion, MAX_VERSION_LENGTH),
  };
}
