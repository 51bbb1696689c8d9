import { createSocket } from 'node:dgram';
import { onAbort } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type { Family, RouteSeen } from '../../report/index.js';
import { DEFAULT_RELAY_QUIC_PORT } from '../../wire/index.js';
import { NO_ROUTE_CODES, REFERENCE_DESTINATIONS } from '../constants.js';
import type { ResolvedAddress } from '../names/resolver.js';
import type { ProbeContext } from '../probe.js';
import { ProbeFailure } from '../probe-failure.js';

/** Not a possible source address. A runtime that returns it (Deno) has not connected the socket. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Asks the kernel how a datagram to this address would leave, by connecting a UDP socket. Nothing is sent. Rejects
 * when the kernel fails for another reason than a missing route, when the runtime does not ask it, or when `signal`
 * fires.
 */
export function udpRoute(family: Family, ip: string, port: number, signal: AbortSignal): Promise<RouteSeen> {
  return new Promise<RouteSeen>((resolve, reject) => {
    signal.throwIfAborted();
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    const settle = (act: () => void) => {
      forget();
      // Removes only our own listeners: Node has one that waits for the bind, and closing the socket needs it.
      socket.off('error', failed);
      socket.off('connect', connected);
      // Errors after the answer do not matter, but without a listener they would be thrown.
      socket.on('error', () => undefined);
      socket.close();
      act();
    };
    const failed = (error: Error) => {
      const refusal = codeOf(error);
      settle(() =>
        NO_ROUTE_CODES.has(refusal)
          ? resolve({ family, destination: ip, sourceIp: null, refusal })
          : reject(error),
      );
    };
    const forget = onAbort(signal, () => settle(() => reject(signal.reason)));
    socket.on('error', failed);
    const connected = () => {
      const sourceIp = socket.address().address;
      settle(() =>
        UNSPECIFIED.has(sourceIp) ? reject(untold()) : resolve({ family, destination: ip, sourceIp }),
      );
    };
    socket.on('connect', connected);
    socket.connect(port, ip);
  });
}

/** Whether the kernel has a route to the Internet in this family. True if it does not tell. Never rejects. */
export async function isRouted(family: Family, signal: AbortSignal): Promise<boolean> {
  try {
    for (const ip of REFERENCE_DESTINATIONS[family]) {
      const { sourceIp } = await udpRoute(family, ip, DEFAULT_RELAY_QUIC_PORT, signal);
      if (sourceIp !== null) return true;
    }
    return false;
  } catch {
    return true;
  }
}

/** How a datagram to this address would leave, with its next hop if that can be known. Sends nothing. */
export async function probedRoute(
  { family, ip }: ResolvedAddress,
  port: number,
  { gateways, signal }: Pick<ProbeContext, 'gateways' | 'signal'>,
): Promise<RouteSeen> {
  const route = await udpRoute(family, ip, port, signal);
  if (route.sourceIp === null) return route;
  return { ...route, ...(await gateways(family, ip, route.sourceIp, signal)) };
}

/** This runtime did not tell how the datagram would leave, nor whether it would. */
function untold(): ProbeFailure {
  return new ProbeFailure('ROUTE_UNTOLD', 'this runtime does not tell by which address a datagram leaves');
}
