import type { PortMappingProtocol } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, seen, unknown } from './seen.js';

/** Whether a gateway offers one port-mapping protocol. Silence is unknown, a refusal is no. */
export function judgePortMapping(records: readonly ProbeRecord[], protocol: PortMappingProtocol): Fact {
  const answers = seen(records, 'portMappings').filter(({ part }) => part.protocol === protocol);
  const available = answers.filter(({ part }) => part.available);
  if (available.length > 0) return judged('yes', 'the gateway offers it', available);
  if (answers.length > 0) return judged('no', 'the gateway refused it', answers);
  return unknown('no gateway was asked, or none answered');
}
