import type { FastifyInstance } from 'fastify';
import type { Permission } from '../people/permissions.js';
import { nothingHere } from './doors/index.js';
import { html } from './html.js';
import { ASSETS, dataPage, type PageName } from './pages.js';

/** A path with the id of an endpoint. */
const KEY_ID = ':id(^[0-9a-f]{64}$)';

/** A path with the id of a project. */
const PROJECT = ':project(^[a-z0-9][a-z0-9-]{0,39}$)';

/** A page, and what its readers have to be allowed. */
type PageRoute = readonly [path: string, page: PageName, needs: Permission | 'signed-in'];

/** The pages of a project, below it. */
const PROJECT_PAGES: readonly PageRoute[] = [
  ['endpoints', 'endpoints', 'fleet:read'],
  [`endpoints/${KEY_ID}`, 'endpoint', 'fleet:read'],
  ['secrets', 'secrets', 'secrets:read'],
  ['members', 'members', 'members:read'],
  ['tokens', 'tokens', 'tokens:read'],
  ['audit', 'audit', 'audit:read'],
  ['usage', 'usage', 'fleet:read'],
  ['settings', 'settings', 'project:write'],
];

/** The others. */
const PAGES: readonly PageRoute[] = [
  ['', 'home', 'signed-in'],
  ['account', 'account', 'signed-in'],
  ['platform/users', 'users', 'platform:read'],
  ['platform/projects', 'projects', 'platform:read'],
  ['platform/tokens', 'platformTokens', 'platform:read'],
  ['platform/audit', 'platformAudit', 'platform:read'],
];

/** A project in a path. */
interface InProject {
  Params: { project: string };
}

/** Adds the pages, and what they load. */
export function addPages(app: FastifyInstance): void {
  for (const [path, name, needs] of PAGES) {
    const page = dataPage(name, { depth: path.split('/').length - 1 });
    app.get(`/${path}`, { config: { needs } }, (_request, reply) => html(reply, page));
  }
  for (const [path, name, needs] of PROJECT_PAGES) {
    const depth = path.split('/').length + 1;
    app.get<InProject>(`/projects/${PROJECT}/${path}`, { config: { needs } }, ({ params }, reply) =>
      html(reply, dataPage(name, { project: params.project, depth })),
    );
  }
  app.get<{ Params: { name: string } }>(
    '/assets/:name',
    { config: { needs: 'anybody' } },
    ({ params }, reply) => {
      const asset = ASSETS.get(params.name);
      if (asset === undefined) throw nothingHere();
      // Its name contains a hash of its content, so a browser need not ask again.
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      return reply.type(asset.type).send(asset.body);
    },
  );
}
