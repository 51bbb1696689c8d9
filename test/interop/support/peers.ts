import { parseEndpointId } from '../../../lib/wire/index.js';
import type {
  AnswerKind,
  ClientHostReady,
  DialBackOptions,
  DialBackResult,
  FloodResult,
  PlatformReady,
  RustReport,
} from './lines.js';
import { PeerProcess } from './process.js';

const READY_MS = 15_000;

interface BindOptions {
  /** 64 hex digits: the endpoint's secret key; default random. */
  seed?: string;
  portV4?: number;
  portV6?: number;
}

export interface RustPlatformOptions extends BindOptions {
  /** 64 hex digits: the API secret's key; default random. */
  secretSeed?: string;
}

/** The platform stub on the crate's own types. */
export class RustPlatform {
  private constructor(
    readonly peer: PeerProcess,
    readonly ready: PlatformReady,
  ) {}

  static async start(o: RustPlatformOptions = {}): Promise<RustPlatform> {
    const args = ['platform', ...bindArguments(o), ...argument('secret-seed', o.secretSeed)];
    const { peer, ready } = await started(args);
    return new RustPlatform(peer, ready as unknown as PlatformReady);
  }

  /** How the next requests of that kind are answered: `times` of them, or until told otherwise. */
  async answer(
    request: 'auth' | 'name' | 'ping' | 'put_metrics' | 'grant_cap' | 'put_network_diagnostics' | '*',
    answer: AnswerKind,
    o: { times?: number; code?: number; reason?: string; message?: string; caps?: string[] } = {},
  ): Promise<void> {
    await this.peer.request({ cmd: 'answer', request, answer, ...o });
  }

  /** Whether a connection must begin with Auth (at the start: yes; the official client reconnects without it). */
  async strict(value: boolean): Promise<void> {
    await this.peer.request({ cmd: 'strict', value });
  }

  /** Closes all connections of clients, default with code 0. */
  async closeConnections(code = 0, reason = ''): Promise<void> {
    await this.peer.request({ cmd: 'close-connections', code, reason });
  }

  /** Dials back with the crate's client. Refusals by the other end are in the result, not thrown. */
  async dialBack(o: DialBackOptions = {}, timeoutMs = 90_000): Promise<DialBackResult> {
    const line = await this.peer.request({ cmd: 'dial-back', ...o }, timeoutMs);
    return line as unknown as DialBackResult;
  }

  /** Opens many silent connections to a client's host at once. */
  async flood(
    o: { connections?: number; hold_ms?: number; timeout_ms?: number; to?: string; addrs?: string[] } = {},
  ): Promise<FloodResult> {
    const line = await this.peer.request({ cmd: 'flood', ...o }, 90_000);
    return line as unknown as FloodResult;
  }

  stop(): Promise<void> {
    return this.peer.stop();
  }
}

export interface RustClientHostOptions extends BindOptions {
  apiSecret: string;
  name?: string;
  /** Grant get-any to the platform at the start; default true. */
  grant?: boolean;
  /** Default: metrics on command only. */
  metricsIntervalMs?: number;
}

/** The official client with the official host for dial-backs. */
export class RustClientHost {
  private constructor(
    readonly peer: PeerProcess,
    readonly ready: ClientHostReady,
  ) {}

  static async start(o: RustClientHostOptions): Promise<RustClientHost> {
    const args = [
      'client-host',
      ...bindArguments(o),
      ...argument('name', o.name),
      ...argument('metrics-interval-ms', o.metricsIntervalMs),
      ...argument('grant', o.grant === false ? 'no' : undefined),
    ];
    // By the environment: a command line is visible to every user of the machine.
    const { peer, ready } = await started(args, { IROH_SERVICES_API_SECRET: o.apiSecret });
    return new RustClientHost(peer, {
      ...(ready as unknown as ClientHostReady),
      id: parseEndpointId(String(ready.id)),
    });
  }

  /** The 16 bytes that came back, as hex. */
  async ping(): Promise<string> {
    return String((await this.peer.request({ cmd: 'ping' })).id);
  }

  async pushMetrics(): Promise<void> {
    await this.peer.request({ cmd: 'push-metrics' });
  }

  async setName(name: string): Promise<void> {
    await this.peer.request({ cmd: 'set-name', name });
  }

  /** Grants `caps` (default get-any) to `to` (default the platform). */
  async grant(o: { to?: string; caps?: string[] } = {}): Promise<void> {
    await this.peer.request({ cmd: 'grant', ...o });
  }

  /** The official report; takes 21 s without a relay. Uploading "succeeds" even when it was refused. */
  async netDiagnostics(upload: boolean): Promise<RustReport> {
    const line = await this.peer.request({ cmd: 'net-diagnostics', upload }, 60_000);
    return line.report as RustReport;
  }

  stop(): Promise<void> {
    return this.peer.stop();
  }
}

async function started(args: string[], env: NodeJS.ProcessEnv = {}) {
  const peer = await PeerProcess.start(args, env);
  const ready = await peer.nextLine((line) => ['ready', 'fatal'].includes(line.event), READY_MS, 'ready');
  if (ready.event === 'fatal') throw new Error(`the peer did not start: ${String(ready.error)}`);
  return { peer, ready };
}

function bindArguments(o: BindOptions): string[] {
  return [...argument('seed', o.seed), ...argument('port-v4', o.portV4), ...argument('port-v6', o.portV6)];
}

function argument(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, String(value)];
}
