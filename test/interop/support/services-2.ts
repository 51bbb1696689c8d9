/** Peers of the second generation: crate iroh-services 2.0. */
import { type EndpointId, parseEndpointId } from '../../../lib/wire/index.js';
import { type Line, PeerProcess } from './process.js';

const READY_MS = 15_000;

async function started(args: string[], env: NodeJS.ProcessEnv = {}) {
  const peer = await PeerProcess.start(args, env);
  const ready = await peer.nextLine((line) => ['ready', 'fatal'].includes(line.event), READY_MS, 'ready');
  if (ready.event === 'fatal') throw new Error(`the peer did not start: ${String(ready.error)}`);
  return { peer, ready };
}

export interface RustClient2Options {
  apiSecret: string;
  name?: string;
  group?: string;
  attributes?: Record<string, string>;
  /** Default: metrics on command only. */
  metricsIntervalMs?: number;
  /** One without address discovery. Default: none. */
  relay?: string;
}

/** The official 2.0 client, with its host for dial-backs and metrics of its own. */
export class RustClient2 {
  private constructor(
    readonly peer: PeerProcess,
    readonly id: EndpointId,
  ) {}

  static async start(o: RustClient2Options): Promise<RustClient2> {
    const attributes = Object.entries(o.attributes ?? {}).map(([key, value]) => `${key}=${value}`);
    const args = [
      'client-2',
      ...argument('name', o.name),
      ...argument('group', o.group),
      ...attributes.flatMap((text) => argument('attribute', text)),
      ...argument('metrics-interval-ms', o.metricsIntervalMs),
      ...argument('relay', o.relay),
    ];
    // By the environment: a command line is visible to every user of the machine.
    const { peer, ready } = await started(args, { IROH_SERVICES_API_SECRET: o.apiSecret });
    return new RustClient2(peer, parseEndpointId(String(ready.id)));
  }

  /** Does what a method of the crate's client does; `work` counts its metrics on. @throws Error with the crate's words */
  async do(
    cmd:
      | 'ping'
      | 'work'
      | 'push-metrics'
      | 'set-name'
      | 'set-group'
      | 'set-attributes'
      | 'set-attribute'
      | 'grant'
      | 'shutdown',
    fields: Record<string, unknown> = {},
  ): Promise<Line> {
    return this.peer.request({ cmd, ...fields });
  }

  stop(): Promise<void> {
    return this.peer.stop();
  }
}

/** A stand-in for the hosted backend on the crate's own types, with its strict rules. */
export class RustBackend {
  private constructor(
    readonly peer: PeerProcess,
    readonly apiSecret: string,
  ) {}

  static async start(o: { delayMs?: number } = {}): Promise<RustBackend> {
    const { peer, ready } = await started(['backend', ...argument('delay-ms', o.delayMs)]);
    return new RustBackend(peer, String(ready.api_secret));
  }

  /** What it told of an event so far. */
  told(event: string): Line[] {
    return this.peer.lines.filter((line) => line.event === event);
  }

  /** The next request of 2.0 is answered by `RateLimited`. */
  async limitNext(): Promise<void> {
    await this.peer.request({ cmd: 'limit-next' });
  }

  /** As when it restarts. */
  async closeConnections(): Promise<void> {
    await this.peer.request({ cmd: 'close-connections' });
  }

  /** With the last grant, by the crate's client; resolves to the report's version of iroh services. */
  async dialBack(): Promise<string> {
    return String((await this.peer.request({ cmd: 'dial-back' })).version);
  }

  stop(): Promise<void> {
    return this.peer.stop();
  }
}

function argument(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, String(value)];
}
