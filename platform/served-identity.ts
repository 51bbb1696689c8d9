import {
  type Clock,
  type Endpoint,
  type EndpointId,
  type EndpointRef,
  type EventBus,
  type IsPublicAddress,
  messageOf,
  ServicesHost,
  type ServicesShares,
} from 'iroh-net-diagnostics/services';
import type { ChangeFeed } from './changes/index.js';
import type { HeldIdentity, LossReason } from './identities/index.js';
import type { Reach } from './reach.js';
import { type RunObserver, RunWorker } from './runs/index.js';
import { databaseTime } from './store/dialect.js';
import { fence } from './store/fence.js';
import { endpointId } from './store/rows.js';
import type { SqlStore } from './store/sql-store.js';

/** Endpoints that were online so shortly before the identity changed hands are called. Milliseconds. */
const RECENTLY_MS = 2 * 60_000;
/** How long to wait for a relay before they are called. Milliseconds. */
const ONLINE_TIMEOUT_MS = 10_000;

/** What serving an identity needs. */
export interface ServeDeps {
  store: SqlStore;
  feed: ChangeFeed;
  events: EventBus;
  clock: Clock;
  /** How much this process takes on, with all that it holds. */
  shares: ServicesShares;
  /** Reports that are kept of an endpoint. */
  keepReports: number;
  /** For test networks. */
  isPublicAddress: IsPublicAddress | undefined;
  runs: RunObserver;
  reach: Pick<Reach, 'bind' | 'addressOf' | 'hasRelays'>;
}

/** An identity that this process has: its iroh endpoint, its sessions, and the runs of its endpoints. */
export class ServedIdentity {
  readonly id: EndpointId;
  readonly endpoint: Endpoint;
  readonly host: ServicesHost;
  readonly #runs: RunWorker;

  private constructor(endpoint: Endpoint, host: ServicesHost, runs: RunWorker) {
    this.id = endpoint.id;
    this.endpoint = endpoint;
    this.host = host;
    this.#runs = runs;
  }

  /** Binds the endpoint, takes sessions, and calls who was online before. @throws `ERR_BIND`, `ERR_STORE` */
  static async start(held: HeldIdentity, deps: ServeDeps): Promise<ServedIdentity> {
    const { feed, events, clock, shares, keepReports, isPublicAddress, reach } = deps;
    const { identity, token } = held;
    const { dialect } = deps.store;
    const store = deps.store.fenced((transaction) => fence(dialect, transaction, held));
    const endpoint = await reach.bind(held);
    const host = ServicesHost.start({
      ...{ endpoint, store, events, clock, shares, keepReports, isPublicAddress },
      address: () => reach.addressOf(endpoint),
    });
    const onWarning = (message: string) => events.emit({ type: 'warning', message });
    const runs = new RunWorker({ store, feed, host, identity, token, onWarning, observer: deps.runs });
    const served = new ServedIdentity(endpoint, host, runs);
    try {
      await runs.start();
      const before = await onlineBefore(store, identity);
      if (before.length > 0) void served.#recall(before, reach.hasRelays);
      return served;
    } catch (error) {
      await served.stop('failed');
      throw error;
    }
  }

  /** Never rejects. */
  async stop(why: LossReason): Promise<void> {
    // As long as it is held, what is under way goes back for the next holder. Otherwise somebody else is at it by now.
    if (why === 'stopped') await this.#runs.stop();
    else void this.endpoint.close();
    await Promise.all([this.#runs.stop(), this.host.stop()]);
    await this.endpoint.close();
  }

  async #recall(refs: readonly EndpointRef[], hasRelays: boolean): Promise<void> {
    // Without a relay they may be reached directly; then the calls say so.
    if (hasRelays) await this.endpoint.online({ timeoutMs: ONLINE_TIMEOUT_MS }).catch(messageOf);
    await this.host.recall(refs);
  }
}

/** Endpoints that can be dialled back, and whose session ended with the holder before, or a little earlier. */
async function onlineBefore(store: SqlStore, identity: EndpointId): Promise<EndpointRef[]> {
  const rows = await store.tables
    .selectFrom('endpoints')
    .select(['project', 'id'])
    .where('identity', '=', identity)
    .where('is_online', '=', 0)
    .where('can_dial_back', '=', 1)
    .where('last_seen_at', '>', databaseTime(store.dialect, -RECENTLY_MS))
    .orderBy('last_seen_at', 'desc')
    .execute();
  return rows.map((row) => ({ project: row.project, id: endpointId(row, 'id') }));
}
