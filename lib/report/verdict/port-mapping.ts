import type { PortMappingProtocol, PortMappingSeen } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, seen, unknown } from './seen.js';

/** Whether a gateway offers one port-mapping protocol. Silence is unknown, a refusal is no. */
export function judgePortMapping(records: readonly ProbeRecord[], protocol: PortMappingProtocol): Fact {
  const answers = seen(records, 'portMappings').filter(({ part }) => part.protocol === protocol);
  const available = answers.filter(({ part }) => part.available);
  const [offer] = available;
  if (offer !== undefined) return judged('yes', offerOf(offer.part), available);
  const [refusal] = answers;
  if (refusal !== undefined) return judged('no', refusalOf(refusal.part), answers);
  return unknown('no gateway was asked, or none answered');
}

function offerOf({ gateway, externalIp }: PortMappingSeen): string {
  const offer = `the gateway ${gateway} offers it`;
  return externalIp === undefined ? offer : `${offer}; its external address is ${externalIp}`;
}

function refusalOf({ gateway, refusal }: PortMappingSeen): string {
  return `the gateway ${gateway} refused it${refusal === undefined ? '' : ` (${refusal})`}`;
}
