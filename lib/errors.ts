/**
 * Every error this package throws on purpose. Tell them apart by `code`, not by `instanceof`: that also works when two
 * copies of the package are in one process.
 */

/** The stable codes of {@link NetDiagnosticsError}. */
export type NetDiagnosticsErrorCode =
  /** A setting (option or environment variable) is missing or malformed. */
  | 'ERR_SETTING'
  /** An API secret does not parse. */
  | 'ERR_API_SECRET'
  /** Bytes from the network are not the message they should be. */
  | 'ERR_WIRE_DECODE'
  /** A value cannot be written as a message (too long, out of range). */
  | 'ERR_WIRE_ENCODE'
  /** A token's signature is wrong, or its keys are no valid ed25519 keys. */
  | 'ERR_TOKEN_INVALID'
  /** `@number0/iroh` has no build for this platform or cannot be loaded. */
  | 'ERR_BINDING_UNAVAILABLE'
  /** The endpoint could not bind its sockets. */
  | 'ERR_BIND'
  /** The endpoint is closed. */
  | 'ERR_ENDPOINT_CLOSED'
  /** A connection could not be established. */
  | 'ERR_CONNECT'
  /** The connection ended; {@link ConnectionClosedError} says who closed it and with which code. */
  | 'ERR_CONNECTION_CLOSED'
  /** The peer reset or stopped a stream, or ended it early. */
  | 'ERR_STREAM'
  /** A message is longer than the protocol allows. */
  | 'ERR_MESSAGE_TOO_LARGE'
  /** A wait reached its time limit. */
  | 'ERR_TIMEOUT'
  /** A wait was cancelled by its AbortSignal. */
  | 'ERR_ABORTED'
  /** A handler for this ALPN is registered already, or the user's own endpoint does not advertise it. */
  | 'ERR_ALPN'
  /** The other end answered a request with an error; {@link RemoteError} carries it. */
  | 'ERR_REMOTE'
  /** An operation does not fit the present state (not started, stopped, disabled). */
  | 'ERR_STATE'
  /** The platform's store is unusable. */
  | 'ERR_STORE';

/** Marks every error of this package, also those of another copy of it. */
const OURS = Symbol.for('iroh-net-diagnostics:error');

/** The base of all errors of this package. To handle all of them, use {@link isNetDiagnosticsError}. */
export class NetDiagnosticsError<
  Code extends NetDiagnosticsErrorCode = NetDiagnosticsErrorCode,
> extends Error {
  override name = 'NetDiagnosticsError';
  /** Stable and machine-readable. */
  readonly code: Code;

  /**
   * @param code - what kind of error this is
   * @param message - one sentence that says what happened and what to do next; never a secret
   */
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** @internal */
  get [OURS](): true {
    return true;
  }
}

/** Whether this copy of the package, or another one, made the error. */
export function isOurs(error: unknown): error is NetDiagnosticsError {
  return error instanceof Error && OURS in error;
}

/** Whether `error` has this code, also when another copy of the package made it. */
export function hasCode<Code extends NetDiagnosticsErrorCode>(
  error: unknown,
  code: Code,
): error is NetDiagnosticsError<Code> {
  return codeOf(error) === code;
}

/** The form of the codes of Node, of the system and of this package. */
const CODE_FORM = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * The code of anything that was thrown: ours, Node's or the system's (`ENOENT`). Safe to show.
 * @param otherwise - the result when the error has no code
 */
export function codeOf(error: unknown, otherwise = 'ERROR'): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && CODE_FORM.test(code) ? code : otherwise;
}

/** The message of anything that was thrown. Never throws, because it is called in error handlers. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something without a text was thrown';
  }
}
