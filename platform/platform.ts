import {
  type ApiSecret,
  type ApiSecretRecord,
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
  type IsPublicAddress,
  type MetricsRecord,
  messageOf,
  NetDiagnosticsError,
  type PlatformEventListener,
  type ProjectId,
  type ReportRecord,
  ServicesShares,
} from 'iroh-net-diagnostics/services';
import { type ChangeFeed, openFeed } from './changes/index.js';
import { makeFirstAdministrator } from './first-administrator.js';
import { Fleet } from './fleet.js';
import {
  type HeldIdentity,
  IdentityTable,
  KeyRing,
  LeaseKeeper,
  type LossReason,
} from './identities/index.js';
import { Observatory, type Sight } from './observe/index.js';
import { type PlatformOptions, type PlatformSettings, parsePlatformOptions } from './options.js';
import { People } from './people/index.js';
import { proofOf } from './proof.js';
import { leastUsedIdentity, Reach } from './reach.js';
import { agesOf, Maintenance } from './retention/index.js';
import { RunQueue } from './runs/index.js';
import { ServedIdentity } from './served-identity.js';
import { Dashboard, type DashboardContext } from './server/index.js';
import { FileHold } from './store/file-hold.js';
import { fleetSummary } from './store/fleet-summary.js';
import { MetricHistories } from './store/metric-series.js';
import { openDatabase, openStore } from './store/open-store.js';
import { DASHBOARD_PORT_SETTING, rememberedPort } from './store/settings.js';
import type { SqlDatabase } from './store/sql-database.js';
import type { SqlStore } from './store/sql-store.js';
import { usageOf } from './store/usage.js';
import type { Write } from './store/write-queue.js';

/** With relays: how long to wait for a home relay, which API secrets should contain. Milliseconds. */
const ONLINE_TIMEOUT_MS = 5_000;
/** Who asks for a run by a call of `dialBack`. */
const PROGRAM = { kind: 'program', id: 'program', name: 'a program' };

/** What tests replace or look at. */
interface ReplacedParts {
  store?: SqlStore;
  /** Makes the texts of the API's answers. */
  serializer?: DashboardContext['serializer'];
  onRoute?: DashboardContext['onRoute'];
  /** In a test network, which has its own public addresses. */
  isPublicAddress?: IsPublicAddress;
}

/** What a platform is made of, in the order in which it is opened. */
interface Parts {
  settings: PlatformSettings;
  keys: KeyRing;
  events: EventBus;
  store: SqlStore;
  /** For the leases: on PostgreSQL connections of their own, which nothing else can take. */
  leases: SqlDatabase;
  feed: ChangeFeed;
  observatory: Observatory;
  serializer: DashboardContext['serializer'];
  onRoute: DashboardContext['onRoute'];
  isPublicAddress: IsPublicAddress | undefined;
}

/**
 * A self-hosted platform: takes sessions of endpoints that hold one of its API secrets, keeps what they send, and
 * dials them back when somebody presses Run Diagnostics on its dashboard. On PostgreSQL several processes are one platform:
 * each identity, which API secrets name, is in the hands of one of them, and each of them shows and does everything.
 */
export class Platform {
  /**
   * The public half of its key. It stays the same as long as the data folder, or the database, does. Of several identities
   * it is the oldest.
   */
  readonly id: EndpointId;
  readonly #parts: Parts;
  readonly #reach: Reach;
  readonly #fleet: Fleet;
  readonly #people: People;
  /** Of all that this process holds. */
  readonly #shares: ServicesShares;
  /** What this process holds. */
  readonly #served = new Map<EndpointId, ServedIdentity>();
  #keeper: LeaseKeeper | null = null;
  #dashboard: Dashboard | null = null;
  #setUpUrl: string | null = null;
  #maintenance: Maintenance | null = null;
  #stopping: Promise<void> | null = null;

