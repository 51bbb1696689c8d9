import type { FastifyInstance, FastifyReply } from 'fastify';
import type { EndpointId } from 'iroh-net-diagnostics/services';
import type { Login } from './access.js';
import { KEY_ID } from './api.js';
import { html, nothingHere } from './app.js';
import { parametersOf } from './endpoint-query.js';
import { idIn } from './id-in.js';
import type { LiveUpdates } from './live.js';
import { ASSETS, endpointPage, endpointsPage, loginPage, secretsPage } from './pages.js';

/** Adds the pages, what they load, and what keeps them up to date. */
export function addPages(app: FastifyInstance, live: LiveUpdates, hasLogin: boolean): void {
  for (const [url, get] of [
    ['/', endpointsPage],
    [`/endpoints/${KEY_ID}`, endpointPage],
    ['/secrets', secretsPage],
  ] as const) {
    const page = get(hasLogin);
    app.get(url, (_request, reply) => html(reply, page));
  }
  app.get<{ Params: { name: string } }>(
    '/assets/:name',
    { config: { isPublic: true } },
    ({ params }, reply) => {
      const asset = ASSETS.get(params.name);
      if (asset === undefined) throw nothingHere();
      // Its name contains a hash of its content, so a browser need not ask again.
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      return reply.type(asset.type).send(asset.body);
    },
  );
  app.get('/api/events', ({ url }, reply) => {
    live.open(reply, endpointIn(url));
  });
}

/** The endpoint that a stream is to be about; `null`: the whole fleet. */
function endpointIn(url: string): EndpointId | null {
  const id = parametersOf(url).get('endpoint');
  return id === null ? null : idIn(id, 400, 'endpoint has to be the id of an endpoint.');
}

/** Adds the login. The page of the printed URL posts the token to it; without scripts the user pastes the token. */
export function addLogin(app: FastifyInstance, login: Login, onLogout: () => void): void {
  app.get('/login', { config: { isPublic: true } }, (_request, reply) => html(reply, loginPage('')));
  app.post('/login', { config: { isPublic: true } }, ({ body, headers }, reply) => {
    const token = new URLSearchParams(typeof body === 'string' ? body : '').get('token') ?? '';
    if (!login.isToken(token))
      return html(reply.code(401), loginPage('That is not the token of this start.'));
    return seeOther(reply.header('set-cookie', login.begin(headers)), './');
  });
  app.post('/logout', ({ headers }, reply) => {
    reply.header('set-cookie', login.end(headers.cookie));
    onLogout();
    return seeOther(reply, './login');
  });
}

function seeOther(reply: FastifyReply, location: string): FastifyReply {
  return reply.code(303).header('location', location).send('');
}
