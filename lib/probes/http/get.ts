import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { printable } from '../../text.js';
import { withoutBrackets } from '../../wire/index.js';
import { MAX_BODY_BYTES, MAX_DRAIN_MS, MAX_HEADER_BYTES } from '../constants.js';
import { micros } from '../probe.js';
import { ProbeFailure } from '../probe-failure.js';

/** A GET request over a new connection. */
export interface GetOptions {
  /** Scheme, name for the Host header and the certificate, port, path. */
  url: URL;
  /** The IP address to connect to. The name is not resolved. */
  ip: string;
  /** The roots to trust, for https. */
  secureContext?: SecureContext | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Replaces the direct connection, e.g. by a tunnel. */
  createConnection?: RequestOptions['createConnection'] | undefined;
  signal: AbortSignal;
  /** Monotonic milliseconds. */
  elapsed(): number;
}

/** An answer, whatever its status. Redirects are not followed. */
export interface HttpAnswer {
  status: number;
  /** From the request to the headers of the response, connection included, in milliseconds. */
  ms: number;
  location: string | null;
  irohResponse: string | null;
  /** The signer of the server's certificate, as it names itself. Null without TLS. */
  issuer: string | null;
}

/** The name in a URL in the form that TLS uses: without brackets and final dot. */
export function tlsName(hostname: string): string {
  return withoutBrackets(hostname).replace(/\.$/, '');
}

/**
 * Sends the request and returns when the headers are there and the body was read, if it is short and quick. Then
 * closes the connection; it is also closed at once when `signal` fires.
 */
export function httpGet(options: GetOptions): Promise<HttpAnswer> {
  const { url, ip, secureContext, headers, createConnection, signal, elapsed } = options;
  const name = tlsName(url.hostname);
  const common: RequestOptions = {
    host: ip,
    port: url.port === '' ? undefined : Number(url.port),
    path: url.pathname,
    signal,
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: { host: url.host, ...headers },
    // `agent: false` makes a fresh agent, which keeps no connection open afterwards. An agent would not use
    // `createConnection`.
    ...(createConnection === undefined ? { agent: false } : { createConnection }),
  };
  // For an IP address the certificate's addresses are checked, and no server name is sent.
  const secure = { ...common, servername: isIP(name) === 0 ? name : '', secureContext };
  return new Promise<HttpAnswer>((resolve, reject) => {
    let answered = false;
    // After the headers nothing that goes wrong matters.
    const failed = (error: Error) => {
      if (!answered) reject(error);
    };
    const startedAt = elapsed();
    const request = url.protocol === 'https:' ? httpsRequest(secure) : httpRequest(common);
    request.on('response', (response) => {
      const answer = answerOf(response, micros(elapsed() - startedAt));
      answered = true;
      drain(response, () => {
        request.destroy();
        resolve(answer);
      });
    });
    request.on('error', failed);
    request.on('close', () => failed(closedEarly()));
    request.end();
  });
}

function answerOf(response: IncomingMessage, ms: number): HttpAnswer {
  const { location, 'x-iroh-response': irohResponse } = response.headers;
  return {
    status: response.statusCode ?? 0,
    ms,
    location: location ?? null,
    irohResponse: typeof irohResponse === 'string' ? irohResponse : null,
    issuer: issuerOf(response),
  };
}

function issuerOf({ socket }: IncomingMessage): string | null {
  if (!(socket instanceof TLSSocket)) return null;
  // Without a certificate (a resumed session) Node returns an empty object, although the types say otherwise.
  const issuer: Partial<Record<'O' | 'CN', unknown>> = socket.getPeerCertificate().issuer ?? {};
  return printable([issuer.O, issuer.CN].filter((part) => typeof part === 'string').join(', '));
}

/** Reads the body and drops it. `done` is called once, in any case. */
function drain(response: IncomingMessage, done: () => void): void {
  let bytes = 0;
  const timer = setTimeout(finish, MAX_DRAIN_MS);
  let finished = false;
  function finish(): void {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    done();
  }
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) finish();
  });
  response.on('error', finish);
  response.on('close', finish);
  response.on('end', finish);
}

function closedEarly(): Error {
  return new ProbeFailure('ECONNRESET', 'the connection closed without an answer');
}
