import { type Connection, call } from '../../transport/index.js';
import {
  CLOSE_NORMAL,
  type DiagnosticsReport,
  decodeReportResult,
  type EndpointId,
  encodeClientHostRequest,
  Token,
} from '../../wire/index.js';
import { DIAL_BACK_AUTH_TIMEOUT_MS, MAX_REPORT, RUN_TIMEOUT_MS } from '../constants.js';
import type { Sighting } from '../witness/index.js';
import { DialBackError, explainFailure, explainRefusal, type WorkPhase } from './dial-back-error.js';

/** What a dial-back needs. */
export interface DialBackCall {
  endpointId: EndpointId;
  /** Connects to the app. */
  connect(signal: AbortSignal): Promise<Connection>;
  /** The grant in its wire form. */
  token: Uint8Array;
  signal: AbortSignal;
  onPhase(phase: WorkPhase): void;
  /** Called with the report, while the connection is still there. */
  see(report: DiagnosticsReport, connection: Connection): Sighting | null;
}

/**
 * Connects, shows the token and asks for one report.
 * @throws {@link DialBackError}
 */
export async function fetchReport(
  dialBack: DialBackCall,
): Promise<{ report: DiagnosticsReport; sighting: Sighting | null }> {
  const { endpointId, connect, signal } = dialBack;
  let phase: WorkPhase = 'connecting';
  let connection: Connection | null = null;
  const enter = (next: WorkPhase) => {
    phase = next;
    dialBack.onPhase(next);
  };
  try {
    enter('connecting');
    connection = await connect(signal);
    enter('authorising');
    await authorise(connection, dialBack);
    // An app could open 200 streams, and QUIC would keep 1.25 MB of each for the whole run. Not done earlier: on a very
    // new connection this may lose the peer's close, and with it a 401.
    connection.refuseStreams();
    enter('running');
    const request = encodeClientHostRequest({ type: 'run-network-diagnostics' });
    const answer = await call(connection, request, {
      signal,
      timeoutMs: RUN_TIMEOUT_MS,
      maxSize: MAX_REPORT,
    });
    const result = decodeReportResult(answer);
    if (!result.ok) throw explainRefusal(result.error);
    if (result.value.endpointId !== endpointId) {
      throw new DialBackError('bad-answer', 'The app answered with a report about another endpoint.');
    }
    return { report: result.value, sighting: dialBack.see(result.value, connection) };
  } catch (error) {
    throw explainFailure(error, phase);
  } finally {
    connection?.close(CLOSE_NORMAL);
  }
}

/** Shows the grant to the app. @throws `ERR_CONNECTION_CLOSED` with code 401 when it does not take it */
export async function authorise(
  connection: Connection,
  { token, signal }: Pick<DialBackCall, 'token' | 'signal'>,
): Promise<void> {
  const request = encodeClientHostRequest({ type: 'auth', token: Token.decode(token) });
  const answer = await call(connection, request, {
    signal,
    timeoutMs: DIAL_BACK_AUTH_TIMEOUT_MS,
    maxSize: MAX_REPORT,
  });
  if (answer.length > 0)
    throw new DialBackError('bad-answer', 'The app answered the token with something else.');
}
