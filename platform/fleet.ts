import {
  type ApiSecret,
  type ApiSecretRecord,
  ApiSecrets,
  type Clock,
  DEFAULT_PROJECT,
  type DialBackOptions,
  type EndpointAddress,
  type EndpointId,
  type EndpointPage,
  type EndpointQuery,
  type EndpointRef,
  type EndpointView,
  type EventBus,
  type HistoryPage,
  historyPage,
  type MetricsRecord,
  messageOf,
  type ProjectId,
  type ReportRecord,
  type ReportSummary,
  type RunPhase,
  type RunProgress,
  viewOf,
} from 'iroh-net-diagnostics/services';
import type { Change, ChangeFeed } from './changes/index.js';
import { isOver, type Requester, type RunQueue, toProgress } from './runs/index.js';
import type { RunRecord } from './store/run-rows.js';
import type { SqlStore } from './store/sql-store.js';
import type { Write } from './store/write-queue.js';

/** Something that a browser may want to fetch anew. */
export type LiveChange =
  /** `isListed`: whether the list of endpoints shows what changed. */
  | { what: 'endpoint'; endpointId: EndpointId; isListed: boolean }
  | { what: 'run'; runId: string; progress: RunProgress }
  | { what: 'secrets' }
  /** Changes may have been missed. */
  | { what: 'gap' };

/** Where changes come from. */
export interface LiveSource {
  /** @returns ends the subscription */
  subscribe(listener: (change: LiveChange) => void): () => void;
}

/** What is written down of an API secret. */
type SecretNote = (keyId: EndpointId) => Write;

/** What a {@link Fleet} stands on. */
export interface FleetDeps {
  /** The platform's id where one is shown: that of its oldest identity. */
  id: EndpointId;
  store: SqlStore;
  runs: RunQueue;
  feed: ChangeFeed;
  /** What happens in this process. */
  events: EventBus;
  clock: Clock;
  /** Where the endpoints of a new secret are to reach the platform. @throws `ERR_STATE` when that is not known */
  addressForSecret(): Promise<EndpointAddress>;
  /** Ends the sessions of a secret that this process has. */
  closeSessionsOf(keyId: EndpointId): void;
}

/**
 * What every process shows and does for all endpoints, whichever process has their sessions: it reads what the others
 * wrote, and asks them by rows and changes.
 */
export class Fleet {
  readonly id: EndpointId;
  readonly events: EventBus;
  readonly #deps: FleetDeps;
  readonly #ends: (() => void)[];

  constructor(deps: FleetDeps) {
    this.id = deps.id;
    this.events = deps.events;
    this.#deps = deps;
    const { feed, events, closeSessionsOf } = deps;
    this.#ends = [
      events.subscribe((event) => {
        const change = changeOf(event);
        if (change !== null) feed.publish(change);
      }),
      feed.subscribe((change) => {
        if (change.what === 'secrets' && change.revoked !== null) closeSessionsOf(change.revoked);
      }),
      feed.onGap(() => void this.#closeRevoked()),
    ];
  }

