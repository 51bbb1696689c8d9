import type { Attributes } from '@opentelemetry/api';
import type { ProbeRecord } from '../report/index.js';
import { ATTRIBUTES } from './names.js';

/** The attribute for a probe's address family; none if the probe measures both families. */
export function networkType(family: ProbeRecord['family']): Attributes {
  return family === undefined ? {} : { [ATTRIBUTES.networkType]: `ipv${family}` };
}
