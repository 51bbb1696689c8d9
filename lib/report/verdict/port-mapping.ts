import type { PortMappingProtocol, PortMappingSeen } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, seen, unknown } from './seen.js';
import { type Given, ipOf } from './witnesses.js';

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

/**
 * Whether a port that the gateway maps could be reached from the Internet: the gateway's external address must be the
 * one that others see. We map nothing to find out, and PCP names that address only when it maps.
 */
export function judgeMappedPorts({ records, witnesses }: Given): Fact {
  const offers = seen(records, 'portMappings').filter(({ part }) => part.available);
  if (offers.length === 0) return unknown('no gateway offered to map ports');
  const { outside } = witnesses[4];
  const observed = new Set(outside.map(({ part }) => ipOf(part.observed)));
  const named = offers.filter(({ part }) => part.externalIp !== undefined);
  // In the lab, no pair of endpoints got through a port mapped by PCP or NAT-PMP; ports mapped by UPnP are used.
  const same = named.filter(({ part }) => part.protocol === 'upnp' && observed.has(part.externalIp ?? ''));
  if (same.length > 0) {
    const reason = `the gateway maps ports of ${same[0]?.part.externalIp}, the address that others see`;
    return judged('yes', reason, [...same, ...outside]);
  }
  if (
    named.length > 0 &&
    observed.size > 0 &&
    !named.some(({ part }) => observed.has(part.externalIp ?? ''))
  ) {
    const reason = `the gateway maps ports of ${named[0]?.part.externalIp}, which is not the address that others see`;
    return judged('no', reason, [...named, ...outside]);
  }
  return unknown('the gateway maps ports; whether they can be reached from outside was not tried', offers);
}

function offerOf({ gateway, externalIp }: PortMappingSeen): string {
  const offer = `the gateway ${gateway} offers it`;
  return externalIp === undefined ? offer : `${offer}; its external address is ${externalIp}`;
}

function refusalOf({ gateway, refusal }: PortMappingSeen): string {
  return `the gateway ${gateway} refused it${refusal === undefined ? '' : ` (${refusal})`}`;
}
