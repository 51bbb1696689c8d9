import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from 'iroh-net-diagnostics/services';
import { isKnownHost, isSameOrigin, type Login } from './access.js';
import { Exchange, HttpError } from './exchange.js';
import { errorPage, loginPage } from './pages.js';
import type { Route, RouteHandler } from './routes.js';

/** What decides who gets in. */
export interface HandlerOptions {
  routes: readonly Route[];
  /** `null`: everybody who can connect. */
  login: Login | null;
  /** `null`: any `Host`, for a dashboard that was opened to a network on purpose. */
  allowedHosts: readonly string[] | null;
  /** A browser has logged out: what it had open ends. */
  onLogout(): void;
  /** Gets faults of the platform itself. */
  onError(message: string): void;
}

/** Answers a request, whatever it is. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Puts access control in front of the routes. */
export function createHandler(options: HandlerOptions): Handler {
  const { login, onLogout } = options;
  const routes =
    login === null ? options.routes : [loginRoute(login), logoutRoute(login, onLogout), ...options.routes];
  return async (request, response) => {
    let exchange: Exchange | null = null;
    try {
      exchange = new Exchange(request, response);
      await dispatch(exchange, routes, options);
    } catch (error) {
      if (exchange === null || response.headersSent) response.destroy();
      else answerError(exchange, error, options);
    }
  };
}

async function dispatch(
  exchange: Exchange,
  routes: readonly Route[],
  options: HandlerOptions,
): Promise<void> {
  const { headers, method = '' } = exchange.request;
  if (options.allowedHosts !== null && !isKnownHost(headers.host, options.allowedHosts)) {
    throw new HttpError(421, 'This host name is not served: open the address that the platform printed.');
  }
  const hasBearer = options.login?.hasBearer(headers.authorization) ?? false;
  const isRead = method === 'GET' || method === 'HEAD';
  // A bearer token is no ambient right: no page elsewhere can make the browser send it.
  if (!isRead && !hasBearer && !isSameOrigin(headers)) {
    throw new HttpError(403, 'Requests from other sites are refused.');
  }
  const { route, parameter } = findRoute(exchange, routes);
  const hasAccess = options.login === null || hasBearer || options.login.hasCookie(headers.cookie);
  if (!hasAccess && route.isPublic !== true) return askToLogIn(exchange);
  await methodOf(route, method)(exchange, parameter);
}

function findRoute({ url }: Exchange, routes: readonly Route[]): { route: Route; parameter: string } {
  for (const route of routes) {
    const match = route.path.exec(url.pathname);
    if (match !== null) return { route, parameter: match[1] ?? '' };
  }
  throw new HttpError(404, 'There is nothing here.');
}

function methodOf(route: Route, method: string): RouteHandler {
  // Node leaves the body of an answer to HEAD out by itself.
  const handler = method === 'HEAD' ? route.methods.GET : route.methods[method as 'GET' | 'POST'];
  if (handler !== undefined) return handler;
  const allow = Object.keys(route.methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
  throw new HttpError(405, `${method} is not possible here.`, { allow: allow.join(', ') });
}

/** The page of the printed URL posts the token that is behind its `#`; without scripts one pastes it. */
function loginRoute(login: Login): Route {
  return {
    path: /^\/login$/,
    isPublic: true,
    methods: {
      GET: (exchange) => exchange.html(loginPage('')),
      POST: async (exchange) => {
        const token = new URLSearchParams(await exchange.body()).get('token') ?? '';
        if (!login.isToken(token))
          return exchange.html(loginPage('That is not the token of this start.'), 401);
        exchange.response.setHeader('set-cookie', login.begin(exchange.request.headers));
        exchange.redirect('./');
      },
    },
  };
}

function logoutRoute(login: Login, onLogout: () => void): Route {
  return {
    path: /^\/logout$/,
    methods: {
      POST: (exchange) => {
        exchange.response.setHeader('set-cookie', login.end(exchange.request.headers.cookie));
        onLogout();
        exchange.redirect('./login');
      },
    },
  };
}

function askToLogIn(exchange: Exchange): void {
  if (exchange.isApi) throw new HttpError(401, 'Log in first.', { 'www-authenticate': 'Bearer' });
  const depth = exchange.url.pathname.split('/').length - 2;
  exchange.html(loginPage('', depth), 401);
}

function answerError(exchange: Exchange, error: unknown, { onError }: HandlerOptions): void {
  if (!(error instanceof HttpError)) onError(`The dashboard failed: ${messageOf(error)}`);
  const { status, message, headers } =
    error instanceof HttpError ? error : new HttpError(500, 'The platform failed: its log says why.');
  for (const [name, value] of Object.entries(headers)) exchange.response.setHeader(name, value);
  if (exchange.isApi) exchange.json({ error: message }, status);
  else exchange.html(errorPage(status, message, exchange.url.pathname.split('/').length - 2), status);
}
