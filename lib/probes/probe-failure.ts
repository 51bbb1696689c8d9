/** Why something that a probe did came to nothing. What Node and the system throw has a code as well: see `codeOf`. */
export class ProbeFailure<Code extends string = string> extends Error {
  override name = 'ProbeFailure';
  /** Stable and machine-readable; it stands in the report. */
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