  private constructor(id: EndpointId, parts: Parts) {
    const { store, feed, events, settings, observatory } = parts;
    const { clock } = settings;
    this.id = id;
    this.#parts = parts;
    this.#shares = new ServicesShares(settings.limits, clock);
    this.#people = new People({ store, feed, clock });
    this.#reach = new Reach(settings, store, (message) => this.#warn(message));
    this.#fleet = new Fleet({
      ...{ id, store, feed, events, clock },
      runs: new RunQueue({ store, feed, events, clock, observer: observatory }),
      addressForSecret: () => this.#addressForSecret(),
      closeSessionsOf: (keyId) => {
        for (const { host } of this.#served.values()) host.secretRevoked(keyId);
      },
    });
  }

  /**
   * Opens the store, binds the endpoint, accepts sessions and serves the dashboard. While all identities of a shared
   * database are in the hands of other processes, it serves the dashboard alone, and takes over what they leave.
   * @throws NetDiagnosticsError `ERR_SETTING`, `ERR_STORE`, `ERR_BIND`, `ERR_BINDING_UNAVAILABLE`
   * @example
   * const platform = await Platform.start({ dataDir: './platform-data' });
   * console.log(platform.dashboardUrl);
   */
  static start(options: PlatformOptions): Promise<Platform>;
  /** @internal With the parts that tests replace. */
  static start(options: PlatformOptions, parts: ReplacedParts): Promise<Platform>;
  static async start(options: PlatformOptions, replaced: ReplacedParts = {}): Promise<Platform> {
    const settings = parsePlatformOptions(options);
    const { dataDir, database, platformKeyFile, identities, onEvent } = settings;
    const isShared = database !== null;
    const variables = process.env;
    const keys = await KeyRing.open({ dataDir, isShared, platformKeyFile, identities, variables });
    const events = new EventBus();
    if (onEvent !== null) events.subscribe(onEvent);
    const warn = (message: string) => events.emit({ type: 'warning', message });
    const observatory = new Observatory(settings, events);
    const store = replaced.store ?? (await openStore(database ?? dataDir, warn, observatory.onStatement));
    const opened: { close(): Promise<void> }[] = [store];
    try {
      const leases = database === null ? store.database : await openDatabase(database, { connections: 2 });
      if (leases !== store.database) opened.push(leases);
      const feed = await openFeed(database ?? dataDir);
      opened.push(feed);
      await keys.register(store.database);
      if (keys.own !== null) await store.adoptIdentity(keys.own.id);
      const id = keys.own?.id ?? (await oldestIdentity(leases));
      const { serializer, onRoute, isPublicAddress } = replaced;
      const given = { serializer, onRoute, isPublicAddress };
      const parts = { settings, keys, events, store, leases, feed, observatory, ...given };
      const platform = new Platform(id, parts);
      await platform.#open();
      return platform;
    } catch (error) {
      for (const one of opened.reverse()) await one.close();
      throw error;
    }
  }

  /** Where endpoints reach it, as API secrets contain it. Of several identities that of {@link id}. */
  get address(): EndpointAddress {
    return this.#served.get(this.id)?.host.address ?? this.#reach.elsewhere(this.id);
  }

  /**
   * The dashboard's URL. It is no credential: the dashboard asks who comes. `null` without a dashboard.
   */
  get dashboardUrl(): string | null {
    return this.#dashboard?.url ?? null;
  }

  /**
   * Makes the first account, an administrator's: a credential, for one use within 24 hours. `null` once there is one, and
   * where nobody has to sign in.
   */
  get setUpUrl(): string | null {
    return this.#setUpUrl;
  }

  /** @internal Where programs on this machine reach the dashboard, whatever is in front of it. `null` without one. */
  get localUrl(): string | null {
    return this.#dashboard?.localUrl ?? null;
  }

  /** @internal Lets programs on this machine in, until this platform stops; `null` without a dashboard. */
  get localToken(): string | null {
    return this.#dashboard?.localToken ?? null;
  }

  /** @internal Who may do what here, and what was done. */
  get people(): People {
    return this.#people;
  }

  /**
   * Looks now whether the files of `dashboard.tls` have changed, as it does every ten seconds. Connections go on. When the new
   * ones cannot be used, a warning says why, and the old certificate stays.
   */
  async reloadCertificate(): Promise<void> {
    await this.#dashboard?.reloadCertificate();
  }

  /** The identities that this process holds now, each named by its public key. */
  get held(): readonly EndpointId[] {
    return [...this.#served.keys()];
  }

  /**
   * Makes an API secret; `reveal()` gives the text for `IROH_SERVICES_API_SECRET`. Only its public half is kept. On a shared
   * database it names the identity with the fewest endpoints, and the relays of the options instead of this machine.
   * @param label - the operator's word for it, at most 60 characters
   * @throws NetDiagnosticsError `ERR_SETTING` for a longer label, `ERR_STATE` when there is no such project or there are too
   * many secrets, `ERR_STORE`
   */
  createApiSecret(label?: string, project?: ProjectId): Promise<ApiSecret>;
  /** @internal With what is written down of it, in its transaction. */
  createApiSecret(label: string, project: ProjectId, note: (keyId: EndpointId) => Write): Promise<ApiSecret>;
  createApiSecret(
    label?: string,
    project: ProjectId = DEFAULT_PROJECT,
    note?: (keyId: EndpointId) => Write,
  ): Promise<ApiSecret> {
    return this.#fleet.createApiSecret(label, project, note);
  }

  /**
   * Accepts an SSH key in place of an API secret: its sessions may do everything. Listed and revoked like a secret.
   * @param publicKey - the line of its `.pub` file, `ssh-ed25519 …`
   * @param label - the operator's word for it, at most 60 characters
   * @returns its id
   */
  registerSshKey(publicKey: string, label?: string): Promise<EndpointId> {
    return this.#fleet.registerSshKey(publicKey, label);
  }

  /** The secrets it issued, newest first, revoked ones included. */
  apiSecrets(): Promise<ApiSecretRecord[]> {
    return this.#fleet.apiSecrets();
  }

  /** Revokes a secret at once. @returns whether it was valid until now */
  revokeApiSecret(keyId: EndpointId): Promise<boolean> {
    return this.#fleet.revokeApiSecret(keyId);
  }

  /**
   * A page of the endpoints, or of those that a query selects. Those online come first, then the last seen.
   * @throws NetDiagnosticsError `ERR_SETTING` for a bad limit or cursor
   * @example
   * const { endpoints, next } = await platform.endpoints({ group: 'staging', attributes: { region: 'eu' } });
   */
  endpoints(query: Partial<EndpointQuery> = {}): Promise<EndpointPage<EndpointView>> {
    return this.#fleet.endpoints(query);
  }

  /** One endpoint; `null` when it never had a session here. */
  endpoint(id: EndpointId, project: ProjectId = DEFAULT_PROJECT): Promise<EndpointView | null> {
    return this.#fleet.endpoint({ project, id });
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
    return this.#fleet.reports({ project, id }, page);
  }

  /** The latest values of an endpoint's metrics sessions, newest first. */
  metrics(id: EndpointId, project: ProjectId = DEFAULT_PROJECT): Promise<MetricsRecord[]> {
    return this.#fleet.metrics({ project, id });
  }

  /**
   * What the Run Diagnostics button does: has the endpoint dialled back, by the process that has its session, and stores its
   * report.
   * @throws NetDiagnosticsError `ERR_STATE` when the button is grey, `DialBackError` when the run fails
   */
  dialBack(
    id: EndpointId,
    options: DialBackOptions = {},
    project: ProjectId = DEFAULT_PROJECT,
  ): Promise<ReportRecord> {
    return this.#fleet.dialBack({ project, id }, PROGRAM, options);
  }

  /** Tells the listener everything that happens in this process from now on. @returns ends that */
  subscribe(listener: PlatformEventListener): () => void {
    return this.#parts.events.subscribe(listener);
  }

  /** Ends runs, sessions and dashboard, then closes endpoints and store. Idempotent, never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #open(): Promise<void> {
    const { settings, keys, leases } = this.#parts;
    try {
      this.#keeper = await LeaseKeeper.start({
        database: leases,
        keyOf: (row) => keys.keyOf(row),
        warn: (message) => this.#warn(message),
        onHeld: (held) => this.#serve(held),
        onLost: (identity, why) => {
          this.#parts.observatory.leaseLost(why);
          return this.#leave(identity, why);
        },
      });
      if (this.#reach.remark !== null) this.#warn(this.#reach.remark);
      if (settings.dashboard !== null) await this.#openDashboard();
      this.#maintain();
    } catch (error) {
      await this.#keeper?.stop();
      this.#fleet.close();
      throw error;
    }
  }

  async #serve(held: HeldIdentity): Promise<void> {
    const { store, feed, events, settings, observatory } = this.#parts;
    const served = await ServedIdentity.start(held, {
      ...{ store, feed, events, clock: settings.clock, shares: this.#shares },
      keepReports: settings.retention.reports.perEndpoint,
      isPublicAddress: this.#parts.isPublicAddress,
      reach: this.#reach,
      runs: observatory,
    });
    this.#served.set(held.identity, served);
    feed.publish({ what: 'identities' });
    // The secrets of a shared database name the relays of the options, whether these can be reached now or not.
    if (!this.#reach.isShared && this.#reach.hasRelays) await this.#waitForRelay(served.endpoint);
  }

  async #leave(identity: EndpointId, why: LossReason): Promise<void> {
    const served = this.#served.get(identity);
    this.#served.delete(identity);
    await served?.stop(why);
    this.#parts.feed.publish({ what: 'identities' });
  }

  async #addressForSecret(): Promise<EndpointAddress> {
    const reach = this.#reach;
    const id = reach.isShared ? ((await leastUsedIdentity(this.#parts.store)) ?? this.id) : this.id;
    const served = this.#served.get(id);
    if (served !== undefined) return served.host.address;
    if (reach.hasRelays) return reach.elsewhere(id);
    throw new NetDiagnosticsError(
      'ERR_STATE',
      'Another process holds this identity, and no relay leads to it: start all processes with the same relays.',
    );
  }

  async #waitForRelay(endpoint: Endpoint): Promise<void> {
    await endpoint.online({ timeoutMs: ONLINE_TIMEOUT_MS }).catch((error: unknown) => {
      this.#warn(`No relay yet: API secrets made now lack it (${messageOf(error)}).`);
    });
  }

  #maintain(): void {
    const { settings, store, events } = this.#parts;
    const { retention, limits, clock } = settings;
    const bytes = { perEndpoint: limits.storedBytesPerEndpoint, perSecret: limits.storedBytesPerSecret };
    this.#maintenance = Maintenance.start({
      ...{ database: store.database, retention, bytes, clock },
      onForgotten: ({ project, id }) => events.emit({ type: 'forgotten', project, endpointId: id }),
      onError: (message) => this.#warn(message),
    });
  }

  async #openDashboard(): Promise<void> {
    const { settings, store, keys, observatory, serializer } = this.#parts;
    const { dashboard } = settings;
    if (dashboard === null) return;
    const opened = await Dashboard.open({
      settings: dashboard,
      // Several processes would remember each other's.
      rememberedPort: this.#reach.isShared ? null : await rememberedPort(store, DASHBOARD_PORT_SETTING),
      services: this.#fleet,
      people: this.#people,
      clock: settings.clock,
      metrics: new MetricHistories(store.tables, agesOf(settings.retention), settings.clock),
      held: () => this.held,
      serializer,
      hold: this.#reach.isShared ? null : new FileHold(store.tables),
      fleetOf: (project) => fleetSummary(store.tables, project, Math.floor(settings.clock.now() / 1000)),
      usageOf: (project) => usageOf(store.tables, project),
      retention: settings.retention,
      onRoute: this.#parts.onRoute,
      observe: (app, server) => observatory.watch(app, this.#sight, server),
      prove: (challenge, body) => (keys.own === null ? null : proofOf(keys.own, challenge, body)),
    });
    this.#dashboard = opened;
    const { admin, oidc, hasLogin } = dashboard;
    const isByProvider = oidc !== null && oidc.administrators.length > 0;
    if (hasLogin)
      this.#setUpUrl = await makeFirstAdministrator(this.#people, { admin, isByProvider }, opened.url);
    if (!this.#reach.isShared) await store.putSetting(DASHBOARD_PORT_SETTING, String(opened.port));
  }

  get #sight(): Sight {
    return {
      ...{ store: this.#parts.store, shares: this.#shares },
      held: () => this.#served.size,
      keeper: () => this.#keeper,
    };
  }

  #warn(message: string): void {
    this.#parts.events.emit({ type: 'warning', message });
  }

  async #stop(): Promise<void> {
    const { store, leases, feed } = this.#parts;
    const attempts = [
      () => this.#dashboard?.close(),
      () => this.#fleet.close(),
      () => this.#maintenance?.stop(),
      () => this.#keeper?.stop(),
      () => feed.close(),
      () => leases.close(),
      () => store.close(),
    ];
    for (const attempt of attempts) {
      try {
        await attempt();
      } catch (error) {
        this.#warn(`While stopping: ${messageOf(error)}`);
      }
    }
  }
}

async function oldestIdentity(database: SqlDatabase): Promise<EndpointId> {
  const [oldest] = await new IdentityTable(database).list();
  if (oldest === undefined) throw new NetDiagnosticsError('ERR_STORE', 'The database has no identity.');
  return oldest.id;
}
