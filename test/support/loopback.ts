import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import {
  type BindOptions,
  bindEndpoint,
  type Connection,
  type Endpoint,
  type Incoming,
} from '../../lib/transport/index.js';
import { SecretKey } from '../../lib/wire/index.js';

/** Containers often have none. */
export const HAS_IPV6_LOOPBACK = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

/** An ALPN of the tests. */
export const ECHO = 'test/echo/1';

/** Endpoints on loopback, without relays or any other network; `closeAll` in an `afterEach`. */
export class Loopback {
  readonly #endpoints: Endpoint[] = [];

  async bind(options: Partial<BindOptions> = {}): Promise<Endpoint> {
    const endpoint = await bindEndpoint({
      secretKey: SecretKey.fromBytes(randomBytes(32)),
      network: 'minimal',
      bindAddrs: ['loopback'],
      alpns: [],
      ...options,
    });
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  /** Two ends of one connection. */
  async connect(): Promise<{
    client: Connection;
    server: Connection;
    dialler: Endpoint;
    acceptor: Endpoint;
  }> {
    const [dialler, acceptor] = await Promise.all([this.bind(), this.bind({ alpns: [ECHO] })]);
    const incoming = new Promise<Incoming>((resolve) => {
      let isFirst = true;
      acceptor.listen((attempt) => {
        if (isFirst) resolve(attempt);
        else attempt.accept().catch(() => {});
        isFirst = false;
      });
    });
    const [client, server] = await Promise.all([
      dialler.connect(acceptor.address(), ECHO),
      incoming.then((attempt) => attempt.accept()),
    ]);
    return { client, server, dialler, acceptor };
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#endpoints.splice(0).map((endpoint) => endpoint.close()));
  }
}
