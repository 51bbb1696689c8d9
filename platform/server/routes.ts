import type { Api } from './api.js';
import { ASSETS } from './assets.js';
import { type Exchange, HttpError } from './exchange.js';
import type { LiveUpdates } from './live.js';
import { endpointPage, endpointsPage, type MakePage, secretsPage } from './pages.js';

/** Carries out a request. `parameter`: what the route's group caught. */
export type RouteHandler = (exchange: Exchange, parameter: string) => void | Promise<void>;

/** One path with its methods. */
export interface Route {
  path: RegExp;
  /** Reachable before login. */
  isPublic?: boolean;
  methods: Partial<Record<'GET' | 'POST', RouteHandler>>;
}

/** All routes but the login's. */
export function dashboardRoutes(api: Api, live: LiveUpdates, hasLogin: boolean): Route[] {
  const page = (make: MakePage): Route['methods'] => {
    const html = make(hasLogin);
    return { GET: (exchange) => exchange.html(html) };
  };
  return [
    { path: /^\/$/, methods: page(endpointsPage) },
    { path: /^\/endpoints\/[0-9a-f]{64}$/, methods: page(endpointPage) },
    { path: /^\/secrets$/, methods: page(secretsPage) },
    { path: /^\/assets\/([a-z-]+\.[a-z]+)$/, isPublic: true, methods: { GET: sendAsset } },
    { path: /^\/api\/events$/, methods: { GET: (exchange) => live.open(exchange) } },
    { path: /^\/api\/endpoints$/, methods: { GET: (exchange) => api.endpoints(exchange) } },
    {
      path: /^\/api\/endpoints\/([0-9a-f]{64})$/,
      methods: { GET: (exchange, id) => api.endpoint(exchange, id) },
    },
    {
      path: /^\/api\/endpoints\/([0-9a-f]{64})\/metrics$/,
      methods: { GET: (exchange, id) => api.metrics(exchange, id) },
    },
    {
      path: /^\/api\/endpoints\/([0-9a-f]{64})\/diagnostics$/,
      methods: { POST: (exchange, id) => api.run(exchange, id) },
    },
    { path: /^\/api\/reports\/([0-9a-f]+)$/, methods: { GET: (exchange, id) => api.report(exchange, id) } },
    {
      path: /^\/api\/secrets$/,
      methods: { GET: (exchange) => api.secrets(exchange), POST: (exchange) => api.createSecret(exchange) },
    },
    {
      path: /^\/api\/secrets\/([0-9a-f]{64})\/revoke$/,
      methods: { POST: (exchange, id) => api.revokeSecret(exchange, id) },
    },
  ];
}

function sendAsset(exchange: Exchange, name: string): void {
  const asset = ASSETS.get(name);
  if (asset === undefined) throw new HttpError(404, 'There is nothing here.');
  exchange.send(200, asset.type, asset.body);
}
