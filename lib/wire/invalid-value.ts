/** Thrown by the readers of option values: the value is not valid. Callers turn it into an error that names the option. */
export class InvalidValue extends Error {
  /** Which part of the value is wrong; `null` when it is clear. */
  readonly detail: string | null;

  constructor(detail: string | null = null, options?: ErrorOptions) {
    super(detail ?? 'refused', options);
    this.detail = detail;
  }
}
