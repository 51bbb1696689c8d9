/** The shapes in which words are given to the pages' components. */

/** The colour of a report or of a line; its sign goes with it. */
export type Level = 'green' | 'orange' | 'red' | 'grey';

/** Good, bad, worth a look, or not measured; plain words, or an address. */
export type Tone = 'good' | 'bad' | 'warn' | 'unknown' | 'plain' | 'plain mono';

/** Why something is said. */
export interface Reason {
  label: string;
  /** A sentence. */
  reason: string;
  /** The evidence for it, in words. */
  evidence: readonly string[];
}

/** One line of a report. */
export interface Fact {
  label: string;
  value: string;
  tone: Tone;
  /** What the value means; may be empty. */
  hint: string;
  /** Nothing where the report gives none. */
  reasons?: readonly Reason[];
}

/** What one relay measured. Milliseconds; `null`: no sample. */
export interface RelayRow {
  url: string;
  host: string;
  isPreferred: boolean;
  ipv4Ms: number | null;
  ipv6Ms: number | null;
  httpsMs: number | null;
}

/** The colour of a report, what it means, and what to do next. */
export interface VerdictView {
  level: Level;
  headline: string;
  sentence: string;
  nextSteps?: readonly string[];
}
