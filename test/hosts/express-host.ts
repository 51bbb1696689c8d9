import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import compression from 'compression';
import type express from 'express';
import helmet from 'helmet';
import { netDiagnostics } from '../../integrations/express/index.js';
import { BADGE, type Host, OWN_PAGE, SLOW_MS, SLOW_PAGE } from './host.js';

/** @param framework - what `express` exports, in version 4 or 5 */
export function expressHost(name: string, framework: typeof express): Host {
  return {
    name,
    hasHttp2: false,
    closedStatus: 403,
    parserPlaces: ['before', 'after'],
    refusesUnknownBodies: false,
    async boot(mounts, { parsers = 'before', ...has } = {}) {
      const app = framework();
      const parse = [framework.json(), framework.urlencoded({ extended: false }), framework.text()];
      if (has.trustProxy) app.set('trust proxy', true);
      if (has.helmet) app.use(helmet());
      if (has.compression) app.use(compression({ threshold: 0 }));
      if (has.guarded) {
        app.use((request, response, next) => {
          if (request.get(BADGE.name) === BADGE.value) next();
          else response.status(401).send('no badge');
        });
      }
      if (parsers === 'before') app.use(parse);
      const handles = mounts.map(({ path, options }) => {
        const handle = netDiagnostics(options);
        app.use(path, handle);
        return handle;
      });
      if (parsers === 'after') app.use(parse);
      app.get('/', (_request, response) => void response.json(OWN_PAGE));
      app.get('/slow', (_request, response) => void setTimeout(() => response.json(SLOW_PAGE), SLOW_MS));
      app.post('/echo', (request, response) => void response.json(request.body));
      const server = app.listen(0, '127.0.0.1');
      for (const handle of handles) handle.stopWith(server);
      await once(server, 'listening');
      return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        diagnostics: handles,
        close: async () => {
          if (server.listening) await new Promise((resolve) => server.close(resolve));
          await Promise.all(handles.map((handle) => handle.stop()));
        },
      };
    },
  };
}
