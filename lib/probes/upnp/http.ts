import { request as httpRequest, type IncomingMessage } from 'node:http';
import { MAX_HEADER_BYTES } from './constants.js';
import { UpnpError } from './upnp-error.js';

/** A request to a gateway over a new connection of its own. */
export interface GatewayRequest {
  /** Its host is an IP address: no name is resolved. */
  url: URL;
  /** Sent by POST; absent: GET. */
  post?: { body: string; headers: Readonly<Record<string, string>> };
  maxBytes: number;
  signal: AbortSignal;
}

/** A whole answer, whatever its status. Redirects are not followed. */
export interface GatewayAnswer {
  status: number;
  text: string;
}

/**
 * Sends the request and reads the whole answer.
 *
 * @throws UpnpError `TOO_LONG`, `ECONNRESET`; the connection's own errors; the signal's reason
 */
export function askHttp({ url, post, maxBytes, signal }: GatewayRequest): Promise<GatewayAnswer> {
  return new Promise<GatewayAnswer>((resolve, reject) => {
    signal.throwIfAborted();
    const request = httpRequest(url, {
      method: post === undefined ? 'GET' : 'POST',
      headers: { ...post?.headers },
      // No pool: the connection ends with its answer.
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    const aborted = () => request.destroy(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    const settle = (act: () => void) => {
      signal.removeEventListener('abort', aborted);
      request.destroy();
      act();
    };
    const failed = (error: Error) => settle(() => reject(signal.aborted ? signal.reason : error));
    request.on('response', (response) => {
      readBody(response, maxBytes).then(
        (text) => settle(() => resolve({ status: response.statusCode ?? 0, text })),
        failed,
      );
    });
    request.on('error', failed);
    request.on('close', () => failed(new UpnpError('ECONNRESET', 'the connection closed without an answer')));
    request.end(post?.body);
  });
}

function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) reject(new UpnpError('TOO_LONG', `an answer of more than ${maxBytes} bytes`));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
  });
}
