import { randomBytes } from 'node:crypto';
import {
  type ApiSecret,
  type ApiSecretRecord,
  bindPlatform,
  DEFAULT_PROJECT,
  type DialBackOptions,
  type Endpoint,
  type EndpointAddress,
  type EndpointId,
  type EndpointPage,
  type EndpointQuery,
  type EndpointView,
  EventBus,
  type HistoryPage,
  type MetricsRecord,
  messageOf,
  type PlatformEventListener,
  type ProjectId,
  platformAddress,
  type ReportRecord,
  SecretKey,
  ServicesHost,
} from 'iroh-net-diagnostics/services';
import { openIdentity } from './identities/index.js';
import { type PlatformOptions, type PlatformSettings, parsePlatformOptions } from './options.js';
import { proofOf } from './proof.js';
import { Maintenance } from './retention/index.js';
import { Dashboard } from './server/index.js';
import { FileHold } from './store/file-hold.js';
import { fleetSummary } from './store/fleet-summary.js';
import { IN_MEMORY, openStore } from './store/open-store.js';
import type { SqlStore } from './store/sql-store.js';

/** Names of the remembered ports in the store. */
const PORT_SETTING = 'port';
const DASHBOARD_PORT_SETTING = 'dashboard.port';
/** With relays: how long to wait for a home relay, which API secrets should contain. Milliseconds. */
const ONLINE_TIMEOUT_MS = 5_000;

/** Of one endpoint, and of one API secret. */
const KEPT_BYTES = { perEndpoint: 16 * 1024 ** 2, perSecret: 16 * 1024 ** 3 };

interface Opened {
  settings: PlatformSettings;
  store: SqlStore;
  endpoint: Endpoint;
  events: EventBus;
}

/**
 * A self-hosted platform: takes sessions of endpoints that hold one of its API secrets, keeps what they send, and
 * dials them back when somebody presses Run Diagnostics on its dashboard.
 */
export class Platform {
  /** The public half of its key. It stays the same as long as the data folder does. */
  readonly id: EndpointId;
  readonly #settings: PlatformSettings;
  readonly #store: SqlStore;
  readonly #endpoint: Endpoint;
  readonly #events: EventBus;
  readonly #services: ServicesHost;
  #dashboard: Dashboard | null = null;
  #maintenance: Maintenance | null = null;
  #stopping: Promise<void> | null = null;

