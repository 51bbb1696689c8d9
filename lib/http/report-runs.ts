import { linkedAbort } from '../async/index.js';
import type { ProbeEvent } from '../diagnose/index.js';
import { hasCode, messageOf } from '../errors.js';
import { EventStream } from '../http-kit/index.js';
import { type LocalReport, redactReport, renderText, type Summary } from '../report/index.js';
import type { ReportFault } from './access.js';
import type { Call } from './call.js';
import { BUSY_RETRY_S, MAX_STREAM_BACKLOG } from './constants.js';
import type { LiveReport, ProgressListener } from './live-report.js';
import { Problem, unexpected } from './problem.js';

/** What {@link ReportRuns} uses. */
export interface ReportRunsOptions {
  live: LiveReport;
  heartbeatMs: number;
  /** Ends all runs and streams; those who wait get the problem `shutting-down`. */
  closing: AbortSignal;
  onFault: ReportFault;
}

/** `POST /report`: answers when the run has ended, or streams its progress. */
export class ReportRuns {
  readonly #options: ReportRunsOptions;

  constructor(options: ReportRunsOptions) {
    this.#options = options;
  }

  /** The report of a run. @throws {@link Problem} */
  async measure(call: Call): Promise<LocalReport> {
    const { isRedacted } = call;
    this.#assertRoom();
    const local = await this.#watch(call, () => {});
    return isRedacted ? redactReport(local) : local;
  }

  /** Streams each probe as it starts and ends, then the report or a problem. @throws {@link Problem} before that */
  async stream(call: Call): Promise<void> {
    const { isRedacted } = call;
    this.#assertRoom();
    call.setHeaders(true);
    const stream = new EventStream(call.response, {
      heartbeatMs: this.#options.heartbeatMs,
      maxBacklog: MAX_STREAM_BACKLOG,
      opening: ': running',
    });
    try {
      const show = isRedacted ? numberRefs() : (event: ProbeEvent) => event;
      const local = await this.#watch(call, (event) => stream.send('probe', show(event)));
      const report = isRedacted ? redactReport(local) : local;
      stream.send('report', { report, text: renderText(report) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      stream.send('problem', error.details);
    } finally {
      stream.end();
    }
  }

  #assertRoom(): void {
    if (this.#options.closing.aborted) throw shuttingDown();
    this.#options.live.assertRoom();
  }

  async #watch(call: Call, onProgress: ProgressListener): Promise<LocalReport> {
    const end = linkedAbort(call.left, this.#options.closing);
    try {
      return await this.#options.live.watch(end.signal, onProgress);
    } catch (error) {
      throw this.#problemOf(error);
    } finally {
      end.release();
    }
  }

  #problemOf(error: unknown): Problem {
    if (this.#options.closing.aborted || hasCode(error, 'ERR_ABORTED')) return shuttingDown();
    if (hasCode(error, 'ERR_STATE')) return new Problem('not-running', messageOf(error));
    this.#options.onFault('a run that was asked for over HTTP failed', error);
    return unexpected();
  }
}

function shuttingDown(): Problem {
  return new Problem('shutting-down', 'Ask again when the app is up.', {
    'retry-after': String(BUSY_RETRY_S),
  });
}

/** Redacted progress. */
interface RedactedProgress extends Pick<ProbeEvent, 'phase' | 'ref' | 'done' | 'total'> {
  soFar?: { summary: Pick<Summary, 'colour'>; isFinal: boolean };
}

/**
 * Removes the names of relays and servers from progress: a probe's run gets a number, and only the colour of the
 * conclusions stays.
 */
function numberRefs(): (event: ProbeEvent) => RedactedProgress {
  const numbers = new Map<string, number>();
  return ({ phase, ref, done, total, soFar }) => {
    const number = numbers.get(ref) ?? numbers.size + 1;
    numbers.set(ref, number);
    const progress = { phase, ref: `run-${number}`, done, total };
    if (soFar === undefined) return progress;
    const { summary, isFinal } = soFar;
    return { ...progress, soFar: { summary: { colour: summary.colour }, isFinal } };
  };
}
