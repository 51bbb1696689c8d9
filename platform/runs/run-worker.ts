import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DialBackError,
  type EndpointId,
  type EndpointRef,
  hasCode,
  messageOf,
  type RunFailureKind,
  type RunPhase,
  type ServicesHost,
} from 'iroh-net-diagnostics/services';
import type { ChangeFeed } from '../changes/index.js';
import { claiming, databaseTime } from '../store/dialect.js';
import { endpointId } from '../store/rows.js';
import type { SqlStore } from '../store/sql-store.js';
import type { CarriedRun, RunObserver } from './run-observer.js';
import { CANCELLED } from './run-progress.js';

/** Looks for runs this often even when no change is told, in milliseconds. */
const LOOK_MS = 1_000;

/** What a {@link RunWorker} needs. */
export interface RunWorkerDeps {
  /** Refuses every write once the identity has another holder. */
  store: SqlStore;
  feed: ChangeFeed;
  /** Has the identity's sessions. */
  host: Pick<ServicesHost, 'dialBack' | 'events' | 'limits'>;
  identity: EndpointId;
  /** Under which the identity is held. */
  token: number;
  onWarning(message: string): void;
  observer: RunObserver;
}

/** A run that is being carried out. */
interface Work {
  ref: EndpointRef;
  stop: AbortController;
  finished: Promise<void>;
}

/** What came of a run. `again`: back into the queue, where it waits as long as it may. */
type Outcome =
  | { state: 'done'; reportId: string }
  | { state: 'failed'; kind: RunFailureKind; message: string }
  | { state: 'again' };

/**
 * Carries out the runs of one identity, for the process that holds it. A run waits in the queue until its endpoint is
 * online, or its time is over. What an earlier holder began and did not finish is begun anew.
 */
export class RunWorker {
  readonly #deps: RunWorkerDeps;
  readonly #works = new Map<string, Work>();
  /** Runs that were tried twice, because the database did not take the first result. */
  readonly #retried = new Set<string>();
  readonly #ends: (() => void)[] = [];
  #looking: Promise<void> | null = null;
  #mustLookAgain = false;
  readonly #stopping = new AbortController();

  constructor(deps: RunWorkerDeps) {
    // Each run listens, and Node warns of a leak from the eleventh on.
    setMaxListeners(0, this.#stopping.signal);
    this.#deps = deps;
  }

  /** Begins. What an earlier holder left is put back into the queue first. */
  async start(): Promise<void> {
    await this.#putBackAll();
    const { feed, host } = this.#deps;
    const timer = setInterval(() => this.#look(), LOOK_MS).unref();
    this.#ends.push(
      () => clearInterval(timer),
      feed.subscribe((change) => {
        if (change.what === 'run') this.#look();
      }),
      feed.onGap(() => this.#look()),
      host.events.subscribe(({ type }) => {
        if (type === 'session-opened' || type === 'reached') this.#look();
      }),
    );
    this.#look();
  }

  /**
   * Ends the runs under way. As long as the identity is held they go back into the queue, for its next holder.
   * Never rejects.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const end of this.#ends.splice(0)) end();
    await this.#looking;
    const works = [...this.#works.values()];
    for (const { stop } of works) stop.abort();
    await Promise.all(works.map(({ finished }) => finished));
  }

  /** One look at a time; what changes meanwhile is seen by the next one. */
  #look(): void {
    if (this.#stopping.signal.aborted) return;
    this.#mustLookAgain = true;
    this.#looking ??= this.#lookWhileNeeded().finally(() => {
      this.#looking = null;
    });
  }

  async #lookWhileNeeded(): Promise<void> {
    while (this.#mustLookAgain && !this.#stopping.signal.aborted) {
      this.#mustLookAgain = false;
      try {
        await this.#endWaiting();
        await this.#heedRunning();
        for (const claimed of await this.#claim()) this.#begin(claimed);
      } catch (error) {
        // The database may be away, or the identity lost, which its keeper finds out by itself. The next look tries again.
        if (!hasCode(error, 'ERR_STORE')) this.#deps.onWarning(`Runs: ${messageOf(error)}`);
      }
    }
  }

