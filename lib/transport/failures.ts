import { NetDiagnosticsError } from '../errors.js';
import { printable } from '../text.js';
import type { NativeConnection } from './native.js';
import { classifyFailure, type NativeFailure, parseCloseReason } from './native-errors.js';
import { ConnectionClosedError, StreamError } from './types.js';

/**
 * The typed error for a failed call on a connection or on one of its streams. The binding's error is not kept as the
 * cause, because it contains the Rust stack.
 * @param what - what was being done: `reading`
 */
export function connectionFailure(
  error: unknown,
  what: string,
  connection: NativeConnection,
): NetDiagnosticsError {
  if (error instanceof NetDiagnosticsError) return error;
  const failure = classifyFailure(error);
  switch (failure.kind) {
    case 'stream-reset':
      return new StreamError(`${what}: the peer reset the stream with code ${failure.code}.`, failure.code);
    case 'stream-stopped':
      return new StreamError(`${what}: the peer stopped reading with code ${failure.code}.`, failure.code);
    case 'connection-closed': {
      // The connection knows more than the stream's error, which has no reason when this side closed the connection.
      const said = connection.closeReason();
      return new ConnectionClosedError(said === null ? failure.reason : parseCloseReason(said));
    }
    default: {
      const said = connection.closeReason();
      if (said !== null) return new ConnectionClosedError(parseCloseReason(said));
      const why = failure.kind === 'other' ? printable(failure.message) : 'the stream is closed already';
      return new StreamError(`${what}: ${why}.`);
    }
  }
}

/** The typed error for a failed attempt to connect, on either side. */
export function connectFailure(error: unknown, what: string, endpointIsClosed: boolean): NetDiagnosticsError {
  if (error instanceof NetDiagnosticsError) return error;
  // The error's text is no proof: anybody on the path can end a handshake with the same text, and this error is final.
  if (endpointIsClosed) {
    return new NetDiagnosticsError('ERR_ENDPOINT_CLOSED', `${what}: this endpoint is closed.`);
  }
  return new NetDiagnosticsError('ERR_CONNECT', `${what}: ${describe(classifyFailure(error))}.`);
}

function describe(failure: NativeFailure): string {
  if (failure.kind === 'connection-closed') return new ConnectionClosedError(failure.reason).message;
  return failure.kind === 'other' ? printable(failure.message) : failure.kind;
}
