import { abortable } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type { Family } from '../../report/index.js';
import { formatSocketAddr, type SocketAddr, type StunServer, socketAddr } from '../../wire/index.js';
import type { ProbeContext } from '../probe.js';
import { udpRoute } from '../routes/udp-route.js';

/** What a server is, in one family. */
export type Resolved = { addresses: readonly SocketAddr[] } | { code: string };

/** The addresses of a server in one family, or the lookup's error code. */
export async function resolveServer(
  { host, port }: StunServer,
  family: Family,
  { resolver }: ProbeContext,
  signal: AbortSignal,
): Promise<Resolved> {
  try {
    const found = await abortable(resolver.resolve(host, family), signal);
    return { addresses: found.map(({ ip }) => socketAddr(ip, port)) };
  } catch (error) {
    return { code: signal.aborted ? 'LOOKUP_TIMEOUT' : codeOf(error) };
  }
}

/** Why nothing was sent. */
export type Unsent = { result: 'refused'; code: string } | { result: 'cut' };

/**
 * Our address for what is sent to the server: the source address that the kernel picks, with the socket's port. Or
 * why nothing was sent: the kernel has no route, or the time was up.
 */
export async function localSide(
  server: SocketAddr,
  socketPort: number,
  signal: AbortSignal,
): Promise<{ local: string } | Unsent> {
  try {
    const { sourceIp, refusal } = await udpRoute(server.family, server.ip, server.port, signal);
    if (sourceIp === null) return { result: 'refused', code: refusal ?? 'NO_ROUTE' };
    return { local: formatSocketAddr(socketAddr(sourceIp, socketPort)) };
  } catch (error) {
    return signal.aborted ? { result: 'cut' } : { result: 'refused', code: codeOf(error) };
  }
}
