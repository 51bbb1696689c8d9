import type { FastifyInstance } from 'fastify';
import {
  bounded,
  type EventBus,
  NetDiagnosticsError,
  type ServicesShares,
} from 'iroh-net-diagnostics/services';
import { cached } from '../cached.js';
import type { LeaseKeeper, LossReason } from '../identities/index.js';
import type { RunObserver } from '../runs/index.js';
import { endpointCounts } from '../store/endpoint-counts.js';
import { ping, platformCounts } from '../store/platform-counts.js';
import type { Statement } from '../store/sql-database.js';
import type { SqlStore } from '../store/sql-store.js';
import { Health } from './health.js';
import { PlatformMetrics } from './platform-metrics.js';
import { Pulse } from './pulse.js';
import { type RequestRecord, type RequestWatch, watchRequests } from './requests.js';
import { addObserved } from './routes.js';
import { tracing } from './tracing.js';

/** What a scrape needs of the database is read at most this often, in milliseconds. */
const COUNTS_MS = 5_000;
/** The same of all endpoints: a pass over an index. */
const FLEET_MS = 10_000;
/** An answer that takes longer is not waited for: Prometheus waits ten seconds for everything. Milliseconds. */
const ANSWER_MS = 5_000;

/** The options of an {@link Observatory}. */
export interface ObservatoryOptions {
  /** Whether the statements of the database are traced. */
  traceStatements: boolean;
  /** Gets each request of pages and the API when it is over. */
  onRequest: ((record: RequestRecord) => void) | null;
}

/** What it looks at. */
export interface Sight {
  store: SqlStore;
  shares: ServicesShares;
  /** Identities that this process holds. */
  held(): number;
  /** `null`: the leases have not begun. */
  keeper(): Pick<LeaseKeeper, 'isAnswered'> | null;
}

/** What it has to know of the server that shows it. */
export interface ServerSight {
  /** Whether everybody may read the metrics. */
  publicMetrics: boolean;
  /** Whether they say how the endpoints are. */
  fleetMetrics: boolean;
  callerOf: RequestWatch['callerOf'];
  addressOf: RequestWatch['addressOf'];
  /** Live streams that are open. */
  streams(): number;
  /** When the certificate ends, in unix milliseconds; `null`: there is none. */
  certificateEndsAt(): number | null;
}

/** Looks at what a process of the platform does: counts it, traces it, and says whether the process is well. */
export class Observatory implements RunObserver {
  readonly #options: ObservatoryOptions;
  readonly #metrics = new PlatformMetrics();

  /** @param events - what happens in this process from now on */
  constructor(options: ObservatoryOptions, events: EventBus) {
    this.#options = options;
    events.subscribe((event) => this.#metrics.noteEvent(event));
  }

  /** For the store. */
  readonly onStatement = (statement: Statement): void => {
    this.#metrics.noteStatement(statement);
    if (this.#options.traceStatements) tracing.statement(statement);
  };

  readonly traceHere = tracing.here;
  readonly carryOut = tracing.run;

  ended(...end: Parameters<RunObserver['ended']>): void {
    this.#metrics.noteRun(...end);
  }

  leaseLost(why: LossReason): void {
    this.#metrics.noteLoss(why);
  }

  /** Puts itself in front of a server's routes. @returns adds its own routes */
  watch(app: FastifyInstance, sight: Sight, server: ServerSight): () => void {
    const { onRequest } = this.#options;
    const { store, shares, held, keeper } = sight;
    watchRequests(app, {
      callerOf: server.callerOf,
      addressOf: server.addressOf,
      onRequest: (record) => {
        this.#metrics.noteRequest(record);
        onRequest?.(record);
      },
    });
    const pulse = new Pulse(() => ping(store.tables));
    const health = new Health({ pulse, areLeasesKept: () => keeper()?.isAnswered ?? null });
    const answered = <T>(ask: () => Promise<T>, forMs: number) => {
      const asked = cached(() => bounded('counting', {}, ANSWER_MS, (step) => step(ask())), forMs);
      return async () => {
        if ((await pulse.beat()).isAnswered) return asked('all');
        throw new NetDiagnosticsError('ERR_STORE', 'The database does not answer.');
      };
    };
    this.#metrics.read({
      ...{ limits: shares.limits, inUse: () => shares.inUse, held, writes: store.writeFigures },
      ...{ streams: server.streams, certificateEndsAt: server.certificateEndsAt },
      beat: () => pulse.beat(),
      counts: answered(() => platformCounts(store.tables), COUNTS_MS),
      endpoints: server.fleetMetrics ? answered(() => endpointCounts(store.tables), FLEET_MS) : null,
    });
    return () => addObserved(app, { health, metrics: this.#metrics, areMetricsPublic: server.publicMetrics });
  }
}
