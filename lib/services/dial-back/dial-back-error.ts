import { hasCode, messageOf, NetDiagnosticsError, type NetDiagnosticsErrorCode } from '../../errors.js';
import { printable } from '../../text.js';
import { ConnectionClosedError } from '../../transport/index.js';
import { CLOSE_BAD_REQUEST, CLOSE_UNAUTHORIZED, type RemoteFailure } from '../../wire/index.js';
import type { RunFailureKind, RunPhase } from './progress.js';

/** The phases in which something can fail. */
export type WorkPhase = Exclude<RunPhase, 'done' | 'failed'>;

/** The `code` of a {@link DialBackError}; its `kind` is more exact. */
export type DialBackErrorCode = (typeof CODES)[RunFailureKind];

/** A dial-back that brought no report. `message` tells an operator what to do. */
export class DialBackError extends NetDiagnosticsError<DialBackErrorCode> {
  override name = 'DialBackError';
  readonly kind: RunFailureKind;

  constructor(kind: RunFailureKind, message: string, options?: ErrorOptions) {
    super(CODES[kind], message, options);
    this.kind = kind;
  }
}

const CODES = {
  unreachable: 'ERR_CONNECT',
  'not-served': 'ERR_CONNECT',
  'token-refused': 'ERR_REMOTE',
  'missing-capability': 'ERR_REMOTE',
  vetoed: 'ERR_REMOTE',
  'app-failed': 'ERR_REMOTE',
  'timed-out': 'ERR_TIMEOUT',
  'bad-answer': 'ERR_WIRE_DECODE',
  cancelled: 'ERR_ABORTED',
  'platform-failed': 'ERR_STORE',
} as const satisfies Record<RunFailureKind, NetDiagnosticsErrorCode>;

/** Explains the app's refusal. */
export function explainRefusal(failure: RemoteFailure): DialBackError {
  switch (failure.kind) {
    case 'missing-capability':
      return new DialBackError(
        'missing-capability',
        `The grant does not allow to run diagnostics: the app asks for ${failure.caps}. It has to grant again.`,
      );
    case 'auth-error':
      return new DialBackError('vetoed', `The app refused: "${printable(failure.message)}".`);
    case 'internal-server-error':
      return new DialBackError('app-failed', 'The app failed to run its diagnostics: its log says why.');
    case 'invalid-input':
    case 'rate-limited':
      return new DialBackError(
        'bad-answer',
        `The app answered with "${failure.kind}", which has no meaning for a dial-back.`,
      );
    case 'unknown':
      return new DialBackError(
        'bad-answer',
        `The app answered with error ${failure.variant}, which this version of the platform does not know.`,
      );
  }
}

/** Explains what an error of transport, codec or store means in this phase. */
export function explainFailure(error: unknown, phase: WorkPhase): DialBackError {
  if (error instanceof DialBackError) return error;
  const [kind, message] = explain(error, phase);
  return new DialBackError(kind, message, { cause: error });
}

function explain(error: unknown, phase: WorkPhase): [RunFailureKind, string] {
  if (hasCode(error, 'ERR_ABORTED')) return ['cancelled', 'The run was cancelled.'];
  if (hasCode(error, 'ERR_ENDPOINT_CLOSED')) return ['cancelled', 'The platform is stopping.'];
  if (hasCode(error, 'ERR_STORE')) return ['platform-failed', messageOf(error)];
  if (phase === 'connecting') return explainUnreachable(error);
  if (error instanceof ConnectionClosedError) return explainClosed(error, phase);
  if (hasCode(error, 'ERR_TIMEOUT')) {
    const what = phase === 'running' ? 'did not finish its diagnostics' : 'did not answer';
    return [
      'timed-out',
      `The app ${what} in time. It may be overloaded or have lost its network: try again.`,
    ];
  }
  if (hasCode(error, 'ERR_WIRE_DECODE') || hasCode(error, 'ERR_MESSAGE_TOO_LARGE')) {
    return ['bad-answer', `The app's answer is no diagnostics report (${printable(messageOf(error))}).`];
  }
  return [
    'app-failed',
    `The app broke off the run (${printable(messageOf(error))}): try again, and look at its log.`,
  ];
}

function explainUnreachable(error: unknown): [RunFailureKind, string] {
  // The words of Rustls for TLS alert 120, no_application_protocol.
  if (/known protocol|application.?protocol|alpn|alert 120|error 120/i.test(messageOf(error))) {
    return ['not-served', 'The app is there but does not serve dial-backs: it has to start its ClientHost.'];
  }
  return [
    'unreachable',
    `The app cannot be reached (${printable(messageOf(error))}). It may just have gone: wait until it is online again.`,
  ];
}

function explainClosed({ closeReason }: ConnectionClosedError, phase: WorkPhase): [RunFailureKind, string] {
  const said = closeReason.reason === '' ? '' : ` It said: "${printable(closeReason.reason)}".`;
  if (closeReason.by === 'peer' && closeReason.code === CLOSE_UNAUTHORIZED) {
    return [
      'token-refused',
      'The app refused the token it had granted: it is revoked or expired there, or the clocks differ. ' +
        'Restart the app, or have it grant again.',
    ];
  }
  if (closeReason.by === 'peer' && closeReason.code === CLOSE_BAD_REQUEST) {
    return ['bad-answer', `The app did not understand the platform.${said}`];
  }
  // This side only closes during a run if the app opens a stream: see fetchReport.
  if (closeReason.by === 'local')
    return ['bad-answer', 'The app opened streams of its own, which no dial-back has: the platform hung up.'];
  if (closeReason.by === 'timeout')
    return ['timed-out', 'The connection to the app was lost during the run: try again.'];
  // The official host drops the connection without an answer when its diagnostics fail.
  const what =
    phase === 'running' ? 'its diagnostics failed, or it stopped' : 'it stopped, or is at its limit';
  return ['app-failed', `The app closed the connection: ${what}.${said}`];
}
