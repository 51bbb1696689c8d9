import { TimeUp, within } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type { PortMappingProtocol, PortMappingSeen } from '../../report/index.js';
import { printable } from '../../text.js';
import { PORT_MAPPING_MS, PORT_MAPPING_SENDS_MS } from '../constants.js';
import { type Probe, type ProbeContext, type RunResult, saw } from '../probe.js';
import { askDatagram } from './ask-datagram.js';
import { askGateway, type Gateway } from './ask-gateway.js';

/** What a gateway said about a port-mapping protocol. */
export type PortMappingAnswer = Pick<PortMappingSeen, 'available' | 'externalIp' | 'refusal'>;

/** A protocol that answers one datagram with one datagram. */
export interface DatagramProtocol<N extends string> {
  name: N;
  protocol: PortMappingProtocol;
  /** The question. It must not change anything at the gateway. */
  request(localIp: string): Uint8Array;
  /** Null: not an answer. */
  read(datagram: Uint8Array): PortMappingAnswer | null;
}

/** A probe that asks the gateway of the route to the Internet one question. */
export function portMappingProbe<N extends string>(spec: DatagramProtocol<N>): Probe & { name: N } {
  return {
    name: spec.name,
    plan: () => [{ run: askGateway((gateway, context) => ask(spec, gateway, context)) }],
  };
}

async function ask(
  { protocol, request, read }: DatagramProtocol<string>,
  { ip }: Gateway,
  { signal, gatewayPorts }: ProbeContext,
): Promise<RunResult> {
  let strange = 0;
  const readOrCount = (datagram: Uint8Array) => {
    const answer = read(datagram);
    if (answer === null) strange += 1;
    return answer;
  };
  try {
    const answer = await within(PORT_MAPPING_MS, signal, (limited) =>
      askDatagram({
        ...{ ip, port: gatewayPorts.portMapping, request, read: readOrCount },
        ...{ sendsAtMs: PORT_MAPPING_SENDS_MS, signal: limited },
      }),
    );
    return saw({ portMappings: [{ protocol, gateway: ip, ...answer }] });
  } catch (error) {
    // Nothing listens there: that is an answer, and it means no.
    if (codeOf(error) === 'ECONNREFUSED') {
      return saw({ portMappings: [{ protocol, gateway: ip, available: false, refusal: 'ECONNREFUSED' }] });
    }
    if (!(error instanceof TimeUp)) throw error;
    return strange > 0 ? malformed(ip) : silent(ip);
  }
}

function silent(ip: string): RunResult {
  return {
    outcome: 'timeout',
    error: { code: 'NO_ANSWER', message: `the gateway ${printable(ip)} did not answer` },
  };
}

function malformed(ip: string): RunResult {
  const message = `what the gateway ${printable(ip)} sent is no answer to the question`;
  return { outcome: 'failed', error: { code: 'BAD_ANSWER', message } };
}
