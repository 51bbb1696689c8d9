import { type Connection, call, type Endpoint } from '../../transport/index.js';
import {
  CLIENT_HOST_ALPN,
  CLOSE_NORMAL,
  type DiagnosticsReport,
  decodeReportResult,
  type EndpointAddress,
  encodeClientHostRequest,
  Token,
} from '../../wire/index.js';
import { CONNECT_TIMEOUT_MS, DIAL_BACK_AUTH_TIMEOUT_MS, MAX_REPORT, RUN_TIMEOUT_MS } from '../constants.js';
import { DialBackError, explainFailure, explainRefusal, type WorkPhase } from './dial-back-error.js';

/** What a dial-back needs. */
export interface DialBackCall {
  endpoint: Endpoint;
  address: EndpointAddress;
  /** The grant, as it goes over the wire. */
  token: Uint8Array;
  signal: AbortSignal;
  onPhase(phase: WorkPhase): void;
}

/**
 * Connects, shows the token and asks for one report.
 * @throws {@link DialBackError}
 */
export async function fetchReport(dialBack: DialBackCall): Promise<DiagnosticsReport> {
  const { endpoint, address, signal } = dialBack;
  let phase: WorkPhase = 'connecting';
  let connection: Connection | null = null;
  const enter = (next: WorkPhase) => {
    phase = next;
    dialBack.onPhase(next);
  };
  try {
    enter('connecting');
    connection = await endpoint.connect(address, CLIENT_HOST_ALPN, { signal, timeoutMs: CONNECT_TIMEOUT_MS });
    enter('authorising');
    await authorise(connection, dialBack);
    enter('running');
    const request = encodeClientHostRequest({ type: 'run-network-diagnostics' });
    const answer = await call(connection, request, {
      signal,
      timeoutMs: RUN_TIMEOUT_MS,
      maxSize: MAX_REPORT,
    });
    const result = decodeReportResult(answer);
    if (!result.ok) throw explainRefusal(result.error);
    if (result.value.endpointId !== address.id) {
      throw new DialBackError('bad-answer', 'The app answered with a report about another endpoint.');
    }
    return result.value;
  } catch (error) {
    throw explainFailure(error, phase);
  } finally {
    connection?.close(CLOSE_NORMAL);
  }
}

async function authorise(connection: Connection, { token, signal }: DialBackCall): Promise<void> {
  const request = encodeClientHostRequest({ type: 'auth', token: Token.decode(token) });
  const answer = await call(connection, request, {
    signal,
    timeoutMs: DIAL_BACK_AUTH_TIMEOUT_MS,
    maxSize: MAX_REPORT,
  });
  if (answer.length > 0)
    throw new DialBackError('bad-answer', 'The app answered the token with something else.');
}
