import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ButtonState,
  buttonState,
  type Clock,
  DialBackError,
  type DialBackOptions,
  type EndpointId,
  type EndpointRef,
  type EventBus,
  hasCode,
  NetDiagnosticsError,
  type ProjectId,
  type ReportRecord,
  type RunPhase,
  type RunProgress,
} from 'iroh-net-diagnostics/services';
import type { ChangeFeed } from '../changes/index.js';
import { databaseTime } from '../store/dialect.js';
import {
  isActive,
  isOf,
  type Requester,
  RUN_COLUMNS,
  type RunRecord,
  readAt,
  toRun,
} from '../store/run-rows.js';
import type { SqlStore } from '../store/sql-store.js';
import type { Write } from '../store/write-queue.js';
import type { RunObserver } from './run-observer.js';
import { CANCELLED, isOver, toProgress } from './run-progress.js';

/** From the request on; a run takes seconds, and a change of hands of an identity less than fifteen. Milliseconds. */
const DEADLINE_MS = 90_000;
/** Whoever sees a run that is not over so long after its deadline ends it: nobody holds its identity any more. */
const OVERDUE_MS = 10_000;
/** Who waits for a run looks this often even when no change is told. */
const LOOK_MS = 1_000;

/** What a {@link RunQueue} needs. */
export interface RunQueueDeps {
  store: SqlStore;
  feed: ChangeFeed;
  /** What happens in this process, which may carry out the run itself. */
  events: EventBus;
  clock: Clock;
  observer: RunObserver;
}

/**
 * Runs that are asked for: rows, since any process may be asked, and another one may have the endpoint's session. That one
 * carries them out, see `RunWorker`.
 */
export class RunQueue {
  readonly #store: SqlStore;
  readonly #feed: ChangeFeed;
  readonly #events: EventBus;
  readonly #clock: Clock;
  readonly #observer: RunObserver;
  readonly #stop = new AbortController();

