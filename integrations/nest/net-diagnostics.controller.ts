import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import {
  All,
  Controller,
  Inject,
  NotFoundException,
  Req,
  Res,
  SetMetadata,
  type Type,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { HttpHandler } from '../../lib/http/index.js';
import { belowMount } from '../shared/below-mount.js';
import { type RawReply, takeOver } from '../shared/take-over.js';
import { NEST_HOSTED, type NestHosted } from './nest-hosted.js';

/** What Express's and Fastify's requests have in common, as far as it is needed here. */
interface HostRequest {
  method: string;
  url: string;
  originalUrl: string;
  /** What the wildcard matched: `path` on Express, `*` on Fastify. */
  params: { path?: string[]; '*'?: string };
}
type ExpressRequest = HostRequest & IncomingMessage;
type FastifyRequest = HostRequest & { raw: IncomingMessage };

/**
 * Makes the controller class of one instance; each needs its own, since Nest stores a route's metadata on the class.
 * It has no route before {@link mountController}.
 */
export function createController(): Type<unknown> {
  // No route yet, so no path.
  @Controller({ path: [] })
  // What `@ApiExcludeController()` of `@nestjs/swagger` sets, which not every app has: the routes are not part of its
  // API.
  @SetMetadata('swagger/apiExcludeController', [true])
  class NetDiagnosticsController {
    readonly #routes: HttpHandler;

    constructor(@Inject(NEST_HOSTED) { routes }: NestHosted) {
      this.#routes = routes;
    }

    /** Settles when the response has ended, for interceptors that measure time. */
    answer(
      @Req() request: ExpressRequest | FastifyRequest,
      @Res() response: ServerResponse | RawReply,
    ): Promise<void> {
      const url = belowMount(request.params.path ?? request.params['*'], request.url);
      return new Promise((resolve, reject) => {
        // The error that Nest itself throws for a path without a route; the app's exception filters see it.
        const next = (
          error: unknown = new NotFoundException(`Cannot ${request.method} ${request.originalUrl}`),
        ) => reject(error);
        finished('raw' in response ? response.raw : response, () => resolve());
        if ('raw' in response) takeOver(this.#routes, request as FastifyRequest, response, url, next);
        else this.#routes.handle(request as ExpressRequest, response, next, url);
      });
    }
  }
  return NetDiagnosticsController;
}

/**
 * Adds the routes to a controller before Nest reads them. Decorators on the class would run too early: the path and
 * the adapter are known only when the app boots.
 * @param adapter - its type; Express and Fastify spell the wildcard differently
 */
export function mountController(controller: Type<unknown>, path: string, adapter: string): void {
  const { prototype } = controller;
  const answer = Object.getOwnPropertyDescriptor(prototype, 'answer') ?? {};
  All(['', adapter === 'fastify' ? '*' : '{*path}'])(prototype, 'answer', answer);
  // Neutral: an app's versioning must not move the routes, which are not part of its API.
  Controller({ path, version: VERSION_NEUTRAL })(controller);
}
