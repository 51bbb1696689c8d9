import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { messageOf, SECURITY_HEADERS } from 'iroh-net-diagnostics/services';
import { isKnownHost, isSameOrigin, type Login } from './access.js';
import { MAX_BODY } from './constants.js';
import { HttpError } from './http-error.js';
import { errorPage } from './pages.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Reachable before login. */
    isPublic?: boolean;
  }
}

/** Decides who gets in, and where errors go. */
export interface AppOptions {
  /** `null`: everybody who can connect. */
  login: Login | null;
  /** `null`: any `Host`, for a dashboard that was opened to a network on purpose. */
  allowedHosts: readonly string[] | null;
  /** Asks for the login token. `depth`: folders between the page and the root. */
  loginPage(depth: number): string;
  /** Gets errors of the platform itself. */
  onError(message: string): void;
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
export function createApp(
  { login, allowedHosts, loginPage, onError }: AppOptions,
  addRoutes: (app: FastifyInstance) => void,
): FastifyInstance {
  const answerError = (error: FastifyError | HttpError, request: FastifyRequest, reply: FastifyReply) => {
    const { statusCode, message, headers } = toHttpError(error);
    if (statusCode >= 500) onError(`The dashboard failed: ${messageOf(error)}`);
    reply.code(statusCode).headers(headers);
    return isApi(request)
      ? reply.send({ error: message })
      : html(reply, errorPage(statusCode, message, depthOf(request)));
  };
  const app = fastify({
    bodyLimit: MAX_BODY,
    // For a malformed URL no hook has run, so the headers are set here.
    frameworkErrors: (_error, request, reply) => {
      answerError(nothingHere(), request, reply.headers(HEADERS));
    },
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    const { headers, method } = request;
    if (allowedHosts !== null && !isKnownHost(headers.host, allowedHosts)) {
      throw new HttpError(421, 'This host name is not served: open the address that the platform printed.');
    }
    const hasBearer = login?.hasBearer(headers.authorization) ?? false;
    const isRead = method === 'GET' || method === 'HEAD';
    // Browsers never send a bearer token by themselves, so pages of other sites cannot misuse it.
    if (!isRead && !hasBearer && !isSameOrigin(headers)) {
      throw new HttpError(403, 'Requests from other sites are refused.');
    }
    const hasAccess = login === null || hasBearer || login.hasCookie(headers.cookie);
    if (hasAccess || request.is404 || request.routeOptions.config.isPublic === true) return;
    if (isApi(request)) throw new HttpError(401, 'Log in first.', { 'www-authenticate': 'Bearer' });
    return html(reply.code(401), loginPage(depthOf(request)));
  });

  // A body that is not JSON is a form, or is not read at all.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setErrorHandler<FastifyError | HttpError>(answerError);
  app.setNotFoundHandler(() => {
    throw nothingHere();
  });

  const paths = new Map<string, boolean>();
  app.addHook('onRoute', ({ url, config }) => {
    paths.set(url, config?.isPublic === true);
  });
  addRoutes(app);
  for (const [url, isPublic] of [...paths]) refuseOtherMethods(app, url, isPublic);
  return app;
}

function refuseOtherMethods(app: FastifyInstance, url: string, isPublic: boolean): void {
  const has = app.supportedMethods.filter((method) => app.hasRoute({ method, url }));
  app.route({
    url,
    method: app.supportedMethods.filter((method) => !has.includes(method)),
    config: { isPublic },
    handler: ({ method }) => {
      throw new HttpError(405, `${method} is not possible here.`, { allow: has.join(', ') });
    },
  });
}

/** The answer to a path that does not exist. */
export function nothingHere(): HttpError {
  return new HttpError(404, 'There is nothing here.');
}

export function html(reply: FastifyReply, body: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(body);
}

/** Puts every error into our words, also those of the framework and the network. */
function toHttpError(error: FastifyError | HttpError): HttpError {
  if (error instanceof HttpError) return error;
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

function isApi({ url }: FastifyRequest): boolean {
  return url.startsWith('/api/');
}

function depthOf({ url }: FastifyRequest): number {
  return (url.split('?')[0] ?? '').split('/').length - 2;
}
