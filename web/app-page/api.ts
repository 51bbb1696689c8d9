/** Calls the app's routes beside the page. URLs are relative, since the page may be mounted anywhere. */
import type { LocalReport, ProbeEvent, Status } from '../../lib/index.js';
import { advance, NO_PROGRESS, type ProblemView, type Progress, viewProblem } from '../words/run.js';
import { readEvents } from './events.js';

const SILENT_APP = 'The app does not answer: is it running?';

/** A run that did not lead to a report; the message is for the reader. */
export class NoReport extends Error {
  readonly waitS: number;

  constructor({ text, waitS }: ProblemView) {
    super(text);
    this.waitS = waitS;
  }
}

export function fetchStatus(): Promise<Status> {
  return getJson<Status>('./status');
}

export function fetchReport(): Promise<LocalReport> {
  return getJson<LocalReport>('./report');
}

/** @throws Error with a sentence for the reader */
async function getJson<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: 'application/json' } }).catch(() => {
    // The message of fetch's own error is no sentence for a reader.
    throw new Error(SILENT_APP);
  });
  const answer: T | null = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new Error(viewProblem(response.status, answer, null).text);
}

/** Runs the diagnostics. @throws {@link NoReport} */
export async function measure(onProgress: (progress: Progress) => void): Promise<LocalReport> {
  const headers = { accept: 'text/event-stream' };
  const response = await fetch('./report', { method: 'POST', headers }).catch(() => {
    throw new NoReport({ text: SILENT_APP, waitS: 0 });
  });
  if (!response.ok) {
    const problem: unknown = await response.json().catch(() => null);
    throw new NoReport(viewProblem(response.status, problem, response.headers.get('retry-after')));
  }
  let progress = NO_PROGRESS;
  const end: { report: LocalReport | null; problem: ProblemView | null } = { report: null, problem: null };
  // If the connection breaks, the report is missing, which is handled below.
  await readEvents(response, (name, data) => {
    if (name === 'probe') {
      progress = advance(progress, data as ProbeEvent);
      onProgress(progress);
    } else if (name === 'report') end.report = (data as { report: LocalReport }).report;
    else if (name === 'problem') end.problem = viewProblem((data as { status: number }).status, data, null);
  }).catch(() => {});
  if (end.report !== null) return end.report;
  throw new NoReport(
    end.problem ?? { text: 'The connection to the app broke before the report was there.', waitS: 0 },
  );
}

/** The latest report to pass on, as the app writes it. @throws Error with a clause for the reader */
export async function fetchText(path: string, accept: string): Promise<string> {
  const response = await fetch(path, { headers: { accept } }).catch(() => {
    throw new Error('the app does not answer');
  });
  if (!response.ok) throw new Error(`the app answered ${response.status}`);
  return response.text();
}
