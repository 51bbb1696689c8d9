import { createSocket } from 'node:dgram';
import { onAbort } from '../../async/index.js';
import type { Gateway } from '../port-mapping/ask-gateway.js';
import {
  GATEWAY_KINDS,
  MAX_SSDP_BYTES,
  SEARCH_TARGETS,
  SEARCHES_AT_MS,
  SSDP_GROUP,
  SSDP_TTL,
} from './constants.js';

/** A search for Internet gateway devices. */
export interface GatewaySearch {
  gateway: Gateway;
  port: number;
  /** Called for each answer to the search with its sender and the LOCATION it names. */
  onAnswer(senderIp: string, location: string): void;
  /** Called when something could not be sent or received. */
  onError(error: Error): void;
  /** Ends the search and closes its socket. */
  signal: AbortSignal;
}

/**
 * Searches by multicast, only on the interface towards the gateway, and by unicast to the gateway, since the
 * firewalls of some hosts drop answers to multicast.
 */
export function searchGateway({ gateway, port, onAnswer, onError, signal }: GatewaySearch): void {
  const socket = createSocket('udp4');
  const timers: NodeJS.Timeout[] = [];
  const end = () => {
    for (const timer of timers) clearTimeout(timer);
    socket.close();
  };
  const sendAll = () => {
    for (const host of [SSDP_GROUP, gateway.ip]) {
      for (const target of SEARCH_TARGETS) {
        socket.send(searchRequest(host, port, target), port, host, (error) => {
          if (error !== null && !signal.aborted) onError(error);
        });
      }
    }
  };
  socket.on('error', onError);
  socket.on('message', (datagram, { address }) => {
    const location = readSearchAnswer(datagram);
    if (location !== null) onAnswer(address, location);
  });
  // Otherwise workers of node:cluster would share one port and get each other's answers.
  socket.bind({ address: gateway.localIp, port: 0, exclusive: true }, () => {
    if (signal.aborted) return;
    try {
      socket.setMulticastInterface(gateway.localIp);
      socket.setMulticastTTL(SSDP_TTL);
    } catch (error) {
      // The interface has no multicast; the unicast search goes on.
      onError(error instanceof Error ? error : new Error(String(error)));
    }
    for (const ms of SEARCHES_AT_MS) timers.push(setTimeout(sendAll, ms));
  });
  onAbort(signal, end);
}

/** An M-SEARCH request (UPnP Device Architecture 1.1, section 1.3.2). */
export function searchRequest(host: string, port: number, target: string): Buffer {
  const lines = [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${host}:${port}`,
    'MAN: "ssdp:discover"',
    'MX: 1',
    `ST: ${target}`,
    '',
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/**
 * The LOCATION of an answer to our search. Null: not an answer. Firmware writes the ST in other letters, answers for
 * the device's root or its WAN service, or names the kind only in the USN. So only an answer that names another kind
 * of device is refused; the description decides in the end.
 */
export function readSearchAnswer(datagram: Uint8Array): string | null {
  if (datagram.length > MAX_SSDP_BYTES) return null;
  const [status = '', ...lines] = Buffer.from(datagram).toString('latin1').split(/\r?\n/);
  if (!/^HTTP\/1\.[01] +200(?: |$)/i.test(status.trimEnd())) return null;
  const headers = new Map(
    lines.flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 1 ? [] : [[line.slice(0, colon).trim().toUpperCase(), line.slice(colon + 1).trim()]];
    }),
  );
  const kinds = ['ST', 'USN'].flatMap((name) => kindsIn(headers.get(name) ?? ''));
  const isGateway = kinds.length === 0 || kinds.some((kind) => GATEWAY_KINDS.has(kind));
  return isGateway ? (headers.get('LOCATION') ?? null) : null;
}

/** Kinds of devices and services in a ST or USN, in lower case. */
function kindsIn(text: string): string[] {
  return [...text.matchAll(/:(?:device|service):([\w-]+)/gi)].map(([, kind = '']) => kind.toLowerCase());
}
