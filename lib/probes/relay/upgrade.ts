import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { onAbort } from '../../async/index.js';
import { MAX_HEADER_BYTES } from '../constants.js';
import { ProbeFailure } from '../probe-failure.js';

/** iroh-relay's path for clients (`RELAY_PATH`). */
const RELAY_PATH = '/relay';

/** The relay protocols that iroh's client offers (`ProtocolVersion::ALL`). */
const RELAY_PROTOCOLS: readonly string[] = ['iroh-relay-v2', 'iroh-relay-v1'];

/** What RFC 6455 (section 4.2.2) appends to the key before it is hashed. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Bytes of a header that makes the request longer than a packet: iroh sends datagrams of peers through this connection,
 * and where large packets are lost, small ones pass all the same.
 */
const PADDING_BYTES = 1600;

/** A close frame of a client (RFC 6455, section 5.5.1), masked with zeros: status 1000, "normal closure". */
const CLOSE_FRAME = Uint8Array.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

/**
 * Asks for the WebSocket that iroh's relay protocol runs in, and closes it. Checks of the answer what iroh's client
 * checks.
 *
 * @throws `HTTP_STATUS`, `NOT_A_WEBSOCKET`, `RELAY_PROTOCOL`, or what the connection ended with
 */
export function upgrade(socket: Socket, url: URL, signal: AbortSignal): Promise<void> {
  const key = randomBytes(16).toString('base64');
  const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
  return new Promise<void>((resolve, reject) => {
    const asking = request({
      path: RELAY_PATH,
      createConnection: () => socket,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: {
        host: url.host,
        upgrade: 'websocket',
        connection: 'Upgrade',
        'sec-websocket-key': key,
        'sec-websocket-version': '13',
        'sec-websocket-protocol': RELAY_PROTOCOLS.join(', '),
        'x-padding': '0'.repeat(PADDING_BYTES),
      },
    });
    // The request's own signal would end it like a connection that breaks.
    const forget = onAbort(signal, () => {
      reject(signal.reason);
      asking.destroy();
    });
    asking.on('upgrade', ({ headers }) => {
      socket.on('error', () => undefined).end(CLOSE_FRAME);
      if (headers.upgrade?.toLowerCase() !== 'websocket' || headers['sec-websocket-accept'] !== accept) {
        reject(coded('NOT_A_WEBSOCKET', 'what answers for the relay is no WebSocket server'));
      } else if (!RELAY_PROTOCOLS.includes(headers['sec-websocket-protocol'] ?? '')) {
        reject(coded('RELAY_PROTOCOL', 'the relay speaks no version of the protocol that iroh speaks'));
      } else resolve();
    });
    asking.on('response', ({ statusCode }) => {
      asking.destroy();
      reject(coded('HTTP_STATUS', `the relay answered a client with status ${statusCode}`));
    });
    asking.on('error', reject);
    asking.on('close', () => {
      forget();
      reject(coded('ECONNRESET', 'the connection closed without an answer'));
    });
    asking.end();
  });
}

function coded(code: string, message: string): Error {
  return new ProbeFailure(code, message);
}