  constructor({ store, feed, events, clock, observer }: RunQueueDeps) {
    // Each run listens, and Node warns of a leak from the eleventh on.
    setMaxListeners(0, this.#stop.signal);
    this.#store = store;
    this.#feed = feed;
    this.#events = events;
    this.#clock = clock;
    this.#observer = observer;
  }

  /**
   * Asks for a run.
   * @param note - what is written down of it, in its transaction
   * @throws `ERR_STATE` when the button is grey
   */
  async request(ref: EndpointRef, by: Requester, note?: (id: string) => Write): Promise<RunRecord> {
    await this.#endOverdue(ref);
    const [endpoint, active] = await Promise.all([this.#store.endpoint(ref), this.active(ref)]);
    const grants = endpoint?.grant == null ? [] : [endpoint.grant];
    const facts = { isOnline: endpoint?.isOnline ?? false, isRunning: active !== null, grants };
    const now = Math.floor(this.#clock.now() / 1000);
    const button = buttonState(facts, now);
    if (!button.enabled || endpoint === null) throw grey(textOf(button));
    const run = await this.#insert(ref, endpoint.identity, by, note);
    // Somebody else was faster: there is one active run of an endpoint at most.
    if (run === null) throw grey(textOf(buttonState({ ...facts, isRunning: true }, now)));
    this.#tell(run);
    return run;
  }

  /** A run; `null`: there is none (any more). */
  async run(id: string): Promise<RunRecord | null> {
    const row = await this.#select().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toRun(row);
  }

  /** The run of an endpoint that is not over; `null`: there is none. */
  async active(ref: EndpointRef): Promise<RunRecord | null> {
    const row = await this.#select().where(isOf(ref)).where(isActive).executeTakeFirst();
    return row === undefined ? null : toRun(row);
  }

  /** The runs of some endpoints of a project that are not over. */
  async activeOf(project: ProjectId, ids: readonly EndpointId[]): Promise<Map<EndpointId, RunRecord>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#select()
      .where('project', '=', project)
      .where('endpoint_id', 'in', ids)
      .where(isActive)
      .execute();
    return new Map(rows.map(toRun).map((run) => [run.endpointId, run]));
  }

  /** Ends a run that is not over. @param also - written in the same transaction */
  async cancel(id: string, also?: Write): Promise<void> {
    const { dialect } = this.#store;
    const now = databaseTime(dialect);
    const change = await this.#store.write(async (tables) => {
      // One that is queued has nobody who would end it.
      const ended = await tables
        .updateTable('runs')
        .set({
          ...{ state: 'failed', ended_at: now, updated_at: now, phase: null },
          ...{ failure_kind: 'cancelled', failure_message: CANCELLED },
        })
        .where('id', '=', id)
        .where('state', '=', 'queued')
        .returning('state')
        .executeTakeFirst();
      const changed =
        ended ??
        (await tables
          .updateTable('runs')
          .set({ cancel: 1 })
          .where('id', '=', id)
          .where('state', '=', 'running')
          .returning('state')
          .executeTakeFirst());
      if (changed !== undefined) await also?.(tables);
      return changed;
    });
    if (change === undefined) return;
    if (change.state === 'failed') this.#observer.ended('cancelled', null);
    const run = await this.run(id);
    if (run !== null) this.#tell(run);
  }

  /**
   * Asks for a run, and waits for its report.
   * @throws `ERR_STATE` when the button is grey, `DialBackError` when the run fails
   */
  async dialBack(ref: EndpointRef, by: Requester, options: DialBackOptions = {}): Promise<ReportRecord> {
    const run = await this.request(ref, by);
    const cancel = () => void this.cancel(run.id).catch(() => {});
    options.signal?.addEventListener('abort', cancel, { once: true });
    if (options.signal?.aborted) cancel();
    try {
      const ended = await this.#followed(run, options.onProgress);
      if (ended.failure !== null) throw new DialBackError(ended.failure.kind, ended.failure.message);
      const report = ended.reportId === null ? null : await this.#store.report(ended.project, ended.reportId);
      if (report === null) throw new DialBackError('platform-failed', 'The report was removed at once.');
      return report;
    } finally {
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  /** Ends the waits for runs; the runs go on where they are carried out. */
  close(): void {
    this.#stop.abort();
  }

  /** Resolves with the run when it is over. @throws `ERR_STORE`, `DialBackError` when the platform stops */
  async #followed(run: RunRecord, onProgress: DialBackOptions['onProgress']): Promise<RunRecord> {
    const changes = new Changes(this.#feed, run.id);
    let told = -1;
    const note = (progress: RunProgress) => {
      const step = STEPS.indexOf(progress.phase);
      if (step > told) tell(onProgress, progress);
      told = Math.max(told, step);
    };
    // Of a run in this process no step is missed. What came of it is told when it is stored.
    const unsubscribe = this.#events.subscribe((event) => {
      const isOwn =
        event.type === 'run' && event.endpointId === run.endpointId && event.project === run.project;
      if (isOwn && !isLast(event.progress)) note({ ...event.progress, startedAt: run.requestedAt });
    });
    try {
      for (let now: RunRecord | null = run; ; now = await this.#look(run)) {
        if (now === null)
          throw new DialBackError('cancelled', 'The endpoint was removed, and its runs with it.');
        note(toProgress(now));
        if (isOver(now)) return now;
        await changes.next(this.#stop.signal);
        if (this.#stop.signal.aborted) throw new DialBackError('cancelled', 'The platform is stopping.');
      }
    } finally {
      unsubscribe();
      changes.end();
    }
  }

  /** @returns the run; as it was, when the database does not answer */
  async #look(run: RunRecord): Promise<RunRecord | null> {
    try {
      const now = await this.run(run.id);
      if (now === null || isOver(now) || now.elapsedMs < DEADLINE_MS + OVERDUE_MS) return now;
      await this.#endOverdue({ project: run.project, id: run.endpointId });
      return await this.run(run.id);
    } catch (error) {
      // It may be back soon. The caller waits as long as the run may take.
      const hasTime = this.#clock.now() < run.requestedAt + DEADLINE_MS + OVERDUE_MS;
      if (hasCode(error, 'ERR_STORE') && hasTime && !this.#stop.signal.aborted) return run;
      throw error;
    }
  }

  #select() {
    const { tables, dialect } = this.#store;
    return tables.selectFrom('runs').select(RUN_COLUMNS).select(readAt(dialect));
  }

  /** @returns `null` when another run of the endpoint is not over */
  async #insert(
    { project, id }: EndpointRef,
    identity: EndpointId,
    by: Requester,
    note?: (id: string) => Write,
  ): Promise<RunRecord | null> {
    const { dialect } = this.#store;
    const now = databaseTime(dialect);
    const trace = this.#observer.traceHere();
    const row = await this.#store.write(async (tables) => {
      const inserted = await tables
        .insertInto('runs')
        .values({
          ...{ id: randomUUID(), project, endpoint_id: id, identity, requested_by: by.name },
          ...{ requester_kind: by.kind, requester_id: by.id, trace },
          ...{ requested_at: now, deadline_at: databaseTime(dialect, DEADLINE_MS), updated_at: now },
          state: 'queued',
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning(RUN_COLUMNS)
        .returning(readAt(dialect))
        .executeTakeFirst();
      if (inserted !== undefined) await note?.(inserted.id)(tables);
      return inserted;
    });
    return row === undefined ? null : toRun(row);
  }

  /** An endpoint's run whose holder has gone, and that no other holder has taken over in time. */
  async #endOverdue(ref: EndpointRef): Promise<void> {
    const { dialect } = this.#store;
    const now = databaseTime(dialect);
    const isOverdue = databaseTime(dialect, -OVERDUE_MS);
    const overdue = await this.#store.tables
      .selectFrom('runs')
      .select('id')
      .where(isOf(ref))
      .where(isActive)
      .where('deadline_at', '<', isOverdue)
      .executeTakeFirst();
    if (overdue === undefined) return;
    const { numUpdatedRows } = await this.#store.write((tables) =>
      tables
        .updateTable('runs')
        .set({
          ...{ state: 'failed', phase: null, ended_at: now, updated_at: now },
          ...{
            failure_kind: 'timed-out',
            failure_message: 'No process of the platform carried it out in time.',
          },
        })
        .where('id', '=', overdue.id)
        .where(isActive)
        .executeTakeFirst(),
    );
    if (numUpdatedRows > 0n) this.#observer.ended('timed-out', null);
    const run = await this.run(overdue.id);
    if (run !== null) this.#tell(run);
  }

  #tell({ project, endpointId, id }: RunRecord): void {
    this.#feed.publish({ what: 'run', project, endpointId, runId: id });
  }
}

