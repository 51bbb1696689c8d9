import type { EndpointRef, RunFailureKind } from 'iroh-net-diagnostics/services';

/** What came of a run, in one word. */
export type RunEnd = 'done' | RunFailureKind;

/** Looks at runs, to count and to trace them. None of its methods throws. */
export interface RunObserver {
  /** Does the work of a run that this process carries out. @returns and throws what the work does */
  carryOut<T>(run: { id: string; ref: EndpointRef }, work: () => Promise<T>): Promise<T>;
  /** A run is over, and this process has written so. @param ms - how long it was carried out; `null`: it was not */
  ended(end: RunEnd, ms: number | null): void;
}
