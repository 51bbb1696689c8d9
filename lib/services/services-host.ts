import { type Clock, Semaphore, systemClock, systemSleep, Throttle } from '../async/index.js';
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
import {
  MAX_CONNECTIONS,
  MAX_LARGE_REQUESTS,
  MAX_LARGE_REQUESTS_PER_SECRET,
  MAX_OPEN_STREAMS,
  MAX_OWN_KIND,
  MAX_REPORTS_PER_ENDPOINT,
  MAX_SESSIONS,
  OWN_KIND_STAY_MS,
  REFUSALS_TOLD_AT_ONCE,
  REFUSALS_TOLD_PER_MINUTE,
} from './constants.js';
import { type DialBackOptions, DialBacks, type RunProgress } from './dial-back/index.js';
import { EventBus, type PlatformEventListener } from './events.js';
import type { ApiSecretRecord, MetricsRecord, ReportRecord, ReportSummary } from './records.js';
import { EndpointSession, Presence, Rates, SharedPlaces, Twins, Unauthenticated } from './sessions/index.js';
import type { Store } from './store.js';
import {
  type EndpointFilter,
  type EndpointView,
  type ViewSources,
  viewEndpoint,
  viewEndpoints,
} from './views.js';

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
  /** @internal For tests. */
  clock?: Clock | undefined;
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
  readonly #store: Store;
  readonly #address: () => EndpointAddress;
  readonly #router: Router;
  readonly #dialBacks: DialBacks;
  readonly #apiSecrets: ApiSecrets;
  readonly #views: ViewSources;
  #stopping: Promise<void> | null = null;

  private constructor(deps: ServicesHostDeps) {
    const { endpoint, store, events = new EventBus(), clock = systemClock } = deps;
    const presence = new Presence();
    this.id = endpoint.id;
    this.events = events;
    this.#store = store;
    this.#address = deps.address ?? (() => endpoint.address());
    this.#router = new Router(endpoint, { maxConnections: MAX_CONNECTIONS });
    this.#dialBacks = new DialBacks({ endpoint, store, presence, events, clock });
    this.#apiSecrets = new ApiSecrets({ store, presence, events, clock, address: this.#address });
    const twins = new Twins(clock);
    this.#views = { store, presence, twins, dialBacks: this.#dialBacks, clock };
    const shared = {
      ...{ endpoint, store, presence, twins, events, clock },
      places: new SharedPlaces(MAX_SESSIONS, { mayDisplaceOwn: false }),
      openRequests: new SharedPlaces(MAX_OPEN_STREAMS, { mayDisplaceOwn: true }),
      largeRequests: new Semaphore(MAX_LARGE_REQUESTS, { share: MAX_LARGE_REQUESTS_PER_SECRET }),
      rates: new Rates(clock),
      unauthenticated: new Unauthenticated(),
      refusals: new Throttle(REFUSALS_TOLD_AT_ONCE, REFUSALS_TOLD_PER_MINUTE, clock),
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

  /** Accepts sessions from now on. */
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
   * @throws NetDiagnosticsError `ERR_SETTING` for a longer label, `ERR_STATE` when there are too many, `ERR_STORE`
   */
  createApiSecret(label?: string): Promise<ApiSecret> {
    return this.#apiSecrets.create(label);
  }

  /**
   * Accepts an SSH key in place of an API secret: its sessions may do everything. Listed and revoked like a secret.
   * @param publicKey - the line of its `.pub` file, `ssh-ed25519 …`
   * @param label - a name for operators, at most 60 characters
   * @returns its id
   * @throws NetDiagnosticsError `ERR_SETTING` for another line or a longer label, `ERR_STATE` when it is known already
   */
  registerSshKey(publicKey: string, label?: string): Promise<EndpointId> {
    return this.#apiSecrets.register(publicKey, label);
  }

  /** The secrets that it issued, newest first, also revoked ones. */
  apiSecrets(): Promise<ApiSecretRecord[]> {
    return this.#apiSecrets.list();
  }

  /** Revokes a secret, with effect at once. @returns whether it was valid until now */
  revokeApiSecret(keyId: EndpointId): Promise<boolean> {
    return this.#apiSecrets.revoke(keyId);
  }

  /**
   * All endpoints, or only those of a group or with certain attributes. Online ones first, then by "last seen", newest
   * first.
   */
  endpoints(filter: EndpointFilter = {}): Promise<EndpointView[]> {
    return viewEndpoints(this.#views, filter);
  }

  /** One endpoint; `null` if it is not known. */
  endpoint(id: EndpointId): Promise<EndpointView | null> {
    return viewEndpoint(this.#views, id);
  }

  /** One report by its id; `null` when there is none. */
  report(id: string): Promise<ReportRecord | null> {
    return this.#store.report(id);
  }

  /**
   * An endpoint's reports, newest first.
   * @param limit - a whole number, 0 or more. Default: all that are kept (100)
   * @throws NetDiagnosticsError `ERR_SETTING` for another limit
   */
  async reports(id: EndpointId, limit = MAX_REPORTS_PER_ENDPOINT): Promise<ReportRecord[]> {
    assertCount(limit);
    return this.#store.reports(id, limit);
  }

  /** As {@link reports}, without the content of the reports. */
  async reportSummaries(id: EndpointId, limit = MAX_REPORTS_PER_ENDPOINT): Promise<ReportSummary[]> {
    assertCount(limit);
    return this.#store.reportSummaries(id, limit);
  }

  /** The latest values of an endpoint's metrics sessions, newest first. */
  metrics(id: EndpointId): Promise<MetricsRecord[]> {
    return this.#store.metricsSessions(id);
  }

  /**
   * Does what the Run Diagnostics button does: dials the endpoint back and stores its report.
   * @throws NetDiagnosticsError `ERR_STATE` when the button is grey, `DialBackError` when the run fails
   */
  dialBack(id: EndpointId, options: DialBackOptions = {}): Promise<ReportRecord> {
    return this.#dialBacks.run(id, options);
  }

  /** The endpoint's current run; `null` when there is none. */
  progress(id: EndpointId): RunProgress | null {
    return this.#dialBacks.progress(id);
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
    for (const part of [this.#dialBacks, this.#router]) {
      try {
        await part.close();
      } catch (error) {
        this.events.emit({ type: 'warning', message: `While stopping: ${messageOf(error)}` });
      }
    }
  }
}

/** A store could understand a negative limit as "no limit" or as "all but the oldest". */
function assertCount(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 0) return;
  throw new NetDiagnosticsError('ERR_SETTING', `limit was ${limit}; give a whole number, 0 or more.`);
}
