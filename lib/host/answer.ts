/** The answer to a caller with an accepted token. */
import { bounded, type SharedRun, scoped } from '../async/index.js';
import { type DiagnosticsReport, encodeReportResult, type RemoteFailure, type Token } from '../wire/index.js';
import type { DialBack, DialBackOutcome } from './audit.js';
import { permitsReport, REPORT_CAPS } from './authorise.js';
import type { HostLimits } from './limits.js';

/** An answer, ready to be sent. */
export interface Answer {
  body: Uint8Array;
  outcome: Extract<DialBackOutcome, 'answered' | 'missing-capability' | 'vetoed' | 'failed'>;
  /** Why it failed. For the audit; it is never sent to the caller. */
  error?: unknown;
}

/** What making an answer needs. */
export interface AnswerParts {
  reports: SharedRun<DiagnosticsReport>;
  onRequest: ((info: DialBack) => boolean | Promise<boolean>) | undefined;
  limits: HostLimits;
}

/** Sent to a caller when the application refused. */
const VETO_MESSAGE = 'refused by the application';

/** Decides, and makes the report if it is allowed. Rejects only when `signal` fires. */
export async function makeAnswer(
  parts: AnswerParts,
  caller: DialBack,
  token: Token,
  signal: AbortSignal,
): Promise<Answer> {
  if (!permitsReport(token)) {
    return failure('missing-capability', { kind: 'missing-capability', caps: REPORT_CAPS });
  }
  const { onRequest, reports, limits } = parts;
  try {
    const isAllowed =
      onRequest === undefined ||
      (await inTime('onRequest', limits.vetoTimeoutMs, signal, async () => onRequest(caller)));
    // Anything but `true` means no, also `undefined` from a JavaScript callback that forgot to return.
    if (isAllowed !== true) return failure('vetoed', { kind: 'auth-error', message: VETO_MESSAGE });
    const value = await inTime('the report', limits.runTimeoutMs, signal, (limit) => reports.get(limit));
    return { body: encodeReportResult({ ok: true, value }), outcome: 'answered' };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...failure('failed', { kind: 'internal-server-error' }), error };
  }
}

function failure(outcome: Answer['outcome'], error: RemoteFailure): Answer {
  return { body: encodeReportResult({ ok: false, error }), outcome };
}

/** The signal given to `work` also fires when the time is up. */
function inTime<T>(
  what: string,
  timeoutMs: number,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  return scoped(signal, (limit) =>
    bounded(what, { signal, timeoutMs }, timeoutMs, (step) => step(work(limit.signal))),
  );
}
