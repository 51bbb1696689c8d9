import type { FastifyPluginAsync, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { HttpHandler } from '../../lib/http/index.js';
import { belowMount } from '../shared/below-mount.js';
import { takeOver } from '../shared/take-over.js';

/**
 * Read by `@fastify/swagger`: our routes are not part of the app's API, and a wildcard does not fit into its
 * document.
 */
const schema: FastifySchema & { hide: boolean } = { hide: true };

/** The routes, in a context of their own: the app's hooks run before them, its body parsers do not. */
export const mountRoutes: FastifyPluginAsync<{ handler: HttpHandler }> = async (app, { handler }) => {
  // Our routes read no body, so no body may be refused for its type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  const answer = (request: FastifyRequest<{ Params: { '*'?: string } }>, reply: FastifyReply): void => {
    const url = belowMount(request.params['*'], request.url);
    takeOver(handler, request, reply, url, (error) => {
      if (error === undefined) reply.callNotFound();
      else reply.send(error);
    });
  };
  app.all('/', { schema }, answer);
  app.all('/*', { schema }, answer);
};
