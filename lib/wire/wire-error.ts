import { NetDiagnosticsError } from '../errors.js';

/** Bytes (or a text) that are not the expected message. `code` is `ERR_WIRE_DECODE`. */
export class WireError extends NetDiagnosticsError<'ERR_WIRE_DECODE'> {
  override name = 'WireError';
  /** Path of the field that does not decode, such as `netReport.relayLatency.ipv4[2].relayUrl`. */
  readonly field: string;
  /** Where in the input the wrong bytes begin, counted from 0. */
  readonly offset: number;

  constructor(field: string, offset: number, what: string) {
    super('ERR_WIRE_DECODE', `${field} at offset ${offset}: ${what}.`);
    this.field = field;
    this.offset = offset;
  }
}

/**
 * A request whose variant this version does not know. The peer may be newer, so reset the stream with
 * `RESET_UNKNOWN_REQUEST` and keep the connection.
 */
export class UnknownRequestError extends WireError {
  override name = 'UnknownRequestError';
  /** The number the peer sent. */
  readonly variant: number;

  constructor(field: string, offset: number, variant: number) {
    super(field, offset, `unknown request variant ${variant}`);
    this.variant = variant;
  }
}

/** The error for a value that cannot be encoded; `code` is `ERR_WIRE_ENCODE`. Never put a secret into `what`. */
export function encodeError(field: string, what: string): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_WIRE_ENCODE', `${field} cannot be encoded: ${what}.`);
}
