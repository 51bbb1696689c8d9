import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import type { Identity } from './test-ca.js';

/** Real servers on loopback that close with all their connections. */
export class Servers {
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #sockets = new Set<Socket>();

  /** Connections that are open now, over all servers. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** @returns its port */
  http(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
    return this.#listen(createHttpServer(listener), host);
  }

  https(identity: Identity, listener: RequestListener): Promise<number> {
    return this.#listen(createHttpsServer(identity, listener), '127.0.0.1');
  }

  /** Accepts connections and hands them over; by default it never says anything. */
  tcp(onConnection: (socket: Socket) => void = (socket) => socket.resume()): Promise<number> {
    return this.#listen(createTcpServer(onConnection), '127.0.0.1');
  }

  /** A proxy that serves CONNECT; `seen` collects what it was asked for. */
  proxy(seen: { authority?: string | undefined; authorization?: string | undefined }[], toPort: number) {
    const server = createHttpServer((_, response) => response.writeHead(405).end());
    server.on('connect', (request, client: Socket) => {
      seen.push({ authority: request.url, authorization: request.headers['proxy-authorization'] });
      const upstream = connect(toPort, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        socket.on('error', () => other.destroy()).on('close', () => other.destroy());
      }
    });
    return this.#listen(server, '127.0.0.1');
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()));
  }

  async #listen(server: Server | HttpServer, host: string): Promise<number> {
    const sockets = this.#sockets;
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, host, resolve);
    });
    this.#closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }
}
