import type { FastifyInstance } from 'fastify';
import { nothingHere } from './doors/index.js';
import { html } from './html.js';
import { ASSETS, homePage, type ProjectPageName, projectPage } from './pages.js';

/** A path with the id of an endpoint. */
const KEY_ID = ':id(^[0-9a-f]{64}$)';

/** A path with the id of a project. */
const PROJECT = ':project(^[a-z0-9][a-z0-9-]{0,39}$)';

/** The pages of a project, and their paths below it. */
const PROJECT_PAGES: readonly (readonly [path: string, page: ProjectPageName])[] = [
  ['endpoints', 'endpoints'],
  [`endpoints/${KEY_ID}`, 'endpoint'],
  ['secrets', 'secrets'],
];

/** A project in a path. */
interface InProject {
  Params: { project: string };
}

/** Adds the pages, and what they load. */
export function addPages(app: FastifyInstance, hasLogin: boolean): void {
  app.get('/', { config: { needs: 'signed-in' } }, (_request, reply) => html(reply, homePage()));
  for (const [path, name] of PROJECT_PAGES) {
    const depth = path.split('/').length + 1;
    app.get<InProject>(
      `/projects/${PROJECT}/${path}`,
      { config: { needs: 'fleet:read' } },
      ({ params: { project } }, reply) => html(reply, projectPage(name, { project, hasLogin, depth })),
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
