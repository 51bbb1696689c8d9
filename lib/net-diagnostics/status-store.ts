import { type Clock, Condition } from '../async/index.js';
import type { GrantState } from '../client/index.js';
import type { NetDiagnosticsEvent, ReportTrigger } from '../events.js';
import type { LocalReport } from '../report/index.js';
import type { Reason, State, Status } from '../status.js';

/** Details of a change of state. */
export interface StateExtras {
  reason?: Reason;
  /** When the next attempt is made, in milliseconds since the epoch. */
  retryAt?: number | null;
}

type Labelling = 'name' | 'group' | 'attributes' | 'labels';

/** How long a shared identity is shown. Two processes that share one are noticed within a minute and a half. */
const SHARED_FOR_MS = 10 * 60_000;

/** Holds the status that the parts of `NetDiagnostics` write; reports changes, and wakes callers who wait for them. */
export class StatusStore {
  readonly #clock: Clock;
  readonly #tell: (event: NetDiagnosticsEvent) => void;
  readonly #changes = new Condition();
  #status: Status;
  #lastReport: LocalReport | null = null;

  /** @param tell - must not throw */
  constructor(
    clock: Clock,
    tell: (event: NetDiagnosticsEvent) => void,
    first: Pick<Status, 'state' | Labelling>,
  ) {
    this.#clock = clock;
    this.#tell = tell;
    this.#status = {
      ...first,
      reason: null,
      since: this.#now(),
      retryAt: null,
      endpointId: null,
      platform: null,
      servesDialBack: false,
      paused: false,
      grant: { state: 'off' },
      sharedIdentity: null,
      latencyMs: null,
      lastReportAt: null,
      lastError: null,
    };
  }

  /** A copy. */
  get status(): Status {
    const status = structuredClone(this.#status);
    const { sharedIdentity: shared } = status;
    const age = shared === null ? 0 : Math.abs(this.#clock.now() - Date.parse(shared.at));
    return age > SHARED_FOR_MS ? { ...status, sharedIdentity: null } : status;
  }

  /** Sets the state; `stopped` is final. */
  set(state: State, { reason, retryAt = null }: StateExtras = {}): void {
    if (this.#status.state === 'stopped') return;
    const isNew = state !== this.#status.state || (reason ?? null) !== this.#status.reason;
    this.#status = {
      ...this.#status,
      state,
      reason: reason ?? null,
      since: isNew ? this.#now() : this.#status.since,
      retryAt: retryAt === null ? null : new Date(retryAt).toISOString(),
    };
    if (isNew) this.#changed({ type: 'state', status: this.status });
  }

  setGrant(grant: GrantState): void {
    this.#status = { ...this.#status, grant };
    this.#changed({ type: 'grant', grant: { ...grant } });
  }

  /** Sets facts that are not a change of state. */
  note(
    facts: Partial<Pick<Status, 'endpointId' | 'platform' | 'latencyMs' | 'servesDialBack' | Labelling>>,
  ): void {
    this.#status = { ...this.#status, ...facts };
  }

  /** The latest finished report. */
  get lastReport(): LocalReport | null {
    return this.#lastReport;
  }

  /** Notes a report that has just been finished. */
  noteReport(report: LocalReport, trigger: ReportTrigger): void {
    this.#lastReport = report;
    this.#status = { ...this.#status, lastReportAt: this.#now() };
    this.#tell({ type: 'report', trigger, report });
  }

  /** Notes that the app has paused or resumed; reported like a change of state. */
  setPaused(paused: boolean): void {
    if (paused === this.#status.paused) return;
    this.#status = { ...this.#status, paused };
    this.#changed({ type: 'state', status: this.status });
  }

  /** Another process has this identity. */
  noteShared(message: string): void {
    this.#status = { ...this.#status, sharedIdentity: { at: this.#now(), message } };
    this.#changed({ type: 'state', status: this.status });
  }

  noteError(code: string, message: string): void {
    this.#status = { ...this.#status, lastError: { code, message, at: this.#now() } };
  }

  /** Resolves when `isThere` holds for the status, or `signal` fires. Never rejects. */
  until(isThere: (status: Status) => boolean, signal: AbortSignal): Promise<void> {
    return this.#changes.until(() => isThere(this.#status), signal);
  }

  #changed(event: NetDiagnosticsEvent): void {
    this.#tell(event);
    this.#changes.changed();
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
