import type { EndpointRef, RunFailureKind } from 'iroh-net-diagnostics/services';

/** What came of a run, in one word. */
export type RunEnd = 'done' | RunFailureKind;

/** A run that this process carries out. */
export interface CarriedRun {
  id: string;
  ref: EndpointRef;
  /** What {@link RunObserver.traceHere} said where it was asked for. */
  trace: string | null;
}

/** Looks at runs, to count and to trace them. None of its methods throws. */
export interface RunObserver {
  /** Where who asks for a run stands in his trace, for the process that carries it out; `null`: in none. */
  traceHere(): string | null;
  /** Does the work of a run that this process carries out. @returns and throws what the work does */
  carryOut<T>(run: CarriedRun, work: () => Promise<T>): Promise<T>;
  /** A run is over, and this process has written so. @param ms - how long it was carried out; `null`: it was not */
  ended(end: RunEnd, ms: number | null): void;
}
