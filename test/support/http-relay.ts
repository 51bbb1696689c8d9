import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a relay answers to our HTTP probes: `/ping`, and `/generate_204` with its challenge. A real relay does more;
 * this stands in where a page needs somebody to measure.
 */
export class HttpRelay {
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(delayMs = 0): Promise<HttpRelay> {
    const server = createServer((request, response) => {
      const challenge = request.headers['x-iroh-challenge'];
      if (request.url === '/generate_204' && typeof challenge === 'string') {
        response.setHeader('x-iroh-response', `response ${challenge}`);
        response.statusCode = 204;
      } else if (request.url !== '/ping') response.statusCode = 404;
      setTimeout(() => response.end(), delayMs);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HttpRelay(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
