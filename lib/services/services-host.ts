import { type Clock, systemClock, systemSleep } from '../async/index.js';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import { readOption } from '../settings/index.js';
import { type ConnectionHandler, type Endpoint, Router } from '../transport/index.js';
import {
  type ApiSecret,
  type EndpointAddress,
  type EndpointId,
  type IsPublicAddress,
  OWN_PLATFORM_ALPN,
  SERVICES_ALPN,
} from '../wire/index.js';
import { ApiSecrets } from './api-secrets.js';
import { MAX_OWN_KIND, MAX_REPORTS_PER_ENDPOINT, OWN_KIND_STAY_MS } from './constants.js';
import { type DialBackOptions, DialBacks, Recalls, type RunProgress } from './dial-back/index.js';
import type { EndpointPage, EndpointQuery } from './endpoint-query.js';
import { EventBus, type PlatformEventListener } from './events.js';
import { limitsOption, type ServicesLimitOptions, type ServicesLimits } from './limits.js';
import {
  type ApiSecretRecord,
  DEFAULT_PROJECT,
  type EndpointRef,
  type MetricsRecord,
  type ProjectId,
  type ReportRecord,
  type ReportSummary,
} from './records.js';
import { ServicesShares } from './services-shares.js';
import { Absences, EndpointSession, KnownSecrets, Presence, Twins } from './sessions/index.js';
import type { HistoryPage, Store } from './store.js';
import { type EndpointView, type ViewSources, viewEndpoint, viewEndpoints } from './views.js';
import { RelayPlaces, Witness } from './witness/index.js';

/** What a {@link ServicesHost} needs. The caller makes all of it, and closes it afterwards. */
export interface ServicesHostDeps {
  /** Bound with the platform's key; no other code may accept connections on it. */
  endpoint: Endpoint;
  /** Keeps everything that the platform stores. */
  store: Store;
  /** Gets all events. Default: a new bus. */
  events?: EventBus | undefined;
  /** The address at which endpoints reach it, for API secrets. Default: the endpoint's own `address()`. */
  address?: (() => EndpointAddress) | undefined;
  /** How much it takes on. Default: enough for a fleet of some thousand apps. */
  limits?: ServicesLimitOptions | undefined;
  /** The same of all hosts of this process together, instead of `limits`. Default: each has its own. */
  shares?: ServicesShares | undefined;
  /** Reports that are kept of an endpoint; the oldest go. Default: 100. */
  keepReports?: number | undefined;
  /** @internal For tests. */
  clock?: Clock | undefined;
  /** @internal For test networks, which have their own public addresses. */
  isPublicAddress?: IsPublicAddress | undefined;
}

/**
 * The platform's side of the protocol on one endpoint: accepts sessions of endpoints that have one of its API secrets,
 * keeps what they send in a store, and dials them back. It uses no files, no SQL and no HTTP.
 *
 * @example
 * const host = ServicesHost.start({ endpoint, store: new MemoryStore() });
 * const secret = await host.createApiSecret('staging');
 */
export class ServicesHost {
  /** The endpoint's id, which is part of every API secret. */
  readonly id: EndpointId;
  /** Emits all events. */
  readonly events: EventBus;
  /** How much it takes on. */
  readonly limits: ServicesLimits;
  readonly #store: Store;
  readonly #address: () => EndpointAddress;
  readonly #router: Router;
  readonly #presence: Presence;
  readonly #absences: Absences;
  readonly #recalls: Recalls;
  readonly #secrets: KnownSecrets;
  readonly #witness: Witness;
  readonly #dialBacks: DialBacks;
  readonly #apiSecrets: ApiSecrets;
  readonly #views: ViewSources;
  #stopping: Promise<void> | null = null;

