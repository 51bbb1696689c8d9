import type { Server } from 'node:http';
import { DEFAULT_PROJECT, hasCode, isLoopbackAddress, withBrackets } from 'iroh-net-diagnostics/services';
import type { DashboardSettings } from '../options.js';
import type { Caller } from '../people/caller.js';
import { PERMISSIONS } from '../people/permissions.js';
import { type ApiContext, addApi } from './api.js';
import { type AppOptions, createApp, depthOf } from './app.js';
import { addBackup, type BackupContext } from './backup.js';
import { bearerIn } from './doors/index.js';
import { Login } from './doors/login.js';
import { closeServers, type Handler, type Listeners, listen } from './listen.js';
import { LiveUpdates } from './live.js';
import { addMetricHistory, type MetricHistoryContext } from './metric-history.js';
import { addLogin, addPages } from './page-routes.js';
import { loginPage } from './pages.js';

/** What the dashboard uses. */
export interface DashboardContext extends ApiContext, BackupContext, MetricHistoryContext {
  settings: DashboardSettings;
  /** The port used last. If it is taken, the dashboard moves to another one. */
  rememberedPort: number | null;
}

/** The platform's pages and their API, over plain HTTP on loopback. */
export class Dashboard {
  readonly port: number;
  /** Where browsers find it. */
  readonly url: string;
  readonly #servers: readonly Server[];
  readonly #live: LiveUpdates;

  private constructor(listeners: Listeners, url: string, live: LiveUpdates) {
    this.port = listeners.port;
    this.url = url;
    this.#servers = listeners.servers;
    this.#live = live;
  }

  /** Begins to serve. @throws NetDiagnosticsError `ERR_BIND` when a port the settings name is taken */
  static async open(context: DashboardContext): Promise<Dashboard> {
    const { settings, services } = context;
    let handler: Handler = (_request, response) => {
      response.destroy();
    };
    // The login's cookie is named after the port, which is known only once it is taken.
    const listeners = await listenSomewhere(context, (request, response) => handler(request, response));
    const { port } = listeners;
    const login = settings.hasLogin ? new Login(settings.token, port) : null;
    const live = new LiveUpdates(services.changesIn(DEFAULT_PROJECT));
    const options: AppOptions = {
      allowedHosts: isNamed(settings) ? settings.allowedHosts : null,
      identify: async (request) => {
        if (login === null) return everything('anyone');
        const bearer = bearerIn(request.headers);
        const isLocal = bearer === null ? login.hasCookie(request.headers.cookie) : login.isToken(bearer);
        return isLocal ? everything('local') : null;
      },
      hasProject: async (project) => project === DEFAULT_PROJECT,
      signInPage: ({ url }) => loginPage('', depthOf(url)),
      onError: (message: string) => services.events.emit({ type: 'warning', message }),
    };
    const app = createApp(options, (routes) => {
      addPages(routes, live, login !== null);
      addApi(routes, context);
      addBackup(routes, context);
      addMetricHistory(routes, context);
      if (login !== null) addLogin(routes, login, () => live.endAll());
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

/** Who may everything. */
function everything(kind: 'local' | 'anyone'): Caller {
  return {
    ...{ kind, id: kind, name: kind, isAdministrator: true, projects: 'all', signInId: null, address: null },
    may: () => true,
    roleIn: () => null,
    permissionsIn: () => PERMISSIONS,
  };
}
