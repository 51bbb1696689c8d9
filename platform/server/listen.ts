import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codeOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import {
  HEAD_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
  MAX_CONNECTIONS,
  MAX_HEAD,
  REQUEST_TIMEOUT_MS,
} from './constants.js';

/** How often to try: a port that is free for one family may be taken in the other. */
const ATTEMPTS = 5;

/** Answers a request, whatever it is. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** The servers of all addresses, on one port. */
export interface Listeners {
  servers: Server[];
  port: number;
}

/**
 * Listens on all hosts with one port.
 * @param wanted - 0 for any
 * @param idleMs - a connection without traffic for so many milliseconds is cut
 * @throws NetDiagnosticsError `ERR_BIND`
 */
export async function listen(
  hosts: readonly string[],
  wanted: number,
  handler: Handler,
  idleMs = IDLE_TIMEOUT_MS,
): Promise<Listeners> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenOnce(hosts, wanted, () => newServer(handler, idleMs));
    } catch (error) {
      if (wanted === 0 && isTaken(error) && attempt < ATTEMPTS) continue;
      const where = hosts.map((host) => `${host} port ${wanted}`).join(' and ');
      const code = codeOf(error, 'unknown error');
      throw new NetDiagnosticsError('ERR_BIND', `The dashboard cannot listen on ${where}: ${code}.`, {
        cause: error,
      });
    }
  }
}

/** Closes the servers and cuts all connections. */
export async function closeServers(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    ),
  );
}

async function listenOnce(
  hosts: readonly string[],
  wanted: number,
  makeServer: () => Server,
): Promise<Listeners> {
  const servers: Server[] = [];
  let port = wanted;
  try {
    for (const host of hosts) {
      const server = makeServer();
      const opened = await open(server, host, port, hosts.length > 1);
      if (!opened) continue;
      servers.push(server);
      port = (server.address() as AddressInfo).port;
    }
    return { servers, port };
  } catch (error) {
    await closeServers(servers);
    throw error;
  }
}

function newServer(handler: Handler, idleMs: number): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEAD,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 2_000,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = idleMs;
  server.on('request', (request, response) => void handler(request, response));
  return server;
}

/** @returns false for an IPv6 address on a machine without IPv6, when another address is listened on */
function open(server: Server, host: string, port: number, mayMiss: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: Error) => {
      const isMissing = codeOf(error) === 'EADDRNOTAVAIL' || codeOf(error) === 'EAFNOSUPPORT';
      if (isMissing && host === '::1' && mayMiss) resolve(false);
      else reject(error);
    });
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.removeAllListeners('error');
      resolve(true);
    });
  });
}

function isTaken(error: unknown): boolean {
  return codeOf(error) === 'EADDRINUSE';
}