  private constructor(deps: ServicesHostDeps) {
    const { endpoint, store, events = new EventBus(), clock = systemClock } = deps;
    const { keepReports = MAX_REPORTS_PER_ENDPOINT } = deps;
    const shares =
      deps.shares ??
      new ServicesShares(readOption('ServicesHost.start()', 'limits', limitsOption(), deps.limits), clock);
    const { limits } = shares;
    const presence = new Presence(limits.sessionsPerEndpoint);
    this.id = endpoint.id;
    this.events = events;
    this.limits = limits;
    this.#store = store;
    this.#address = deps.address ?? (() => endpoint.address());
    this.#router = new Router(endpoint, {}, shares.connections);
    const absences = new Absences({ identity: endpoint.id, store, presence, events, clock });
    this.#secrets = new KnownSecrets(store, clock);
    this.#recalls = new Recalls({
      ...{ endpoint, store, presence, absences, secrets: this.#secrets, events, clock },
    });
    const witness = new Witness({
      ...{ endpoint, address: this.#address, sessions: presence, isPublic: deps.isPublicAddress },
      relays: new RelayPlaces({ relays: () => endpoint.relays() }),
    });
    this.#witness = witness;
    this.#dialBacks = new DialBacks({
      ...{ endpoint, store, presence, recalls: this.#recalls, witness, events, clock },
      ...{ maxRuns: limits.runs, underWay: shares.runs, keepReports },
    });
    this.#presence = presence;
    this.#absences = absences;
    this.#apiSecrets = new ApiSecrets({
      ...{ store, events, clock, address: this.#address },
      closeSessions: (keyId) => this.secretRevoked(keyId),
    });
    const twins = new Twins(clock);
    this.#views = { store, dialBacks: this.#dialBacks, clock };
    const shared = {
      ...{ ...shares, endpoint, store, secrets: this.#secrets, presence, absences, twins },
      ...{ witness, events, clock, keepReports },
    };
    this.#router.handle(SERVICES_ALPN, (connection, { signal }) =>
      new EndpointSession(connection, shared).serve(signal),
    );
    // Nothing is sent: the connection itself is the answer.
    const stay: ConnectionHandler = (connection, { signal }) => {
      connection.refuseUniStreams();
      return systemSleep(OWN_KIND_STAY_MS, signal).catch(() => {});
    };
    this.#router.handle(OWN_PLATFORM_ALPN, stay, { maxConnections: MAX_OWN_KIND });
  }

  /** Accepts sessions from now on. @throws SettingError (`ERR_SETTING`) for a limit that is none */
  static start(deps: ServicesHostDeps): ServicesHost {
    const host = new ServicesHost(deps);
    host.#router.start();
    return host;
  }

  /** The address at which endpoints reach it now, as in new API secrets. */
  get address(): EndpointAddress {
    return this.#address();
  }

  /**
   * Makes an API secret; `reveal()` gives the text for `IROH_SERVICES_API_SECRET`. Only its public half is stored.
   * @param label - a name for operators, at most 60 characters
   * @param project - whose it is. Default: the one that is always there
   * @throws NetDiagnosticsError `ERR_SETTING` for a longer label, `ERR_STATE` when there are too many, `ERR_STORE`
   */
  createApiSecret(label?: string, project?: ProjectId): Promise<ApiSecret> {
    return this.#apiSecrets.create(label, project);
  }

  /**
   * Accepts an SSH key in place of an API secret: its sessions may do everything. Listed and revoked like a secret.
   * @param publicKey - the line of its `.pub` file, `ssh-ed25519 …`
   * @param label - a name for operators, at most 60 characters
   * @param project - whose it is. Default: the one that is always there
   * @returns its id
   * @throws NetDiagnosticsError `ERR_SETTING` for another line or a longer label, `ERR_STATE` when it is known already
   */
  registerSshKey(publicKey: string, label?: string, project?: ProjectId): Promise<EndpointId> {
    return this.#apiSecrets.register(publicKey, label, project);
  }

  /** A project's secrets, newest first, also revoked ones. */
  apiSecrets(project?: ProjectId): Promise<ApiSecretRecord[]> {
    return this.#apiSecrets.list(project);
  }

  /** Revokes a secret, with effect at once. @returns whether it was valid until now */
  revokeApiSecret(keyId: EndpointId, project?: ProjectId): Promise<boolean> {
    return this.#apiSecrets.revoke(keyId, project);
  }

  /** Call it when a secret was revoked elsewhere: its sessions end, and it is not taken any more. */
  secretRevoked(keyId: EndpointId): void {
    this.#secrets.forget(keyId);
    this.#presence.closeOf(keyId);
    void this.#recalls.revoked(keyId);
  }

  /**
   * A page of a project's endpoints: of all, or of those that the query selects.
   * @throws NetDiagnosticsError `ERR_SETTING` for a bad limit or cursor, `ERR_STORE`
   */
  endpoints(query: Partial<EndpointQuery> = {}): Promise<EndpointPage<EndpointView>> {
    return viewEndpoints(this.#views, { project: DEFAULT_PROJECT, ...query });
  }

  /** One endpoint; `null` if it is not known. */
  endpoint(ref: EndpointRef): Promise<EndpointView | null> {
    return viewEndpoint(this.#views, ref);
  }

  /** One report by its id; `null` when there is none. */
  report(project: ProjectId, id: string): Promise<ReportRecord | null> {
    return this.#store.report(project, id);
  }

  /**
   * An endpoint's reports, newest first.
   * @param page - `limit`: a whole number, 0 or more. Default: all that are kept (100)
   * @throws NetDiagnosticsError `ERR_SETTING` for another limit
   */
  async reports(ref: EndpointRef, page: Partial<HistoryPage> = {}): Promise<ReportRecord[]> {
    return this.#store.reports(ref, historyPage(page));
  }

  /** As {@link reports}, without the content of the reports. */
  async reportSummaries(ref: EndpointRef, page: Partial<HistoryPage> = {}): Promise<ReportSummary[]> {
    return this.#store.reportSummaries(ref, historyPage(page));
  }

  /** The latest values of an endpoint's metrics sessions, newest first. */
  metrics(ref: EndpointRef): Promise<MetricsRecord[]> {
    return this.#store.metricsSessions(ref);
  }

  /**
   * Does what the Run Diagnostics button does: dials the endpoint back and stores its report.
   * @throws NetDiagnosticsError `ERR_STATE` when the button is grey, `DialBackError` when the run fails
   */
  dialBack(ref: EndpointRef, options: DialBackOptions = {}): Promise<ReportRecord> {
    return this.#dialBacks.run(ref, options);
  }

  /**
   * Calls endpoints that had a session with an earlier process of this identity, which may have died without a word: they may
   * believe for long that it lives. Who takes the call and its grant counts as online from then on, also without a session.
   * @returns resolves when all were called once; never rejects
   */
  recall(refs: readonly EndpointRef[]): Promise<void> {
    return this.#recalls.recall(refs);
  }

  /** The endpoint's current run; `null` when there is none. */
  progress(ref: EndpointRef): RunProgress | null {
    return this.#dialBacks.progress(ref);
  }

  /** Calls `listener` with all events from now on. @returns ends the subscription */
  subscribe(listener: PlatformEventListener): () => void {
    return this.events.subscribe(listener);
  }

  /** Ends runs and sessions; the endpoint and the store stay open. Idempotent, never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#witness.close();
    for (const part of [this.#recalls, this.#dialBacks, this.#router, this.#absences]) {
      try {
        await part.close();
      } catch (error) {
        this.events.emit({ type: 'warning', message: `While stopping: ${messageOf(error)}` });
      }
    }
  }
}

/**
 * A part of a history, of what was asked for and the defaults. A store could understand a negative limit as "no limit" or as
 * "all but the oldest".
 * @throws NetDiagnosticsError `ERR_SETTING`
 */
export function historyPage({
  limit = MAX_REPORTS_PER_ENDPOINT,
  before,
}: Partial<HistoryPage> = {}): HistoryPage {
  if (Number.isSafeInteger(limit) && limit >= 0) return { limit, before };
  throw new NetDiagnosticsError('ERR_SETTING', `limit was ${limit}; give a whole number, 0 or more.`);
}
