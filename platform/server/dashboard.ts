import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { hasCode, withBrackets } from 'iroh-net-diagnostics/services';
import type { ServerSight } from '../observe/index.js';
import type { DashboardSettings } from '../options.js';
import type { People } from '../people/index.js';
import { type AppOptions, createApp, depthOf } from './app.js';
import { Certificate } from './certificate.js';
import { DRAIN_MS } from './constants.js';
import { addDoorPages, addressOf, allowedNames, Doors, returnPath } from './doors/index.js';
import { OidcProvider } from './doors/oidc/provider.js';
import { addOidc } from './doors/oidc/routes.js';
import { type Handler, type Listeners, listen } from './listen.js';
import { LiveProjects } from './live-projects.js';
import { addPages } from './page-routes.js';
import { signInPage } from './pages.js';
import { type ApiContext, addApi } from './v1/index.js';

/** What the dashboard uses. */
export interface DashboardContext extends Omit<ApiContext, 'live' | 'doors'> {
  settings: DashboardSettings;
  people: People;
  onRoute?: AppOptions['onRoute'];
  /** The port used last. If it is taken, the dashboard moves to another one. */
  rememberedPort: number | null;
  /** Looks at everything that is asked. @returns adds what it shows */
  observe(app: FastifyInstance, server: ServerSight): () => void;
}

/** The platform's pages and their API, over TLS, or over plain HTTP on loopback and behind a proxy. */
export class Dashboard {
  readonly port: number;
  /** Where browsers find it. */
  readonly url: string;
  /** Where programs on this machine find it, whatever is in front. */
  readonly localUrl: string;
  /** Lets programs on this machine in, as an administrator, for as long as this dashboard is open. */
  readonly localToken: string;
  readonly #listeners: Listeners;
  readonly #certificate: Certificate | null;
  readonly #live: LiveProjects;

  private constructor(
    listeners: Listeners,
    settings: DashboardSettings,
    certificate: Certificate | null,
    live: LiveProjects,
    localToken: string,
  ) {
    this.localToken = localToken;
    this.port = listeners.port;
    this.localUrl = urlOf(settings, listeners.port);
    this.url = settings.publicUrl ?? this.localUrl;
    this.#listeners = listeners;
    this.#certificate = certificate;
    this.#live = live;
  }

  /**
   * Begins to serve.
   * @throws NetDiagnosticsError `ERR_BIND` when a port the settings name is taken, `ERR_SETTING` when the certificate is none
   */
  static async open(context: DashboardContext): Promise<Dashboard> {
    const { settings, services, people, clock } = context;
    const { hasLogin, token, publicUrl, tls: files } = settings;
    const warn = (message: string) => services.events.emit({ type: 'warning', message });
    const certificate = files === null ? null : await Certificate.open({ files, clock, warn });
    const provider = settings.oidc === null ? null : new OidcProvider(settings.oidc, () => clock.now());
    await provider?.check();
    let handler: Handler = (_request, response) => {
      response.destroy();
    };
    const listeners = await listenSomewhere(context, certificate, (request, response) =>
      handler(request, response),
    );
    certificate?.onChange((changed) => listeners.useContext(changed));
    const localToken = randomBytes(32).toString('base64url');
    const doors = new Doors({
      ...{ people, platformId: services.id, hasLogin, token, localToken, publicUrl, clock },
    });
    const live = new LiveProjects((project) => services.changesIn(project), {
      again: (caller) => people.callers.again(caller),
      hasProject: (project) => people.projects.exists(project),
      onAccess: (listener) => services.onAccess(listener),
    });
    const options: AppOptions = {
      allowedHosts: allowedNames(settings),
      publicUrl,
      hasTls: certificate !== null,
      trustProxy: settings.trustProxy,
      onRoute: context.onRoute,
      identify: (request) => doors.identify(request),
      hasProject: (project) => people.projects.exists(project),
      signInPage: ({ url }) =>
        signInPage({ to: returnPath(url), oidc: doors.oidc?.label ?? '', refusal: '', depth: depthOf(url) }),
      observe: (app) =>
        context.observe(app, {
          publicMetrics: settings.publicMetrics,
          fleetMetrics: settings.fleetMetrics,
          callerOf: ({ caller }) => (caller === null ? null : { kind: caller.kind, id: caller.id }),
          addressOf,
          streams: () => live.count,
          certificateEndsAt: () => certificate?.validTo ?? null,
        }),
      onError: warn,
    };
    const app = await createApp(options, async (routes) => {
      addDoorPages(routes, doors);
      if (provider !== null && hasLogin)
        addOidc(routes, { doors, provider, platformId: services.id, clock, onWarning: options.onError });
      addPages(routes);
      await addApi(routes, { ...context, live, doors });
    });
    await app.ready();
    handler = (request, response) => app.routing(request, response);
    return new Dashboard(listeners, settings, certificate, live, localToken);
  }

  /** Looks now whether there is a new certificate. */
  async reloadCertificate(): Promise<void> {
    await this.#certificate?.reload();
  }

  /** Takes no more requests. Live streams are cut; answers that were begun may end. */
  async close(): Promise<void> {
    this.#certificate?.close();
    this.#live.close();
    await this.#listeners.close(DRAIN_MS);
  }
}

async function listenSomewhere(
  { settings, rememberedPort, services }: DashboardContext,
  certificate: Certificate | null,
  handler: Handler,
): Promise<Listeners> {
  const { hosts } = settings;
  const options = { tls: certificate?.context };
  const wanted = settings.port ?? rememberedPort ?? 0;
  try {
    return await listen(hosts, wanted, handler, options);
  } catch (error) {
    if (settings.port !== null || wanted === 0 || !hasCode(error, 'ERR_BIND')) throw error;
    services.events.emit({
      type: 'warning',
      message: `The dashboard's port ${wanted} is taken: it moves to another.`,
    });
    return listen(hosts, 0, handler, options);
  }
}

function urlOf({ hosts, tls }: DashboardSettings, port: number): string {
  const [host = '127.0.0.1'] = hosts;
  // Browsers cannot open a wildcard address.
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === null ? 'http' : 'https'}://${withBrackets(shown)}:${port}/`;
}
