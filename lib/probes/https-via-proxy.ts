import { request as httpRequest } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { onAbort } from '../async/index.js';
import { HTTPS_PORT, MAX_HEADER_BYTES, PING_PATH } from './constants.js';
import { firstAnswer } from './http/first-answer.js';
import { httpGet, tlsName } from './http/get.js';
import { type HttpProxy, proxyFor } from './http/proxy.js';
import { micros, type PlannedRun, type Probe, type ProbeContext, type RunResult, saw } from './probe.js';
import { ProbeFailure } from './probe-failure.js';

const DEFAULT_PROXY_PORT = 80;

/**
 * The HTTPS measurement once more, through the proxy that the environment names. iroh uses no proxy, so this enters
 * no verdict and no wire report. It shows a reader that the way out is the proxy.
 */
export const httpsViaProxyProbe = {
  name: 'https-via-proxy',
  plan: ({ relays, env }) =>
    relays.flatMap(({ url }): PlannedRun[] => {
      const proxy = proxyFor(new URL(url), env);
      return proxy === null ? [] : [{ target: url, run: (context) => ping(url, proxy, context) }];
    }),
} as const satisfies Probe;

async function ping(relayUrl: string, proxy: HttpProxy, context: ProbeContext): Promise<RunResult> {
  if (proxy.url.protocol !== 'http:') {
    const message = 'only plain HTTP proxies can be measured';
    return { outcome: 'unsupported', error: { code: 'PROXY_PROTOCOL', message } };
  }
  const { elapsed, signal, resolver, tls } = context;
  const url = new URL(PING_PATH, relayUrl);
  const addresses = resolver.addresses(proxy.url.hostname);
  const secureContext = tls.trusted();
  const name = tlsName(url.hostname);
  const servername = isIP(name) === 0 ? name : '';
  const { status, ms } = await firstAnswer(addresses, signal, async ({ ip }, attempt) => {
    const startedAt = elapsed();
    const socket = await openTunnel(proxy, ip, url, attempt);
    const tunnelMs = elapsed() - startedAt;
    const createConnection = () => tlsConnect({ socket, host: name, servername, secureContext });
    const answer = await httpGet({ url, ip, createConnection, signal: attempt, elapsed });
    return { status: answer.status, ms: micros(tunnelMs + answer.ms) };
  });
  return saw({ viaProxy: [{ relayUrl, proxy: proxy.label, ms }], details: { status } });
}

/** Asks the proxy for a connection to the relay (RFC 9110, section 9.3.6). The proxy resolves the relay's name. */
function openTunnel(proxy: HttpProxy, ip: string, to: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${to.hostname}:${to.port === '' ? HTTPS_PORT : to.port}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: ip,
      port: proxy.url.port === '' ? DEFAULT_PROXY_PORT : Number(proxy.url.port),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(proxy.url) },
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
    });
    request.on('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) {
        // The request is over and does not own the socket any more. The signal fires at the latest when there is an
        // answer.
        onAbort(signal, () => socket.destroy());
        resolve(socket);
        return;
      }
      socket.destroy();
      const message = `the proxy answered CONNECT with status ${response.statusCode}`;
      reject(new ProbeFailure('PROXY_STATUS', message));
    });
    request.on('error', reject);
    request.on('close', () => reject(new ProbeFailure('ECONNRESET', 'the proxy hung up')));
    request.end();
  });
}

/** A % that does not begin an escape stands for itself, as in curl. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![\da-f]{2})/gi, '%25'));
  } catch {
    return text; // bytes that are no UTF-8
  }
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
