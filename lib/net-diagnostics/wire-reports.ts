import { type Clock, linkedAbort, SharedRun } from '../async/index.js';
import type { ReportTrigger } from '../events.js';
import { type LocalReport, toWireReport } from '../report/index.js';
import type { DiagnosticsReport } from '../wire/index.js';
import type { Reporter, Subject } from './reporter.js';

/** A report in both forms. */
export interface Preview {
  /** Exactly what the platform would get. */
  wire: DiagnosticsReport;
  /** The report it was made from, with its evidence. It is not sent. */
  local: LocalReport;
}

/** Options of {@link WireReports}. */
export interface WireReportsOptions {
  reporter: Reporter;
  subject: Subject;
  /** How long a finished report is given to later callers, in milliseconds. */
  reuseMs: number;
  clock: Clock;
  /** Ends all measuring. */
  signal: AbortSignal;
}

/** Makes the reports that the platform gets, each in both forms, and keeps a recent one for the next caller. */
export class WireReports {
  readonly #options: WireReportsOptions;
  readonly #shared: SharedRun<Preview>;
  /** Running measurements, also those whose callers have their answer already. */
  readonly #measuring = new Set<Promise<void>>();

  constructor(options: WireReportsOptions) {
    const { reuseMs, clock } = options;
    this.#options = options;
    this.#shared = new SharedRun({ run: ({ signal }) => this.make('dial-back', signal), reuseMs, clock });
  }

  /**
   * The report that a dial-back gets now: the one under way, a recent one, or a new one.
   * @throws `ERR_ABORTED` when `signal` fires
   */
  get(signal: AbortSignal): Promise<Preview> {
    return this.#shared.get(signal);
  }

  /** Makes a new one; resolves as soon as nothing is missing that the platform gets. */
  make(trigger: ReportTrigger, signal: AbortSignal): Promise<Preview> {
    const { reporter, subject } = this.#options;
    return new Promise((resolve, reject) => {
      const onWireFinal = (local: LocalReport) => resolve({ wire: toWireReport(local), local });
      // The rest, which the wire report has no fields for, is still measured then, for the app itself.
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