  private constructor({ settings, store, endpoint, events }: Opened) {
    this.id = endpoint.id;
    this.#settings = settings;
    this.#store = store;
    this.#endpoint = endpoint;
    this.#events = events;
    this.#services = ServicesHost.start({
      ...{ endpoint, store, events, clock: settings.clock, limits: settings.limits },
      address: () => platformAddress(endpoint, settings.bindAddrs),
    });
  }

  /**
   * Opens the store, binds the endpoint, accepts sessions and serves the dashboard.
   * @throws NetDiagnosticsError `ERR_SETTING`, `ERR_STORE`, `ERR_BIND`, `ERR_BINDING_UNAVAILABLE`
   * @example
   * const platform = await Platform.start({ dataDir: './platform-data' });
   * console.log(platform.dashboardUrl);
   */
  static start(options: PlatformOptions): Promise<Platform>;
  /** @internal With the parts that tests replace. */
  static start(options: PlatformOptions, parts: { store?: SqlStore }): Promise<Platform>;
  static async start(options: PlatformOptions, parts: { store?: SqlStore } = {}): Promise<Platform> {
    const settings = parsePlatformOptions(options);
    const { dataDir, database, network, relays, bindAddrs, onEvent } = settings;
    const secretKey =
      dataDir === IN_MEMORY ? SecretKey.fromBytes(randomBytes(32)) : await openIdentity(dataDir);
    const events = new EventBus();
    if (onEvent !== null) events.subscribe(onEvent);
    const warn = (message: string) => events.emit({ type: 'warning', message });
    const store = parts.store ?? (await openStore(database ?? dataDir, warn));
    let endpoint: Endpoint | null = null;
    try {
      const remembered = await rememberedPort(store, PORT_SETTING);
      const bound = await bindPlatform({
        secretKey,
        network,
        relays,
        bindAddrs,
        port: settings.port,
        remembered,
      });
      endpoint = bound.endpoint;
      await store.adoptIdentity(endpoint.id);
      await store.allOffline(endpoint.id);
      await store.putSetting(PORT_SETTING, String(bound.port));
      if (remembered !== null && bound.port !== remembered) warnMoved(events, remembered, bound.port);
      const platform = new Platform({ settings, store, endpoint, events });
      await platform.#open();
      return platform;
    } catch (error) {
      await endpoint?.close();
      await store.close();
      throw error;
    }
  }

  /** Where endpoints reach it, as API secrets contain it. */
  get address(): EndpointAddress {
    return this.#services.address;
  }

  /**
   * The URL that opens the dashboard. It contains the login token, so it is a credential. `null` without a dashboard.
   */
  get dashboardUrl(): string | null {
    return this.#dashboard?.url ?? null;
  }

  /**
   * Makes an API secret; `reveal()` gives the text for `IROH_SERVICES_API_SECRET`. Only its public half is kept.
   * @param label - the operator's word for it, at most 60 characters
   */
  createApiSecret(label?: string): Promise<ApiSecret> {
    return this.#services.createApiSecret(label);
  }

  /**
   * Accepts an SSH key in place of an API secret: its sessions may do everything. Listed and revoked like a secret.
   * @param publicKey - the line of its `.pub` file, `ssh-ed25519 …`
   * @param label - the operator's word for it, at most 60 characters
   * @returns its id
   */
  registerSshKey(publicKey: string, label?: string): Promise<EndpointId> {
    return this.#services.registerSshKey(publicKey, label);
  }

  /** The secrets it issued, newest first, revoked ones included. */
  apiSecrets(): Promise<ApiSecretRecord[]> {
    return this.#services.apiSecrets();
  }

  /** Revokes a secret at once. @returns whether it was valid until now */
  revokeApiSecret(keyId: EndpointId): Promise<boolean> {
    return this.#services.revokeApiSecret(keyId);
  }

  /**
   * A page of the endpoints, or of those that a query selects. Those online come first, then the last seen.
   * @throws NetDiagnosticsError `ERR_SETTING` for a bad limit or cursor
   * @example
   * const { endpoints, next } = await platform.endpoints({ group: 'staging', attributes: { region: 'eu' } });
   */
  endpoints(query: Partial<EndpointQuery> = {}): Promise<EndpointPage<EndpointView>> {
    return this.#services.endpoints(query);
  }

  /** One endpoint; `null` when it never had a session here. */
  endpoint(id: EndpointId, project: ProjectId = DEFAULT_PROJECT): Promise<EndpointView | null> {
    return this.#services.endpoint({ project, id });
  }

  /**
   * An endpoint's reports, newest first.
   * @param page - `limit`: a whole number, 0 or more. Default: all that are kept (100). `before`: only reports older than
   * the one with this id
   * @throws NetDiagnosticsError `ERR_SETTING` for another limit
   */
  reports(
    id: EndpointId,
    page: Partial<HistoryPage> = {},
    project: ProjectId = DEFAULT_PROJECT,
  ): Promise<ReportRecord[]> {
    return this.#services.reports({ project, id }, page);
  }

  /** The latest values of an endpoint's metrics sessions, newest first. */
  metrics(id: EndpointId, project: ProjectId = DEFAULT_PROJECT): Promise<MetricsRecord[]> {
    return this.#services.metrics({ project, id });
  }

  /**
   * What the Run Diagnostics button does: dials the endpoint back and stores its report.
   * @throws NetDiagnosticsError `ERR_STATE` when the button is grey, `DialBackError` when the run fails
   */
  dialBack(
    id: EndpointId,
    options: DialBackOptions = {},
    project: ProjectId = DEFAULT_PROJECT,
  ): Promise<ReportRecord> {
    return this.#services.dialBack({ project, id }, options);
  }

  /** Tells the listener everything that happens from now on. @returns ends that */
  subscribe(listener: PlatformEventListener): () => void {
    return this.#services.subscribe(listener);
  }

  /** Ends runs, sessions and dashboard, then closes endpoint and store. Idempotent, never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #open(): Promise<void> {
    try {
      if (this.#settings.network === 'n0' || (this.#settings.relays ?? []).length > 0)
        await this.#waitForRelay();
      if (this.#settings.dashboard !== null) await this.#openDashboard();
      this.#maintain();
    } catch (error) {
      await this.#services.stop();
      throw error;
    }
  }

  #maintain(): void {
    const { retention, clock } = this.#settings;
    this.#maintenance = Maintenance.start({
      ...{ database: this.#store.database, retention, bytes: KEPT_BYTES, clock },
      onError: (message) => this.#events.emit({ type: 'warning', message }),
    });
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
      services: this.#services,
      hold: this.#settings.database === null ? new FileHold(this.#store.tables) : null,
      fleetOf: (project) =>
        fleetSummary(this.#store.tables, project, Math.floor(this.#settings.clock.now() / 1000)),
      prove: (challenge, body) => proofOf(this.#endpoint.secretKey(), challenge, body),
    });
    this.#dashboard = opened;
    await this.#store.putSetting(DASHBOARD_PORT_SETTING, String(opened.port));
  }

  async #stop(): Promise<void> {
    const attempts = [
      () => this.#dashboard?.close(),
      () => this.#maintenance?.stop(),
      () => this.#services.stop(),
      () => this.#endpoint.close(),
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

async function rememberedPort(store: SqlStore, key: string): Promise<number | null> {
  const text = await store.setting(key);
  const port = Number(text ?? Number.NaN);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null;
}
