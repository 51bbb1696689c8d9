import { NetDiagnosticsError } from '../errors.js';
import { printable } from '../text.js';
import type { RemoteFailure } from '../wire/index.js';

/** The platform answered a request with an error. Its code is `ERR_REMOTE`. */
export class RemoteError extends NetDiagnosticsError<'ERR_REMOTE'> {
  override name = 'RemoteError';
  /** The platform's answer. */
  readonly failure: RemoteFailure;

  constructor(failure: RemoteFailure) {
    super('ERR_REMOTE', describeFailure(failure));
    this.failure = failure;
  }
}

/** One line for a log or a status page. */
export function describeFailure(failure: RemoteFailure): string {
  switch (failure.kind) {
    case 'missing-capability':
      return `the platform says that a capability is missing: ${failure.caps.toStrings().join(', ')}`;
    case 'auth-error':
      return `the platform refused: ${printable(failure.message)}`;
    case 'internal-server-error':
      return 'the platform had an internal error';
    case 'invalid-input':
      return `the platform does not take this value: ${printable(failure.message)}`;
    case 'rate-limited':
      return 'the platform is asked too often';
    case 'unknown':
      return `the platform answered with error ${failure.variant}, which this version does not know`;
  }
}
