import { systemSleep, Throttle } from '../async/index.js';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import { type ConnectionHandler, type Endpoint, Router } from '../transport/index.js';
import {
  type ApiSecret,
  type EndpointAddress,
  type EndpointId,
  OWN_PLATFORM_ALPN,
  SERVICES_ALPN,
} from '../wire/index.js';
import { ApiSecrets } from './api-secrets.js';
import { bindPlatform, platformAddress } from './bind.js';
import {
  MAX_CONNECTIONS,
  MAX_LARGE_REQUESTS,
  MAX_LARGE_REQUESTS_PER_SECRET,
  MAX_OPEN_STREAMS,
  MAX_OWN_KIND,
  MAX_SESSIONS,
  OWN_KIND_STAY_MS,
  REFUSALS_TOLD_AT_ONCE,
  REFUSALS_TOLD_PER_MINUTE,
} from './constants.js';
import { Dashboard } from './dashboard/index.js';
import { type DialBackOptions, DialBacks } from './dial-back/index.js';
import { EventBus, type PlatformEventListener } from './events.js';
import { newSecretKey, openIdentity } from './identity.js';
import { type PlatformOptions, type PlatformSettings, parsePlatformOptions } from './options.js';
import { proofOf } from './proof.js';
import type { ApiSecretRecord, MetricsRecord, ReportRecord } from './records.js';
import {
  EndpointSession,
  Presence,
  Rates,
  SharedPlaces,
  Slots,
  Twins,
  Unauthenticated,
} from './sessions/index.js';
import { IN_MEMORY, openStore } from './store/open-store.js';
import type { Store } from './store/store.js';
import {
  type EndpointFilter,
  type EndpointView,
  type ViewSources,
  viewEndpoint,
  viewEndpoints,
} from './views.js';

/** Names of the remembered ports in the store. */
const PORT_SETTING = 'port';
const DASHBOARD_PORT_SETTING = 'dashboard.port';
/** With relays: how long to wait for a home relay, which belongs into API secrets. */
const ONLINE_TIMEOUT_MS = 5_000;

/** What comes from outside, so that a test can hold it. */
export interface PlatformParts {
  store: Store;
  /** Stays open when the platform stops: the binding frees no UDP port before the process ends. */
  endpoint: Endpoint;
}

interface Opened {
  settings: PlatformSettings;
  store: Store;
  endpoint: Endpoint;
  ownsEndpoint: boolean;
  events: EventBus;
}

/**
 * The other end, self-hosted: takes sessions of endpoints that hold one of its API secrets, keeps what they send, and
 * dials them back when somebody presses Run Diagnostics on its dashboard.
 */
export class Platform {
  /** The public half of its key; the same as long as its data folder is. */
  readonly id: EndpointId;
  readonly #settings: PlatformSettings;
  readonly #store: Store;
  readonly #endpoint: Endpoint;
  readonly #ownsEndpoint: boolean;
  readonly #events: EventBus;
  readonly #presence = new Presence();
  readonly #router: Router;
  readonly #dialBacks: DialBacks;
  readonly #apiSecrets: ApiSecrets;
  readonly #views: ViewSources;
  #dashboard: Dashboard | null = null;
  #stopping: Promise<void> | null = null;

