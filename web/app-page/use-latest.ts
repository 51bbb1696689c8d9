import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LocalReport, Status } from '../../lib/index.js';
import { fetchReport, fetchStatus } from './api.js';

/** How often the status is asked for while somebody looks, in milliseconds. */
const POLL_MS = 4000;

/** What the page knows of the app. */
export interface Latest {
  /** `null` before the first answer. */
  status: Status | null;
  /** `null`: there is none; `undefined`: not known yet. */
  report: LocalReport | null | undefined;
  /** When the app answered last, unix milliseconds. */
  at: number;
  /** Whether the latest question was answered; `null` before it. */
  isLive: boolean | null;
  /** What went wrong with the latest question; empty when nothing did. */
  trouble: string;
}

/** Before anything was asked. */
export const NOTHING_YET: Latest = { status: null, report: undefined, at: 0, isLive: null, trouble: '' };

/** The app's current state, asked for again and again while somebody looks. */
export function useLatest(): { latest: Latest; show(report: LocalReport): void } {
  const [latest, setLatest] = useState(NOTHING_YET);
  const poll = useMemo(() => new Poll((change) => setLatest((before) => ({ ...before, ...change }))), []);
  useEffect(() => poll.start(), [poll]);
  return { latest, show: (report) => poll.show(report) };
}

/** Asks for the status, and for the report when the status tells of another one. */
class Poll {
  readonly #onChange: (change: Partial<Latest>) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #shown: LocalReport | null = null;
  /** From the latest status; a report is fetched when this changes. */
  #lastReportAt: string | null | undefined;

  constructor(onChange: (change: Partial<Latest>) => void) {
    this.#onChange = onChange;
  }

  /** @returns stops it */
  start(): () => void {
    const wake = () => {
      if (!document.hidden) void this.#keepAsking();
    };
    document.addEventListener('visibilitychange', wake);
    void this.#keepAsking();
    return () => {
      document.removeEventListener('visibilitychange', wake);
      clearTimeout(this.#timer);
    };
  }

  /** Shows a report that came another way. */
  show(report: LocalReport): void {
    if (this.#shown?.startedAt === report.startedAt) return;
    this.#shown = report;
    this.#onChange({ report });
  }

  async #keepAsking(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await this.#ask();
      this.#onChange({ isLive: true, trouble: '' });
    } catch (error) {
      this.#onChange({ isLive: false, trouble: error instanceof Error ? error.message : String(error) });
    }
    this.#isAsking = false;
    // A hidden page asks nothing; the event above starts it again.
    if (!document.hidden) this.#timer = setTimeout(() => void this.#keepAsking(), POLL_MS);
  }

  async #ask(): Promise<void> {
    const status = await fetchStatus();
    this.#onChange({ status, at: Date.now() });
    if (status.lastReportAt === this.#lastReportAt) return;
    if (status.lastReportAt === null) this.#onChange({ report: null });
    else this.show(await fetchReport());
    this.#lastReportAt = status.lastReportAt;
  }
}
