import type { NetDiagnosticsEvent } from '../../lib/events.js';
import type { Logger } from '../../lib/logger.js';
import { NetDiagnostics } from '../../lib/net-diagnostics/net-diagnostics.js';
import type { Parts } from '../../lib/net-diagnostics/parts.js';
import type { NetDiagnosticsOptions } from '../../lib/options/index.js';
import { LOCAL_OPTIONS, QUICK_OPTIONS, QUICK_RETRIES } from '../../lib/testing/quick.js';
import { loadBinding } from '../../lib/transport/binding.js';
import { call, type NativeEndpoint } from '../../lib/transport/index.js';
import {
  CLIENT_HOST_ALPN,
  type DiagnosticsReport,
  decodeReportResult,
  type EndpointAddress,
  encodeClientHostRequest,
  endpointIdFromBytes,
  parseSocketAddr,
  type RemoteResult,
  type Token,
} from '../../lib/wire/index.js';
import { TinyPlatform } from '../client/tiny-platform.js';
import { Loopback } from '../support/loopback.js';

export { LOCAL_OPTIONS as LOCAL, QUICK_RETRIES as IMPATIENT } from '../../lib/testing/quick.js';

/** Keeps what it is told. */
export class Memory implements Logger {
  readonly lines: string[] = [];
  readonly events: NetDiagnosticsEvent[] = [];
  debug = (message: string, fields?: object) => this.#keep('debug', message, fields);
  info = (message: string, fields?: object) => this.#keep('info', message, fields);
  warn = (message: string, fields?: object) => this.#keep('warn', message, fields);
  error = (message: string, fields?: object) => this.#keep('error', message, fields);
  readonly onEvent = (event: NetDiagnosticsEvent) => void this.events.push(event);

  get states(): string[] {
    return this.events.flatMap((event) => (event.type === 'state' ? [event.status.state] : []));
  }

  #keep(level: string, message: string, fields: object = {}): void {
    this.lines.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  }
}

/** Apps and platforms of one test; `clear` in an `afterEach`. */
export class Stage {
  readonly #net = new Loopback();
  readonly #apps: NetDiagnostics[] = [];
  readonly #natives: NativeEndpoint[] = [];

  async platform(): Promise<TinyPlatform> {
    return new TinyPlatform(await this.#net.bind()).open();
  }

  /** A platform that is named in a secret and not there. */
  async absentPlatform(): Promise<TinyPlatform> {
    return new TinyPlatform(await this.#net.bind());
  }

  start(options: NetDiagnosticsOptions, parts: Partial<Parts> = QUICK_RETRIES): NetDiagnostics {
    const local = options.endpoint ? QUICK_OPTIONS : LOCAL_OPTIONS;
    const app = NetDiagnostics.start({ ...local, logger: false, ...options }, {}, parts);
    this.#apps.push(app);
    return app;
  }

  /** An endpoint as an app binds it, with the binding alone. */
  async native(...alpns: string[]): Promise<NativeEndpoint> {
    const native = await bindNative(alpns);
    this.#natives.push(native);
    return native;
  }

  async clear(): Promise<void> {
    await Promise.all(this.#apps.splice(0).map((app) => app.stop()));
    await Promise.all(this.#natives.splice(0).map((native) => native.close()));
    await this.#net.closeAll();
  }
}

export async function bindNative(alpns: readonly string[]): Promise<NativeEndpoint> {
  const builder = (await loadBinding()).Endpoint.builder();
  builder.applyMinimal();
  builder.alpns(alpns.map((alpn) => [...Buffer.from(alpn)]));
  for (const address of ['127.0.0.1:0', '[::1]:0']) builder.bindAddr(address);
  return builder.bind();
}

/** Where a native endpoint is. */
export function addressOf(native: NativeEndpoint): EndpointAddress {
  return {
    id: endpointIdFromBytes(Uint8Array.from(native.id().toBytes())),
    relayUrls: [],
    directAddrs: native.boundSockets().map(parseSocketAddr),
  };
}

/** Where the platform saw the app that is connected to it. */
export async function seenBy(platform: TinyPlatform, app: NetDiagnostics): Promise<EndpointAddress> {
  const { endpointId } = app.status();
  const address = endpointId === null ? null : await platform.endpoint.remoteAddress(endpointId);
  if (address === null) throw new Error('the platform has not seen it');
  return address;
}

/** Presses the button. */
export async function dialBack(
  platform: TinyPlatform,
  to: EndpointAddress,
  token: Token | undefined = platform.grants.at(-1),
): Promise<RemoteResult<DiagnosticsReport>> {
  if (token === undefined) throw new Error('there is no grant');
  const connection = await platform.endpoint.connect(to, CLIENT_HOST_ALPN, { timeoutMs: 1_500 });
  try {
    await call(connection, encodeClientHostRequest({ type: 'auth', token }));
    return decodeReportResult(
      await call(connection, encodeClientHostRequest({ type: 'run-network-diagnostics' })),
    );
  } finally {
    connection.close(0);
  }
}