  /** What browsers want to know of a project. */
  changesIn(project: ProjectId): LiveSource {
    return { subscribe: (listener) => this.#follow(project, listener) };
  }

  /** Calls the listener when somebody may no longer what he could, and when that may have been missed. @returns ends that */
  onAccess(listener: () => void): () => void {
    const { feed } = this.#deps;
    const ends = [
      feed.subscribe(({ what }) => {
        if (what === 'access') listener();
      }),
      feed.onGap(listener),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** A page of a project's endpoints. @throws NetDiagnosticsError `ERR_SETTING` for a bad limit or cursor, `ERR_STORE` */
  async endpoints(query: Partial<EndpointQuery> = {}): Promise<EndpointPage<EndpointView>> {
    const { store, runs, clock } = this.#deps;
    const project = query.project ?? DEFAULT_PROJECT;
    const now = clock.now();
    const { endpoints, next } = await store.endpoints({ ...query, project }, Math.floor(now / 1000));
    const active = await runs.activeOf(
      project,
      endpoints.map(({ id }) => id),
    );
    const progressOf = (id: EndpointId) => {
      const run = active.get(id);
      return run === undefined ? null : toProgress(run);
    };
    return { endpoints: endpoints.map((record) => viewOf(record, progressOf(record.id), now)), next };
  }

  /** One endpoint; `null` if it is not known. */
  async endpoint(ref: EndpointRef): Promise<EndpointView | null> {
    const { store, runs, clock } = this.#deps;
    const [record, run] = await Promise.all([store.endpoint(ref), runs.active(ref)]);
    return record === null ? null : viewOf(record, run === null ? null : toProgress(run), clock.now());
  }

  report(project: ProjectId, id: string): Promise<ReportRecord | null> {
    return this.#deps.store.report(project, id);
  }

  /** Newest first. @throws NetDiagnosticsError `ERR_SETTING` for another limit than a whole number, 0 or more */
  async reports(ref: EndpointRef, page: Partial<HistoryPage> = {}): Promise<ReportRecord[]> {
    return this.#deps.store.reports(ref, historyPage(page));
  }

  /** As {@link reports}, without the content of the reports. */
  async reportSummaries(ref: EndpointRef, page: Partial<HistoryPage> = {}): Promise<ReportSummary[]> {
    return this.#deps.store.reportSummaries(ref, historyPage(page));
  }

  metrics(ref: EndpointRef): Promise<MetricsRecord[]> {
    return this.#deps.store.metricsSessions(ref);
  }

  /** @param note - what is written down of it, in its transaction */
  async createApiSecret(label?: string, project?: ProjectId, note?: SecretNote): Promise<ApiSecret> {
    return this.#secrets(await this.#deps.addressForSecret(), note).create(label, project);
  }

  /** @param note - what is written down of it, in its transaction */
  async registerSshKey(
    publicKey: string,
    label?: string,
    project?: ProjectId,
    note?: SecretNote,
  ): Promise<EndpointId> {
    const address = { id: this.id, relayUrls: [], directAddrs: [] };
    return this.#secrets(address, note).register(publicKey, label, project);
  }

  apiSecrets(project: ProjectId = DEFAULT_PROJECT): Promise<ApiSecretRecord[]> {
    return this.#deps.store.apiSecrets(project);
  }

  /**
   * @param note - what is written down of it, in its transaction
   * @returns whether it was valid until now
   */
  async revokeApiSecret(
    keyId: EndpointId,
    project: ProjectId = DEFAULT_PROJECT,
    note?: SecretNote,
  ): Promise<boolean> {
    const { store, feed, events, clock, closeSessionsOf } = this.#deps;
    if (!(await store.revokeApiSecret(project, keyId, clock.now(), note?.(keyId)))) return false;
    closeSessionsOf(keyId);
    feed.publish({ what: 'secrets', project, revoked: keyId });
    events.emit({ type: 'api-secrets-changed', project, keyId });
    return true;
  }

  /**
   * Asks for a run, and says how it begins.
   * @param note - what is written down of it, in its transaction
   * @throws `ERR_STATE` when the button is grey
   */
  beginRun(ref: EndpointRef, by: Requester, note?: (id: string) => Write): Promise<RunRecord> {
    return this.#deps.runs.request(ref, by, note);
  }

  /** A run of a project; `null`: there is none (any more). */
  async run(project: ProjectId, id: string): Promise<RunRecord | null> {
    const run = await this.#deps.runs.run(id);
    return run?.project === project ? run : null;
  }

  /** Ends a run that is not over; one that is under way ends in a moment. @param also - written in the same transaction */
  cancelRun(id: string, also?: Write): Promise<void> {
    return this.#deps.runs.cancel(id, also);
  }

  /** Asks for a run, and waits for its report. @throws `ERR_STATE` when the button is grey, `DialBackError` when it fails */
  dialBack(ref: EndpointRef, by: Requester, options: DialBackOptions = {}): Promise<ReportRecord> {
    return this.#deps.runs.dialBack(ref, by, options);
  }

  /** Tells nobody anything any more, and ends the waits for runs. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#deps.runs.close();
  }

  /** Of what was revoked while nobody could be heard. Never rejects. */
  async #closeRevoked(): Promise<void> {
    try {
      for (const keyId of await this.#deps.store.revokedKeys()) this.#deps.closeSessionsOf(keyId);
    } catch (error) {
      const message = `Sessions of secrets that were revoked elsewhere may go on until they end by themselves (${messageOf(error)}).`;
      this.events.emit({ type: 'warning', message });
    }
  }

  #secrets(address: EndpointAddress, note?: SecretNote): ApiSecrets {
    const { store: whole, events, clock, closeSessionsOf } = this.#deps;
    const store = note === undefined ? whole : whole.secretsWith(note);
    return new ApiSecrets({ store, events, clock, address: () => address, closeSessions: closeSessionsOf });
  }

  #follow(project: ProjectId, listener: (change: LiveChange) => void): () => void {
    const { feed, runs } = this.#deps;
    // One after the other: how a run goes is told in its order.
    let telling = Promise.resolve();
    /** How far the runs were that are not over, when that was told: equal news are none. */
    const told = new Map<string, RunPhase>();
    const tellRun = async (id: string) => {
      const run = await runs.run(id);
      if (run === null || isOver(run)) told.delete(id);
      if (run === null || told.get(id) === toProgress(run).phase) return;
      if (!isOver(run)) told.set(id, toProgress(run).phase);
      listener({ what: 'run', runId: id, progress: toProgress(run) });
      listener({ what: 'endpoint', endpointId: run.endpointId, isListed: true });
    };
    const ends = [
      feed.subscribe((change) => {
        if (!('project' in change) || change.project !== project) return;
        if (change.what === 'endpoint') {
          const { endpointId, how } = change;
          listener({ what: 'endpoint', endpointId, isListed: how !== 'metrics' });
        } else if (change.what === 'secrets') listener({ what: 'secrets' });
        else {
          // Without the database nobody can be told; when it is back, the next change is.
          telling = telling.then(() => tellRun(change.runId)).catch(() => {});
        }
      }),
      feed.onGap(() => {
        // The ends of some may have been missed.
        told.clear();
        listener({ what: 'gap' });
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }
}

/** What other processes have to know of something that happened here; `null`: nothing, or it is told elsewhere. */
function changeOf(event: Parameters<Parameters<EventBus['subscribe']>[0]>[0]): Change | null {
  switch (event.type) {
    case 'run':
    case 'warning':
    case 'session-refused':
    case 'request-refused':
      return null;
    case 'api-secrets-changed':
      return { what: 'secrets', project: event.project, revoked: null };
    default:
      return { what: 'endpoint', project: event.project, endpointId: event.endpointId, how: event.type };
  }
}
