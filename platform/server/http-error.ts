/** One thing that is wrong with a request. */
export interface Flaw {
  in: 'path' | 'query' | 'header' | 'body';
  /** The parameter, or the member of the body. */
  name: string;
  /** A sentence for the reader. */
  detail: string;
}

/** An answer other than success, with a sentence for the reader. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A word for programs; `undefined`: that of the status. */
  readonly code: string | undefined;
  readonly errors: readonly Flaw[];

  constructor(
    statusCode: number,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    { code, errors = [] }: { code?: string; errors?: readonly Flaw[] } = {},
  ) {
    super(message);
    this.statusCode = statusCode;
    this.headers = headers;
    this.code = code;
    this.errors = errors;
  }
}
