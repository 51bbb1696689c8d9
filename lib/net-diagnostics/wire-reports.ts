import { type Clock, linkedAbort, SharedRun } from '../async/index.js';
import type { ReportTrigger } from '../events.js';
import { type LocalReport, toWireReport } from '../report/index.js';
import type { DiagnosticsReport } from '../wire/index.js';
import type { Reporter, Subject } from './reporter.js';

/** A report in both forms. */
export interface Preview {
  /** What the platform would get, field by field. */
  wire: DiagnosticsReport;
  /** The report it was made of, with its evidence. It stays here. */
  local: LocalReport;
}

/** What {@link WireReports} are made of. */
export interface WireReportsOptions {
  reporter: Reporter;
  subject: Subject;
  /** A finished report serves those who ask within so many milliseconds. */
  reuseMs: number;
  clock: Clock;
  /** Ends what is being measured. */
  signal: AbortSignal;
}

/** Makes the reports that the platform gets, each in both forms, and keeps a recent one for who asks next. */
export class WireReports {
  readonly #options: WireReportsOptions;
  readonly #shared: SharedRun<Preview>;
  /** What is being measured, also for those who have their answer. */
  readonly #measuring = new Set<Promise<void>>();

  constructor(options: WireReportsOptions) {
    const { reuseMs, clock } = options;
    this.#options = options;
    this.#shared = new SharedRun({ run: ({ signal }) => this.make('dial-back', signal), reuseMs, clock });
  }

  /**
   * The report that a dial-back gets at this moment: the one under way, a recent one, or a new one.
   * @throws `ERR_ABORTED` when `signal` fires
   */
  get(signal: AbortSignal): Promise<Preview> {
    return this.#shared.get(signal);
  }

  /** A new one, as soon as nothing that it lacks matters to the platform. */
  make(trigger: ReportTrigger, signal: AbortSignal): Promise<Preview> {
    const { reporter, subject } = this.#options;
    return new Promise((resolve, reject) => {
      const onWireFinal = (local: LocalReport) => resolve({ wire: toWireReport(local), local });
      // What the platform has no word for is still measured then, for the app itself.
      const end = linkedAbort(signal, this.#options.signal);
      const whole = reporter.report(trigger, subject, { signal: end.signal, onWireFinal });
      const measuring = whole.then(() => undefined, reject);
      this.#measuring.add(measuring);
      void measuring.finally(() => {
        end.release();
        this.#measuring.delete(measuring);
      });
    });
  }

  /** Resolves when nothing is being measured any more. Never rejects. */
  async idle(): Promise<void> {
    await Promise.all(this.#measuring);
  }
}