  async #putBackAll(): Promise<void> {
    const { store, identity, token } = this.#deps;
    const now = databaseTime(store.dialect);
    const rows = await store.write((tables) =>
      tables
        .updateTable('runs')
        .set({ state: 'queued', phase: null, token: null, updated_at: now })
        .where('identity', '=', identity)
        .where('state', '=', 'running')
        .where('token', '<', token)
        .returning(['id', 'project', 'endpoint_id'])
        .execute(),
    );
    for (const row of rows) this.#tell(row.id, refOf(row));
  }

  /** Those in the queue for which it is too late, and those that came back into it after they were cancelled. */
  async #endWaiting(): Promise<void> {
    const { store, identity } = this.#deps;
    const now = databaseTime(store.dialect);
    const over = await store.tables
      .selectFrom('runs')
      .select(['id', 'project', 'endpoint_id', 'cancel'])
      .where('identity', '=', identity)
      .where('state', '=', 'queued')
      .where(({ eb, or }) => or([eb('deadline_at', '<', now), eb('cancel', '=', 1)]))
      .execute();
    for (const row of over) {
      const [kind, message]: [RunFailureKind, string] =
        Number(row.cancel) === 1
          ? ['cancelled', CANCELLED]
          : ['timed-out', 'The app did not come back in time: wait until it is online, and try again.'];
      const { numUpdatedRows } = await store.write((tables) =>
        tables
          .updateTable('runs')
          .set({
            ...{ state: 'failed', ended_at: now, updated_at: now },
            ...{ failure_kind: kind, failure_message: message },
          })
          .where('id', '=', row.id)
          .where('state', '=', 'queued')
          .executeTakeFirst(),
      );
      if (numUpdatedRows > 0n) this.#deps.observer.ended(kind, null);
      this.#tell(row.id, refOf(row));
    }
  }

  /** Ends those that were cancelled, and puts those back that were claimed by a write whose answer was lost. */
  async #heedRunning(): Promise<void> {
    const { store, identity, token } = this.#deps;
    const rows = await store.tables
      .selectFrom('runs')
      .select(['id', 'project', 'endpoint_id', 'cancel'])
      .where('identity', '=', identity)
      .where('state', '=', 'running')
      .where('token', '=', token)
      .execute();
    for (const row of rows) {
      const work = this.#works.get(row.id);
      if (work === undefined) {
        await this.#write(row.id, { state: 'again' });
        this.#tell(row.id, refOf(row));
      } else if (Number(row.cancel) === 1) work.stop.abort();
    }
  }

  /** Takes the oldest runs whose endpoints are online, as many as there are places. */
  async #claim(): Promise<CarriedRun[]> {
    const { store, host, identity, token } = this.#deps;
    const { dialect } = store;
    const places = host.limits.runs - this.#works.size;
    const waiting = () =>
      store.tables
        .selectFrom('runs')
        .innerJoin('endpoints', (join) =>
          join.onRef('endpoints.project', '=', 'runs.project').onRef('endpoints.id', '=', 'runs.endpoint_id'),
        )
        .where('runs.identity', '=', identity)
        .where('runs.state', '=', 'queued')
        .where('endpoints.is_online', '=', 1);
    // Mostly there is none, and then nothing is written.
    if (places <= 0 || (await waiting().select('runs.id').limit(1).executeTakeFirst()) === undefined)
      return [];
    const rows = await store.write(async (tables) => {
      const ids = await claiming(
        dialect,
        tables
          .selectFrom('runs')
          .select('id')
          .where('identity', '=', identity)
          .where('state', '=', 'queued')
          .where(({ exists, selectFrom }) =>
            exists(
              selectFrom('endpoints')
                .select('endpoints.id')
                .whereRef('endpoints.project', '=', 'runs.project')
                .whereRef('endpoints.id', '=', 'runs.endpoint_id')
                .where('endpoints.is_online', '=', 1),
            ),
          )
          .orderBy('requested_at')
          .orderBy('id')
          .limit(places),
      ).execute();
      if (ids.length === 0) return [];
      return tables
        .updateTable('runs')
        .set({ state: 'running', phase: 'connecting', token, updated_at: databaseTime(dialect) })
        .where(
          'id',
          'in',
          ids.map(({ id }) => id),
        )
        .returning(['id', 'project', 'endpoint_id', 'trace'])
        .execute();
    });
    return rows.map((row) => ({ id: row.id, ref: refOf(row), trace: row.trace }));
  }

  #begin(run: CarriedRun): void {
    const { id, ref } = run;
    const stop = new AbortController();
    const { observer } = this.#deps;
    const begunAt = performance.now();
    const finished = observer
      .carryOut(run, () => this.#carryOut(id, ref, stop.signal))
      .then((outcome) => this.#note(id, ref, outcome, performance.now() - begunAt))
      .finally(() => {
        this.#works.delete(id);
        this.#look();
      });
    this.#works.set(id, { ref, stop, finished });
    this.#tell(id, ref);
  }

  /** Never rejects. */
  async #carryOut(id: string, ref: EndpointRef, signal: AbortSignal): Promise<Outcome> {
    const { host } = this.#deps;
    try {
      const onProgress = ({ phase }: { phase: RunPhase }) => this.#notePhase(id, ref, phase);
      const report = await host.dialBack(ref, { signal, onProgress });
      return { state: 'done', reportId: report.id };
    } catch (error) {
      if (this.#stopping.signal.aborted) return { state: 'again' };
      return this.#outcomeOf(id, error);
    }
  }

  #outcomeOf(id: string, error: unknown): Outcome {
    const message = messageOf(error);
    // It has just lost its session, or the grant: whichever, it is seen before it is begun anew.
    if (hasCode(error, 'ERR_STATE')) return { state: 'again' };
    const { kind = 'platform-failed' } = error as Partial<DialBackError>;
    if (kind !== 'platform-failed' || this.#retried.has(id)) return { state: 'failed', kind, message };
    this.#retried.add(id);
    return { state: 'again' };
  }

  #notePhase(id: string, ref: EndpointRef, phase: RunPhase): void {
    // The first was written with the claim; the last are written with what came of it.
    if (phase === 'connecting' || phase === 'done' || phase === 'failed') return;
    const { store, token } = this.#deps;
    store
      .write((tables) =>
        tables
          .updateTable('runs')
          .set({ phase, updated_at: databaseTime(store.dialect) })
          .where('id', '=', id)
          .where('state', '=', 'running')
          .where('token', '=', token)
          .execute(),
      )
      .then(
        () => this.#tell(id, ref),
        () => {
          // Only how it goes: what comes of it is written later, and tried again then.
        },
      );
  }

  /** Writes what came of a run; as long as the database does not take it, again and again. Never rejects. */
  async #note(id: string, ref: EndpointRef, outcome: Outcome, tookMs: number): Promise<void> {
    // What is to be seen before it is begun anew has a moment to be seen.
    if (outcome.state === 'again') await this.#pause();
    for (;;) {
      try {
        const isWritten = await this.#write(id, outcome);
        if (outcome.state !== 'again') {
          this.#retried.delete(id);
          const end = outcome.state === 'done' ? 'done' : outcome.kind;
          if (isWritten) this.#deps.observer.ended(end, tookMs);
        }
        this.#tell(id, ref);
        return;
      } catch {
        // Lost to another holder, who begins it anew, or the database is away.
        if (this.#stopping.signal.aborted) return;
        await this.#pause();
      }
    }
  }

  /** Ends early with {@link stop}. Never rejects. */
  #pause(): Promise<void> {
    return sleep(LOOK_MS, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {});
  }

  /** @returns whether it was still this process's */
  async #write(id: string, outcome: Outcome): Promise<boolean> {
    const { store, token } = this.#deps;
    const now = databaseTime(store.dialect);
    const change =
      outcome.state === 'again'
        ? { state: 'queued', token: null }
        : outcome.state === 'done'
          ? { state: 'done', ended_at: now, report_id: outcome.reportId }
          : {
              ...{ state: 'failed', ended_at: now },
              ...{ failure_kind: outcome.kind, failure_message: outcome.message },
            };
    const { numUpdatedRows } = await store.write((tables) =>
      tables
        .updateTable('runs')
        .set({ ...change, phase: null, updated_at: now })
        .where('id', '=', id)
        .where('state', '=', 'running')
        .where('token', '=', token)
        .executeTakeFirst(),
    );
    return numUpdatedRows > 0n;
  }

  #tell(runId: string, { project, id: endpointId }: EndpointRef): void {
    this.#deps.feed.publish({ what: 'run', project, endpointId, runId });
  }
}

function refOf(row: { project: string; endpoint_id: string }): EndpointRef {
  return { project: row.project, id: endpointId(row, 'endpoint_id') };
}