/** Waits for what is told of one run. What is told while nobody waits is not lost. */
class Changes {
  readonly #ends: readonly (() => void)[];
  #isNew = false;
  #wake: () => void = () => {};

  constructor(feed: ChangeFeed, runId: string) {
    const changed = () => {
      this.#isNew = true;
      this.#wake();
    };
    const unsubscribe = feed.subscribe((change) => {
      if (change.what === 'run' && change.runId === runId) changed();
    });
    this.#ends = [unsubscribe, feed.onGap(changed)];
  }

  /** Resolves with the next change, after a second, or when `signal` fires. Never rejects. */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.#isNew) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => {})]);
    }
    this.#isNew = false;
  }

  end(): void {
    for (const end of this.#ends) end();
  }
}

/** In their order; of the last two one comes. */
const STEPS: readonly RunPhase[] = ['connecting', 'authorising', 'running', 'done', 'failed'];

function isLast({ phase }: RunProgress): boolean {
  return phase === 'done' || phase === 'failed';
}

function tell(onProgress: DialBackOptions['onProgress'], progress: RunProgress): void {
  try {
    onProgress?.(progress);
  } catch {
    // What an observer throws ends nothing.
  }
}

function textOf(button: ButtonState): string {
  return button.enabled ? '' : button.text;
}

function grey(text: string): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_STATE', text);
}
