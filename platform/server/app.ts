import { randomBytes } from 'node:crypto';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { messageOf, SECURITY_HEADERS } from 'iroh-net-diagnostics/services';
import { PeopleError } from '../people/index.js';
import { MAX_BODY } from './constants.js';
import { type AccessOptions, guard, type Needs, nothingHere, strictTransport } from './doors/index.js';
import { html } from './html.js';
import { HttpError } from './http-error.js';
import { errorPage } from './pages.js';
import { peopleRefusal } from './people-refusal.js';
import { PROBLEM_TYPE, problemOf, refusalOf } from './v1/problem.js';
import { SHOULD } from './v1/schemas.js';

/** Decides who gets in, and where errors go. */
export interface AppOptions extends Omit<AccessOptions, 'askToSignIn'> {
  /** Whether the platform itself speaks TLS. */
  hasTls: boolean;
  /** Whose `X-Forwarded-…` headers are believed. */
  trustProxy: readonly string[];
  /** Asks who comes. */
  signInPage(request: FastifyRequest): string;
  /** Gets errors of the platform itself. */
  onError(message: string): void;
  /** Looks at every request, in front of the access rules. @returns adds the routes that show what was seen */
  observe(app: FastifyInstance): () => void;
}

const HEADERS = {
  ...SECURITY_HEADERS,
  // With `no-referrer` browsers send `Origin: null` with every form, so nobody could log in by a form of ours.
  'referrer-policy': 'same-origin',
};

/**
 * A server with the access rules in front of its routes, and errors answered in one form.
 * @param addRoutes - adds all routes; methods that a path does not have are refused here
 */
export async function createApp(
  { hasTls, trustProxy, signInPage, onError, observe, ...access }: AppOptions,
  addRoutes: (app: FastifyInstance) => Promise<void>,
): Promise<FastifyInstance> {
  const answerError = (thrown: FastifyError | HttpError, request: FastifyRequest, reply: FastifyReply) => {
    const error = toHttpError(thrown, request);
    const { statusCode, message, headers } = error;
    if (statusCode >= 500) onError(`The dashboard failed: ${messageOf(thrown)}`);
    reply.code(statusCode).headers(headers);
    return isApi(request)
      ? reply.type(PROBLEM_TYPE).send(JSON.stringify(problemOf(error, request.id)))
      : html(reply, errorPage(statusCode, message, depthOf(request.url)));
  };
  const headersFor = (request: FastifyRequest) => {
    const strict = strictTransport(request, { hasTls, publicUrl: access.publicUrl });
    return strict === null ? HEADERS : { ...HEADERS, 'strict-transport-security': strict };
  };
  const app = fastify({
    bodyLimit: MAX_BODY,
    genReqId: () => randomBytes(9).toString('base64url'),
    ajv: {
      customOptions: {
        // What comes is what is meant: nothing is made into another type, and nothing is left out.
        ...{ coerceTypes: false, removeAdditional: false, useDefaults: false },
        // All that is wrong is told at once. A request is too small for this to cost much.
        allErrors: true,
        keywords: [SHOULD],
      },
    },
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    // For a malformed URL no hook has run, so the headers are set here.
    frameworkErrors: (_error, request, reply) => {
      answerError(nothingHere(), request, reply.headers(headersFor(request)));
    },
  });

  const addObserved = observe(app);
  app.addHook('onRequest', async (request, reply) => void reply.headers(headersFor(request)));
  guard(app, {
    ...access,
    askToSignIn: (request, reply) => {
      if (isApi(request)) throw new HttpError(401, 'Sign in first.', { 'www-authenticate': 'Bearer' });
      return html(reply.code(401), signInPage(request));
    },
  });

  // A body that is not JSON is a form, or is not read at all.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setErrorHandler<FastifyError | HttpError>(answerError);
  app.setNotFoundHandler(() => {
    throw nothingHere();
  });

  const paths = new Map<string, Needs>();
  app.addHook('onRoute', ({ url, config }) => {
    // Which methods a path has is for those who may call one of them to know.
    paths.set(url, config?.needs === 'anybody' ? 'anybody' : 'signed-in');
  });
  await addRoutes(app);
  addObserved();
  for (const [url, needs] of [...paths]) refuseOtherMethods(app, url, needs);
  return app;
}

function refuseOtherMethods(app: FastifyInstance, url: string, needs: Needs): void {
  const has = app.supportedMethods.filter((method) => app.hasRoute({ method, url }));
  const refuse = async ({ method }: FastifyRequest) => {
    throw new HttpError(405, `${method} is not possible here.`, { allow: has.join(', ') });
  };
  app.route({
    url,
    method: app.supportedMethods.filter((method) => !has.includes(method)),
    config: { needs, isRefusal: true },
    // Behind the access rules, and before anything of a body is looked at.
    onRequest: refuse,
    handler: refuse,
  });
}

/** Puts every error into our words, also those of the framework and the network. */
function toHttpError(error: FastifyError | HttpError, request: FastifyRequest): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof PeopleError) return peopleRefusal(error);
  if (error.validation !== undefined) return refusalOf(error, request);
  switch (error.statusCode ?? 500) {
    case 413:
      return new HttpError(413, 'The request is too large.', { connection: 'close' });
    case 415:
      return new HttpError(415, 'Send application/json.');
    default:
      return (error.statusCode ?? 500) < 500
        ? new HttpError(400, 'The request cannot be read.')
        : new HttpError(500, 'The platform failed: its log says why.');
  }
}

/** Whether programs ask. */
function isApi({ url: asked, routeOptions }: FastifyRequest): boolean {
  // What was asked may be spelled otherwise, with `%61` or as a whole URL, and lead to the same route.
  const url = routeOptions.url ?? asked;
  return url.startsWith('/api/') || url.startsWith('/metrics');
}

/** Folders between a page and the root. */
export function depthOf(url: string): number {
  return (url.split('?')[0] ?? '').split('/').length - 2;
}
