import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { hasCode, isLoopbackAddress, withBrackets } from 'iroh-net-diagnostics/services';
import type { ServerSight } from '../observe/index.js';
import type { DashboardSettings } from '../options.js';
import type { People } from '../people/index.js';
import { type AppOptions, createApp, depthOf } from './app.js';
import { addDoorPages, Doors, returnPath } from './doors/index.js';
import { closeServers, type Handler, type Listeners, listen } from './listen.js';
import { LiveProjects } from './live-projects.js';
import { addPages } from './page-routes.js';
import { signInPage } from './pages.js';
import { type ApiContext, addApi } from './v1/index.js';

/** What the dashboard uses. */
export interface DashboardContext extends Omit<ApiContext, 'live' | 'doors'> {
  settings: DashboardSettings;
  people: People;
  /** The port used last. If it is taken, the dashboard moves to another one. */
  rememberedPort: number | null;
  /** Looks at everything that is asked. @returns adds what it shows */
  observe(app: FastifyInstance, server: ServerSight): () => void;
}

/** The platform's pages and their API, over plain HTTP on loopback. */
export class Dashboard {
  readonly port: number;
  /** Where browsers find it. */
  readonly url: string;
  readonly #servers: readonly Server[];
  readonly #live: LiveProjects;

  private constructor(listeners: Listeners, url: string, live: LiveProjects) {
    this.port = listeners.port;
    this.url = url;
    this.#servers = listeners.servers;
    this.#live = live;
  }

  /** Begins to serve. @throws NetDiagnosticsError `ERR_BIND` when a port the settings name is taken */
  static async open(context: DashboardContext): Promise<Dashboard> {
    const { settings, services, people, clock } = context;
    const { hasLogin, token } = settings;
    let handler: Handler = (_request, response) => {
      response.destroy();
    };
    const listeners = await listenSomewhere(context, (request, response) => handler(request, response));
    const { port } = listeners;
    const doors = new Doors({ people, platformId: services.id, hasLogin, token, clock });
    const live = new LiveProjects((project) => services.changesIn(project), {
      again: (caller) => people.callers.again(caller),
      hasProject: (project) => people.projects.exists(project),
      onAccess: (listener) => services.onAccess(listener),
    });
    const options: AppOptions = {
      allowedHosts: isNamed(settings) ? settings.allowedHosts : null,
      identify: (request) => doors.identify(request),
      hasProject: (project) => people.projects.exists(project),
      signInPage: ({ url }) =>
        signInPage({ to: returnPath(url), oidc: doors.oidc ?? '', refusal: '', depth: depthOf(url) }),
      observe: (app) =>
        context.observe(app, {
          publicMetrics: settings.publicMetrics,
          fleetMetrics: settings.fleetMetrics,
          callerOf: ({ caller }) => (caller === null ? null : { kind: caller.kind, id: caller.id }),
          streams: () => live.count,
          certificateEndsAt: () => null,
        }),
      onError: (message: string) => services.events.emit({ type: 'warning', message }),
    };
    const app = await createApp(options, async (routes) => {
      addDoorPages(routes, doors);
      addPages(routes, hasLogin);
      await addApi(routes, { ...context, live, doors });
    });
    await app.ready();
    handler = (request, response) => app.routing(request, response);
    return new Dashboard(listeners, urlOf(settings, port), live);
  }

  /** Cuts live streams and all other connections. */
  async close(): Promise<void> {
    this.#live.close();
    await closeServers(this.#servers);
  }
}

/** Whether the allowed host names are known: always on loopback, beyond it only when the operator has named some. */
function isNamed({ hosts, allowedHosts }: DashboardSettings): boolean {
  return hosts.every(isLoopbackAddress) || allowedHosts.length > 0;
}

async function listenSomewhere(
  { settings, rememberedPort, services }: DashboardContext,
  handler: Handler,
): Promise<Listeners> {
  const { hosts } = settings;
  const wanted = settings.port ?? rememberedPort ?? 0;
  try {
    return await listen(hosts, wanted, handler);
  } catch (error) {
    if (settings.port !== null || wanted === 0 || !hasCode(error, 'ERR_BIND')) throw error;
    services.events.emit({
      type: 'warning',
      message: `The dashboard's port ${wanted} is taken: it moves to another.`,
    });
    return listen(hosts, 0, handler);
  }
}

function urlOf({ hosts }: DashboardSettings, port: number): string {
  const [host = '127.0.0.1'] = hosts;
  // Browsers cannot open a wildcard address.
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${withBrackets(shown)}:${port}/`;
}