  private constructor({ settings, store, endpoint, ownsEndpoint, events }: Opened) {
    const { clock } = settings;
    const presence = this.#presence;
    this.id = endpoint.id;
    this.#settings = settings;
    this.#store = store;
    this.#endpoint = endpoint;
    this.#ownsEndpoint = ownsEndpoint;
    this.#events = events;
    this.#router = new Router(endpoint, { maxConnections: MAX_CONNECTIONS });
    this.#dialBacks = new DialBacks({ endpoint, store, presence, events, clock });
    this.#apiSecrets = new ApiSecrets({ store, presence, events, clock, address: () => this.address });
    const twins = new Twins(clock);
    this.#views = { store, presence, twins, dialBacks: this.#dialBacks, clock };
    const shared = {
      ...{ endpoint, store, presence, twins, events, clock },
      places: new SharedPlaces(MAX_SESSIONS, { mayDisplaceOwn: false }),
      openRequests: new SharedPlaces(MAX_OPEN_STREAMS, { mayDisplaceOwn: true }),
      largeRequests: new Slots(MAX_LARGE_REQUESTS, MAX_LARGE_REQUESTS_PER_SECRET),
      rates: new Rates(clock),
      unauthenticated: new Unauthenticated(),
      refusals: new Throttle(REFUSALS_TOLD_AT_ONCE, REFUSALS_TOLD_PER_MINUTE, clock),
    };
    this.#router.handle(SERVICES_ALPN, (connection, { signal }) =>
      new EndpointSession(connection, shared).serve(signal),
    );
    // There is nothing to say: who got here knows.
    const stay: ConnectionHandler = (connection, { signal }) => {
      connection.refuseUniStreams();
      return systemSleep(OWN_KIND_STAY_MS, signal).catch(() => {});
    };
    this.#router.handle(OWN_PLATFORM_ALPN, stay, { maxConnections: MAX_OWN_KIND });
  }

  /**
   * Opens the store, binds the endpoint, accepts sessions and serves the dashboard.
   * @param parts - what tests replace
   * @throws NetDiagnosticsError `ERR_SETTING`, `ERR_STORE` (a data folder needs `npm install libsql`), `ERR_BIND`, `ERR_BINDING_UNAVAILABLE`
   * @example
   * const platform = await Platform.start({ dataDir: './platform-data' });
   * console.log(platform.dashboardUrl);
   */
  static async start(options: PlatformOptions, parts: Partial<PlatformParts> = {}): Promise<Platform> {
    const settings = parsePlatformOptions(options);
    const { dataDir, onEvent } = settings;
    const secretKey = dataDir === IN_MEMORY ? newSecretKey() : await openIdentity(dataDir);
    const store = parts.store ?? (await openStore(dataDir));
    const events = new EventBus();
    if (onEvent !== undefined) events.subscribe(onEvent);
    const ownsEndpoint = parts.endpoint === undefined;
    let endpoint = parts.endpoint ?? null;
    try {
      if (endpoint === null) {
        const remembered = await rememberedPort(store, PORT_SETTING);
        const bound = await bindPlatform(settings, secretKey, remembered);
        endpoint = bound.endpoint;
        await store.putSetting(PORT_SETTING, String(bound.port));
        if (remembered !== null && bound.port !== remembered) warnMoved(events, remembered, bound.port);
      }
      const platform = new Platform({ settings, store, endpoint, ownsEndpoint, events });
      await platform.#open();
      return platform;
    } catch (error) {
      if (ownsEndpoint) await endpoint?.close();
      await store.close();
      throw error;
    }
  }

  /** Where endpoints reach it, as it goes into API secrets. */
  get address(): EndpointAddress {
    return platformAddress(this.#endpoint, this.#settings.hosts);
  }

  /** Opens the dashboard, with the login token in it: a credential. `null` without a dashboard. */
  get dashboardUrl(): string | null {
    return this.#dashboard?.url ?? null;
  }

  /**
   * Makes an API secret; `reveal()` gives the text for `IROH_SERVICES_API_SECRET`. Only its public half is kept.
   * @param label - the operator's word for it, at most 60 characters
   */
  createApiSecret(label?: string): Promise<ApiSecret> {
    return this.#apiSecrets.create(label);
  }

  /**
   * Lets an SSH key in, in place of an API secret: its sessions may do everything. Listed and revoked like a secret.
   * @param publicKey - the line of its `.pub` file, `ssh-ed25519 …`
   * @param label - the operator's word for it, at most 60 characters
   * @returns its id
   */
  registerSshKey(publicKey: string, label?: string): Promise<EndpointId> {
    return this.#apiSecrets.register(publicKey, label);
  }

  /** The secrets it issued, newest first, revoked ones included. */
  apiSecrets(): Promise<ApiSecretRecord[]> {
    return this.#apiSecrets.list();
  }

  /** Makes a secret void at once. @returns whether it was good until now */
  revokeApiSecret(keyId: EndpointId): Promise<boolean> {
    return this.#apiSecrets.revoke(keyId);
  }

  /**
   * All endpoints, those online first, then the last seen; or those of a group, or that say certain things of
   * themselves.
   * @example
   * await platform.endpoints({ group: 'staging', attributes: { region: 'eu' } });
   */
  endpoints(filter: EndpointFilter = {}): Promise<EndpointView[]> {
    return viewEndpoints(this.#views, filter);
  }

  /** One endpoint; `null` when it never was here. */
  endpoint(id: EndpointId): Promise<EndpointView | null> {
    return viewEndpoint(this.#views, id);
  }

  /**
   * An endpoint's reports, newest first.
   * @param limit - a whole number, 0 or more. Default: all that are kept (100)
   * @throws NetDiagnosticsError `ERR_SETTING` for another limit
   */
  async reports(id: EndpointId, limit = 100): Promise<ReportRecord[]> {
    // A store would take a negative one for none, or for all but the oldest.
    if (!Number.isSafeInteger(limit) || limit < 0) {
      throw new NetDiagnosticsError('ERR_SETTING', `limit was ${limit}; give a whole number, 0 or more.`);
    }
    return this.#store.reports(id, limit);
  }

  /** The latest values of an endpoint's metrics sessions, newest first. */
  metrics(id: EndpointId): Promise<MetricsRecord[]> {
    return this.#store.metricsSessions(id);
  }

  /**
   * What the Run Diagnostics button does: dials the endpoint back and stores its report.
   * @throws NetDiagnosticsError `ERR_STATE` when the button is grey, `DialBackError` when the run fails
   */
  dialBack(id: EndpointId, options: DialBackOptions = {}): Promise<ReportRecord> {
    return this.#dialBacks.run(id, options);
  }

  /** Tells what happens from now on. @returns ends it */
  subscribe(listener: PlatformEventListener): () => void {
    return this.#events.subscribe(listener);
  }

  /** Ends runs, sessions and dashboard, then closes endpoint and store. Idempotent, never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #open(): Promise<void> {
    this.#router.start();
    try {
      if (this.#settings.network === 'n0' || (this.#settings.relays ?? []).length > 0)
        await this.#waitForRelay();
      if (this.#settings.dashboard !== null) await this.#openDashboard();
    } catch (error) {
      await this.#router.close();
      throw error;
    }
  }

  async #waitForRelay(): Promise<void> {
    await this.#endpoint.online({ timeoutMs: ONLINE_TIMEOUT_MS }).catch((error: unknown) => {
      this.#events.emit({
        type: 'warning',
        message: `No relay yet: API secrets made now lack it (${messageOf(error)}).`,
      });
    });
  }

  async #openDashboard(): Promise<void> {
    const { dashboard } = this.#settings;
    if (dashboard === null) return;
    const opened = await Dashboard.open({
      settings: dashboard,
      rememberedPort: await rememberedPort(this.#store, DASHBOARD_PORT_SETTING),
      sources: this.#views,
      apiSecrets: this.#apiSecrets,
      events: this.#events,
      platformId: this.id,
      prove: (challenge, body) => proofOf(this.#endpoint.secretKey(), challenge, body),
    });
    this.#dashboard = opened;
    await this.#store.putSetting(DASHBOARD_PORT_SETTING, String(opened.port));
  }

  async #stop(): Promise<void> {
    const attempts = [
      () => this.#dashboard?.close(),
      () => this.#dialBacks.close(),
      () => this.#router.close(),
      () => (this.#ownsEndpoint ? this.#endpoint.close() : undefined),
      () => this.#store.close(),
    ];
    for (const attempt of attempts) {
      try {
        await attempt();
      } catch (error) {
        this.#events.emit({ type: 'warning', message: `While stopping: ${messageOf(error)}` });
      }
    }
  }
}

function warnMoved(events: EventBus, from: number, to: number): void {
  events.emit({
    type: 'warning',
    message:
      `UDP port ${from} is taken, so the platform moved to ${to}: API secrets made before point to ${from}. ` +
      `Free that port and start again, or make new secrets.`,
  });
}

async function rememberedPort(store: Store, key: string): Promise<number | null> {
  const text = await store.setting(key);
  const port = Number(text ?? Number.NaN);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null;
}
