import { createSocket } from 'node:dgram';
import { onAbort, TimeUp, within } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type { PortMappingProtocol, PortMappingSeen } from '../../report/index.js';
import { printable } from '../../text.js';
import { PORT_MAPPING_MS, PORT_MAPPING_SENDS_MS } from '../constants.js';
import { type Probe, type ProbeContext, type RunResult, saw } from '../probe.js';
import { askGateway, type Gateway } from './ask-gateway.js';

/** What a gateway said about a port-mapping protocol. */
export type PortMappingAnswer = Pick<PortMappingSeen, 'available' | 'externalIp' | 'refusal'>;

/** A protocol that answers one datagram with one datagram. */
interface DatagramProtocol<N extends string> {
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

/** A question in one datagram. */
interface DatagramQuestion<T> {
  /** IPv4 address. Only datagrams from there are read. */
  ip: string;
  port: number;
  /** @param localIp - our address on the way there */
  request(localIp: string): Uint8Array;
  /** Null: not an answer, so the wait goes on. */
  read(datagram: Uint8Array): T | null;
  /** When the question is sent, in milliseconds from now. */
  sendsAtMs: readonly number[];
  /** Ends the wait: rejects with its reason. */
  signal: AbortSignal;
}

/**
 * Asks and waits for the first datagram that is an answer. The socket is connected, so the kernel drops datagrams
 * from others, and reports `ECONNREFUSED` if nothing listens there; the promise rejects with that.
 */
function askDatagram<T>(question: DatagramQuestion<T>): Promise<T> {
  const { ip, port, request, read, sendsAtMs, signal } = question;
  return new Promise<T>((resolve, reject) => {
    signal.throwIfAborted();
    const socket = createSocket('udp4');
    const timers: NodeJS.Timeout[] = [];
    let isOver = false;
    const settle = (act: () => void) => {
      if (isOver) return;
      isOver = true;
      forget();
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      act();
    };
    const failed = (error: Error) => settle(() => reject(error));
    const forget = onAbort(signal, () => settle(() => reject(signal.reason)));
    // This listener stays: errors after the end do not matter, but without a listener they would be thrown.
    socket.on('error', failed);
    socket.on('message', (datagram) => {
      const answer = read(datagram);
      if (answer !== null) settle(() => resolve(answer));
    });
    socket.on('connect', () => {
      const datagram = request(socket.address().address);
      const send = () => socket.send(datagram, (error) => error && failed(error));
      for (const ms of sendsAtMs) timers.push(setTimeout(send, ms));
    });
    socket.connect(port, ip);
  });
}
