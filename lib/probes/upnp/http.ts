import { connect } from 'node:net';
import { onAbort } from '../../async/index.js';
import { HTTP_PORT } from '../constants.js';
import { AnswerReader, type GatewayAnswer } from './http-answer.js';

/** A request to a gateway over a new connection. */
export interface GatewayRequest {
  /** Its host is an IPv4 address: no name is resolved. */
  url: URL;
  /** Sent by POST; absent: GET. */
  post?: { body: string; headers: Readonly<Record<string, string>> };
  maxBytes: number;
  signal: AbortSignal;
}

/**
 * Sends the request and reads the whole answer.
 *
 * @throws UpnpError `TOO_LONG`, `BAD_HTTP`, `ECONNRESET`; the connection's own errors; the signal's reason
 */
export function askHttp({ url, post, maxBytes, signal }: GatewayRequest): Promise<GatewayAnswer> {
  return new Promise<GatewayAnswer>((resolve, reject) => {
    signal.throwIfAborted();
    const port = url.port === '' ? HTTP_PORT : Number(url.port);
    const socket = connect({ host: url.hostname, port });
    const reader = new AnswerReader(maxBytes);
    const settle = (act: () => void) => {
      forget();
      socket.destroy();
      act();
    };
    const failed = (error: unknown) => settle(() => reject(error));
    const forget = onAbort(signal, () => failed(signal.reason));
    // This listener stays: errors after the end do not matter, but without a listener they would be thrown.
    socket.on('error', failed);
    const read = (next: () => GatewayAnswer | null) => {
      try {
        const answer = next();
        if (answer !== null) settle(() => resolve(answer));
      } catch (error) {
        failed(error);
      }
    };
    socket.on('data', (bytes) => read(() => reader.add(bytes)));
    socket.on('end', () => read(() => reader.end()));
    // In one piece: some firmware reads only once.
    socket.on('connect', () => socket.write(requestText(url, post)));
  });
}

/** No part of it can contain a line end: URLs are escaped, the rest is our own text. */
function requestText({ host, pathname, search }: URL, post: GatewayRequest['post']): string {
  const lines = [
    `${post === undefined ? 'GET' : 'POST'} ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(post?.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${post?.body ?? ''}`;
}
