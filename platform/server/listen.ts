import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
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

/** How to listen, where it is not as usual. */
export interface ListenOptions {
  /** A connection without traffic for so many milliseconds is cut. */
  idleMs?: number;
  /** Certificate, key and what is allowed of TLS. Default: plain HTTP. */
  tls?: SecureContextOptions | undefined;
}

/** The servers of all addresses, on one port. */
export class Listeners {
  readonly servers: readonly Server[];
  readonly port: number;
  readonly #connections: Connections;

  constructor(servers: readonly Server[], port: number, connections: Connections) {
    this.servers = servers;
    this.port = port;
    this.#connections = connections;
  }

  /** What connections from now on see; those that are there go on as they are. */
  useContext(context: SecureContextOptions): void {
    for (const server of this.servers) if (isTls(server)) server.setSecureContext(context);
  }

  /**
   * Takes no more connections, cuts those without a request, lets the others have their answers, then cuts what is left.
   * @param drainMs - for so long
   */
  async close(drainMs = 0): Promise<void> {
    await closeServers(this.servers, this.#connections, drainMs);
  }
}

/**
 * Listens on all hosts with one port.
 * @param wanted - 0 for any
 * @throws NetDiagnosticsError `ERR_BIND`
 */
export async function listen(
  hosts: readonly string[],
  wanted: number,
  handler: Handler,
  options: ListenOptions = {},
): Promise<Listeners> {
  const connections = new Connections();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenOnce(hosts, wanted, connections, () => newServer(handler, connections, options));
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

async function listenOnce(
  hosts: readonly string[],
  wanted: number,
  connections: Connections,
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
    return new Listeners(servers, port, connections);
  } catch (error) {
    await closeServers(servers, connections, 0);
    throw error;
  }
}

function newServer(
  handler: Handler,
  connections: Connections,
  { idleMs = IDLE_TIMEOUT_MS, tls }: ListenOptions,
): Server {
  const bounds = {
    maxHeaderSize: MAX_HEAD,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 2_000,
  };
  const server: Server =
    tls === undefined
      ? createServer(bounds)
      : createTlsServer({ ...bounds, ...tls, handshakeTimeout: HEAD_TIMEOUT_MS });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = idleMs;
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', (request, response) => {
    connections.asked(request, response);
    void handler(request, response);
  });
  return server;
}

function isTls(server: Server): server is TlsServer {
  return 'setSecureContext' in server;
}

/** Which connections there are, and which of them wait for an answer: a server of Node knows neither before a handshake. */
class Connections {
  /** By the other end, which is the same below TLS and above it. */
  readonly #all = new Map<string, Socket>();
  readonly #open = new Map<string, Set<ServerResponse>>();
  #isClosing = false;

  add(socket: Socket): void {
    const end = endOf(socket);
    this.#all.set(end, socket);
    socket.once('close', () => {
      this.#all.delete(end);
      this.#open.delete(end);
    });
  }

  asked({ socket }: IncomingMessage, response: ServerResponse): void {
    const end = endOf(socket);
    const open = this.#open.get(end) ?? new Set();
    this.#open.set(end, open.add(response));
    if (this.#isClosing) response.shouldKeepAlive = false;
    response.once('close', () => {
      open.delete(response);
      if (open.size > 0) return;
      this.#open.delete(end);
      if (this.#isClosing) socket.end();
    });
  }

  /** Cuts those that wait for nothing; the others end with their answer. */
  drain(): void {
    this.#isClosing = true;
    for (const [end, socket] of this.#all) if (!this.#open.has(end)) socket.destroy();
    for (const open of this.#open.values()) for (const response of open) response.shouldKeepAlive = false;
  }

  cut(): void {
    for (const socket of this.#all.values()) socket.destroy();
  }
}

async function closeServers(
  servers: readonly Server[],
  connections: Connections,
  drainMs: number,
): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  connections.drain();
  const timer = setTimeout(() => connections.cut(), drainMs);
  await Promise.all(closed);
  clearTimeout(timer);
}

function endOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
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
      // From now on it tells of a connection that could not be taken, since there are no files left for one: no reason to end.
      server.on('error', () => {});
      resolve(true);
    });
  });
}

function isTaken(error: unknown): boolean {
  return codeOf(error) === 'EADDRINUSE';
}
