import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import { MAX_NAME_SERVERS } from '../constants.js';
import { udpRoute } from '../routes/udp-route.js';

const DNS_PORT = 53;
const LOOPBACK = /^(?:127\.|::1$)/;

/**
 * Who is there to look names up. `remote`: the kernel has a way to a name server; `local`: to one on this machine
 * alone, which may or may not have one; `none`: to none of them.
 */
export type NameServers = 'remote' | 'local' | 'none';

/** The name servers of this machine as they are set now. Nothing is sent to them. */
export async function nameServers(
  signal: AbortSignal,
  servers: readonly string[] = new Resolver().getServers(),
): Promise<NameServers> {
  const ips = servers.map(ipOf).filter((ip) => isIP(ip) !== 0);
  const routed = await Promise.all(
    ips.slice(0, MAX_NAME_SERVERS).map(async (ip) => {
      const { sourceIp } = await udpRoute(isIP(ip) === 6 ? 6 : 4, ip, DNS_PORT, signal);
      return sourceIp === null ? [] : [ip];
    }),
  );
  const reachable = routed.flat();
  if (reachable.length === 0) return 'none';
  return reachable.every((ip) => LOOPBACK.test(ip)) ? 'local' : 'remote';
}

/** `ip`, `ip:port` or `[ip]:port`, with or without a zone. */
function ipOf(server: string): string {
  const bare = /^\[([^\]]+)\]/.exec(server)?.[1] ?? server;
  return isIP(bare) === 0 ? bare.replace(/:\d+$/, '') : bare;
}
