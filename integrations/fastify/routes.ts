import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpHandler } from '../../lib/http/index.js';
import { belowMount } from '../shared/below-mount.js';
import { takeOver } from '../shared/take-over.js';

/** The routes, in a context of their own: the app's hooks run before them, its body parsers do not. */
export const mountRoutes: FastifyPluginAsync<{ handler: HttpHandler }> = async (app, { handler }) => {
  // No route of ours reads a body, so none may be refused for its type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  const answer = (request: FastifyRequest<{ Params: { '*'?: string } }>, reply: FastifyReply): void => {
    const url = belowMount(request.params['*'], request.url);
    takeOver(handler, request, reply, url, (error) => {
      if (error === undefined) reply.callNotFound();
      else reply.send(error);
    });
  };
  app.all('/', answer);
  app.all('/*', answer);
};
