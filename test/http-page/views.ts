/** The page's views, which are kept as text for the browser, for tests in Node. */
import { PAGE_ASSETS } from '../../lib/http/page/index.js';
import type { LocalReport, ProbeEvent, Status } from '../../lib/index.js';
import { importAsset } from '../support/browser-code.js';

export interface Fact {
  label: string;
  value: string;
  tone: string;
  hint: string;
  reasons: { label: string; reason: string; evidence: string[] }[];
}

export interface View {
  level: string;
  headline: string;
  sentence: string;
  nextSteps: string[];
  took: string;
  ipv4: Fact[];
  ipv6: Fact[];
  network: Fact[];
  relays: { host: string; isPreferred: boolean; ipv4Ms: number | null }[];
  endpoint: { facts: Fact[]; addresses: string[]; paths: { kind: string }[] } | null;
  notes: string[];
}

export interface ProbeRow {
  name: string;
  target: string;
  outcome: string;
  start: number;
  width: number;
  took: string;
  error: string;
}

export interface ChecklistItem {
  id: string;
  state: 'ok' | 'not' | 'unknown';
  detail: string;
  at: string | null;
}

export interface Step {
  probe: string;
  name: string;
  started: number;
  ended: number;
  ok: number;
}

export interface Progress {
  done: number;
  total: number;
  steps: readonly Step[];
  final: string | null;
}

export const reportView = () =>
  importAsset<{ viewLocalReport(report: LocalReport): View }>(PAGE_ASSETS, 'report-view.js');

export const probesView = () =>
  importAsset<{
    viewProbes(report: Pick<LocalReport, 'probes' | 'durationMs'>): { sentence: string; rows: ProbeRow[] };
    probeName(probe: string): string;
  }>(PAGE_ASSETS, 'probes-view.js');

export const checklistView = () =>
  importAsset<{
    viewChecklist(
      status: Status,
      report: Pick<LocalReport, 'endpoint'> | null,
      now: number,
    ): { isReady: boolean; title: string; summary: string; items: ChecklistItem[] };
  }>(PAGE_ASSETS, 'checklist-view.js');

export const runView = () =>
  importAsset<{
    NO_PROGRESS: Progress;
    advance(progress: Progress, event: ProbeEvent): Progress;
    viewStep(step: Step): { text: string; state: string };
    viewProblem(status: number, problem: unknown, retryAfter: string | null): { text: string; waitS: number };
  }>(PAGE_ASSETS, 'run-view.js');

export const events = () =>
  importAsset<{ eventParser(onEvent: (name: string, data: unknown) => void): (text: string) => void }>(
    PAGE_ASSETS,
    'events.js',
  );
