import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import { MAX_NAME_SERVERS } from '../constants.js';
import { udpRoute } from '../routes/udp-route.js';

const DNS_PORT = 53;
const LOOPBACK = /^(?:127\.|::1$)/;

/**
 * Which name servers can be reached. `remote`: there is a route to one; `local`: only to one on this machine, which
 * may or may not reach others; `none`: to none.
 */
export type NameServers = 'remote' | 'local' | 'none';

/** Checks the name servers of this machine. Nothing is sent to them. */
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
