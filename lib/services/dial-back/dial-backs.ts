import { type Clock, type LinkedAbort, linkedAbort, notify, nowSeconds } from '../../async/index.js';
import { NetDiagnosticsError } from '../../errors.js';
import type { Endpoint } from '../../transport/index.js';
import { buttonState, usableGrant } from '../button-state.js';
import type { EventBus } from '../events.js';
import { type EndpointRef, type GrantRecord, newReportId, type ReportRecord } from '../records.js';
import type { Presence } from '../sessions/index.js';
import type { Store } from '../store.js';
import type { Witness } from '../witness/index.js';
import { explainFailure } from './dial-back-error.js';
import { fetchReport } from './fetch-report.js';
import type { RunPhase, RunProgress } from './progress.js';
import { reach } from './reach.js';
import type { Recalls } from './recalls.js';

/** What {@link DialBacks} needs. */
export interface DialBackContext {
  endpoint: Endpoint;
  store: Store;
  presence: Presence;
  recalls: Pick<Recalls, 'lost'>;
  witness: Pick<Witness, 'prepare' | 'sighting'>;
  events: EventBus;
  clock: Clock;
  /** Dial-backs at once, over all endpoints. */
  maxRuns: number;
  /** Those of all hosts that share this number. */
  underWay: Set<object>;
  /** Reports that are kept of an endpoint. */
  keepReports: number;
}

/** Options of a dial-back. */
export interface DialBackOptions {
  /** Ends the run itself, not only the wait. */
  signal?: AbortSignal | undefined;
  /** Called with each step, also with the last one (`done`, `failed`). What it throws is ignored. */
  onProgress?: ((progress: RunProgress) => void) | undefined;
}

interface Run {
  ref: EndpointRef;
  progress: RunProgress;
  stop: LinkedAbort;
  finished: Promise<unknown>;
}

/** Runs dial-backs, at most one per endpoint. */
export class DialBacks {
  readonly #context: DialBackContext;
  /** By the endpoint: it has one network, whichever project asks. */
  readonly #runs = new Map<string, Run>();
  #isClosed = false;

  constructor(context: DialBackContext) {
    this.#context = context;
  }

  /** The run under way, or `null`; with the current `elapsedMs`. */
  progress({ project, id }: EndpointRef): RunProgress | null {
    const run = this.#runs.get(id);
    if (run?.ref.project !== project) return null;
    return { ...run.progress, elapsedMs: this.#context.clock.now() - run.progress.startedAt };
  }

  /**
   * Dials the endpoint back, asks it to run its diagnostics, and stores the report.
   * @throws NetDiagnosticsError `ERR_STATE` when the button is grey; {@link DialBackError} when the run fails
   */
  async run(ref: EndpointRef, options: DialBackOptions = {}): Promise<ReportRecord> {
    const { id } = ref;
    const grant = await this.#takeGrant(ref);
    // No `await` from here to the entry in #runs, so that a second press cannot start another run in between.
    this.#assertFree(id);
    const startedAt = this.#context.clock.now();
    const stop = linkedAbort(options.signal);
    const progress: RunProgress = { endpointId: id, phase: 'connecting', startedAt, elapsedMs: 0 };
    const run: Run = { ref, progress, stop, finished: Promise.resolve() };
    this.#runs.set(id, run);
    this.#context.underWay.add(run);
    const work = this.#work(run, grant, options.onProgress).finally(() => this.#end(run));
    run.finished = work.catch(() => {});
    return work;
  }

  /** Ends all runs and takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const runs = [...this.#runs.values()];
    for (const { stop } of runs) stop.abort();
    await Promise.all(runs.map(({ finished }) => finished));
  }

  async #work(
    run: Run,
    grant: GrantRecord,
    onProgress: DialBackOptions['onProgress'],
  ): Promise<ReportRecord> {
    const { store, clock, events, witness } = this.#context;
    const { endpointId, startedAt } = run.progress;
    const { project } = run.ref;
    const { signal } = run.stop;
    const tell = (phase: RunPhase, more: Partial<RunProgress> = {}) => {
      run.progress = { endpointId, phase, startedAt, elapsedMs: clock.now() - startedAt, ...more };
      // The last event makes the dashboard fetch the state again: the ended run must not make the button grey there.
      if (phase === 'done' || phase === 'failed') this.#end(run);
      events.emit({ type: 'run', project, endpointId, progress: run.progress });
      notify(onProgress, run.progress);
    };
    try {
      witness.prepare();
      const { report, sighting } = await fetchReport({
        ...{ endpointId, token: grant.token, signal, onPhase: tell },
        connect: (end) => reach(this.#context, run.ref, end),
        see: (came, connection) => witness.sighting(came, connection),
      });
      const now = clock.now();
      const id = newReportId(now);
      const durationMs = now - startedAt;
      const record: ReportRecord = {
        project,
        id,
        endpointId,
        source: 'dial-back',
        receivedAt: now,
        durationMs,
        sighting,
        report,
      };
      await store.addReport(record, this.#context.keepReports);
      events.emit({ type: 'report', project, endpointId, reportId: id, source: 'dial-back' });
      tell('done', { reportId: id });
      return record;
    } catch (error) {
      const failure = explainFailure(error, 'running');
      if (failure.kind === 'unreachable') await this.#context.recalls.lost(run.ref);
      tell('failed', { failure: { kind: failure.kind, message: failure.message } });
      throw failure;
    }
  }

  /** Idempotent; does not touch a newer run of the same endpoint. */
  #end(run: Run): void {
    const { endpointId } = run.progress;
    run.stop.release();
    this.#context.underWay.delete(run);
    if (this.#runs.get(endpointId) === run) this.#runs.delete(endpointId);
  }

  /** @throws `ERR_STATE` when the button is grey */
  async #takeGrant(ref: EndpointRef): Promise<GrantRecord> {
    const { endpoint, store, presence, clock } = this.#context;
    const { project, id } = ref;
    const grants = await store.grants(ref, endpoint.id);
    const now = nowSeconds(clock);
    const state = buttonState(
      { isOnline: presence.isOnline(id, project), isRunning: this.#runs.has(id), grants },
      now,
    );
    const grant = usableGrant(grants, now);
    if (state.enabled && grant !== null) return grant;
    throw new NetDiagnosticsError('ERR_STATE', state.enabled ? 'There is no grant.' : state.text);
  }

  #assertFree(id: string): void {
    if (this.#isClosed) throw new NetDiagnosticsError('ERR_STATE', 'The platform is stopping.');
    if (this.#runs.has(id)) throw new NetDiagnosticsError('ERR_STATE', 'A diagnostics run is under way.');
    const { maxRuns, underWay } = this.#context;
    if (underWay.size >= maxRuns) {
      throw new NetDiagnosticsError(
        'ERR_STATE',
        `${maxRuns} runs are under way: wait for one of them to end.`,
      );
    }
  }
}
