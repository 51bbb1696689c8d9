/** The doctor's steps, in this order. */
export const STEP_NAMES = [
  'settings',
  'secret',
  'binding',
  'endpoint',
  'relays',
  'platform',
  'authorised',
  'grant',
] as const;

export type StepName = (typeof STEP_NAMES)[number];

/** How one step ended. */
export interface StepResult {
  name: StepName;
  /** `skipped`: there is nothing to check, or a step that it needs has failed. */
  outcome: 'ok' | 'failed' | 'skipped';
  durationMs: number;
  /** What was found, in one line. */
  detail: string;
  /** With `failed`: what to do. */
  fix: string | null;
}

/** What a step found: a value for later steps, and a line for the reader. */
export interface Found<T> {
  value: T;
  detail: string;
}

/** A step has failed. */
export class StepFailed extends Error {
  override name = 'StepFailed';
  readonly fix: string;

  /** @param fix - what to do, in whole sentences */
  constructor(message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.fix = fix;
  }
}

/** A step has nothing to check; its message says why. */
export class StepSkipped extends Error {
  override name = 'StepSkipped';
}
