/** Thrown by whatever reads one value of an option or a variable: this one will not do. It never leaves the package. */
export class InvalidValue extends Error {
  /** Which part of the value is wrong, where that is not plain. */
  readonly detail: string | null;

  constructor(detail: string | null = null, options?: ErrorOptions) {
    super(detail ?? 'refused', options);
    this.detail = detail;
  }
}
