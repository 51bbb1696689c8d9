import { buildPeer, type Line, PeerProcess } from '../../test/interop/support/index.js';

/** Milliseconds; `null` without an answer. */
export interface Pings {
  answered: number;
  failed: number;
  median: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface FleetOptions {
  secret: string;
  apps: number;
  perSecond: number;
  pingMs: number;
  metricsMs: number;
  hostEvery: number;
  name: string;
}

const RAMP_LIMIT_MS = 15 * 60_000;

/** Apps with the official client, thousands in one process. */
export class Fleet {
  readonly #peer: PeerProcess;
  readonly #apps: number;

  private constructor(peer: PeerProcess, apps: number) {
    this.#peer = peer;
    this.#apps = apps;
  }

  static async start(o: FleetOptions): Promise<Fleet> {
    const numbers = {
      apps: o.apps,
      'per-second': o.perSecond,
      'ping-ms': o.pingMs,
      'metrics-ms': o.metricsMs,
      'host-every': o.hostEvery,
    };
    const args = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return new Fleet(await startRelease(['fleet', '--name', o.name, ...args], o.secret), o.apps);
  }

  /** Waits until every app has had an answer. */
  async ramped(): Promise<{ ms: number; retries: number }> {
    const isEnd = ({ event }: Line) => event === 'ramped' || event === 'fatal';
    const line = await this.#peer.nextLine(isEnd, RAMP_LIMIT_MS, `${this.#apps} apps`);
    if (line.event === 'fatal') throw new Error(String(line.error));
    return { ms: Number(line.ms), retries: Number(line.retries) };
  }

  /** Of the time since the last call. */
  async pings(): Promise<Pings> {
    return (await this.#peer.request({ cmd: 'status' })).pings as Pings;
  }

  /** Every app pings at once, and tries again until it has an answer. */
  async pingAll(timeoutMs: number): Promise<{ ms: number; pings: Pings }> {
    const line = await this.#peer.request({ cmd: 'ping-all', timeout_ms: timeoutMs }, timeoutMs + 60_000);
    return { ms: Number(line.ms), pings: line.pings as Pings };
  }

  /** Ids of the apps that answer dial-backs. */
  async hosts(): Promise<string[]> {
    return (await this.#peer.request({ cmd: 'hosts' })).ids as string[];
  }

  stop(): Promise<void> {
    return this.#peer.stop();
  }
}

export type AttackKind = 'idle' | 'half' | 'schema' | 'storm' | 'strangers';
export const ATTACKS: readonly AttackKind[] = ['idle', 'half', 'schema', 'storm', 'strangers'];

/** Attackers with one API secret, or none. */
export class Attack {
  readonly #peer: PeerProcess;

  private constructor(peer: PeerProcess) {
    this.#peer = peer;
  }

  static async start(kind: AttackKind, keys: number, secret: string): Promise<Attack> {
    return new Attack(await startRelease(['attack', '--kind', kind, '--keys', String(keys)], secret));
  }

  /** What it did since the last call. */
  async did(): Promise<string> {
    const { sessions, refused, requests } = await this.#peer.request({ cmd: 'status' });
    return `${sessions} sessions, ${requests} requests, refused ${refused} times`;
  }

  stop(): Promise<void> {
    return this.#peer.stop();
  }
}

async function startRelease(args: string[], secret: string): Promise<PeerProcess> {
  const program = await buildPeer('release');
  // By the environment: a command line is visible to every user of the machine.
  const peer = new PeerProcess(program, args, { ...process.env, IROH_SERVICES_API_SECRET: secret });
  const line = await peer.nextLine(({ event }) => event === 'ready' || event === 'fatal', 30_000, 'ready');
  if (line.event === 'fatal') throw new Error(`the peer did not start: ${String(line.error)}`);
  return peer;
}
