import type { AddressInfo } from 'node:net';
import compression from 'compression';
import { type FastifyInstance, fastify } from 'fastify';
import helmet from 'helmet';
import { netDiagnostics } from '../../integrations/fastify/index.js';
import type { NetDiagnostics } from '../../lib/index.js';
import { BADGE, type Host, OWN_PAGE, SLOW_MS, SLOW_PAGE } from './host.js';

/** Fastify 5. Express's middleware runs in a hook, as `@fastify/helmet` and `@fastify/middie` run it. */
export const fastifyHost: Host = {
  name: 'Fastify 5',
  hasHttp2: true,
  closedStatus: 403,
  parserPlaces: ['before', 'after'],
  refusesUnknownBodies: false,
  async boot(mounts, { parsers = 'before', ...has } = {}) {
    const trustProxy = has.trustProxy === true;
    const app = (
      has.http2 ? fastify({ trustProxy, http2: true }) : fastify({ trustProxy })
    ) as FastifyInstance;
    const middleware = [
      ...(has.helmet ? [helmet()] : []),
      ...(has.compression ? [compression({ threshold: 0 })] : []),
    ];
    for (const use of middleware) {
      app.addHook('onRequest', (request, reply, done) => {
        use(request.raw as never, reply.raw as never, done as never);
      });
    }
    if (has.guarded) {
      app.addHook('onRequest', async (request, reply) => {
        if (request.headers[BADGE.name] !== BADGE.value) await reply.code(401).send('no badge');
      });
    }
    const parse = () =>
      app.addContentTypeParser('application/xml', { parseAs: 'string' }, (_request, body, done) =>
        done(null, body),
      );
    if (parsers === 'before') parse();
    for (const [index, { path, options }] of mounts.entries()) {
      await app.register(netDiagnostics, { ...options, prefix: path, decorator: decoratorOf(index) });
    }
    if (parsers === 'after') parse();
    app.get('/', () => OWN_PAGE);
    app.get('/slow', () => new Promise((resolve) => setTimeout(() => resolve(SLOW_PAGE), SLOW_MS)));
    app.post('/echo', (request) => request.body);
    await app.listen({ port: 0, host: '127.0.0.1' });
    return {
      url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
      diagnostics: mounts.map((_, index) => app.getDecorator<NetDiagnostics>(decoratorOf(index))),
      close: () => app.close(),
    };
  },
};

function decoratorOf(index: number): string {
  return index === 0 ? 'netDiagnostics' : `netDiagnostics${index}`;
}
