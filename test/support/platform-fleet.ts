/** Several real processes of one platform: the program, a PostgreSQL server, a relay, and nothing else between them. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '../../platform/store/postgres-driver.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import { IROH_RELAY, Programs } from '../probes/qad/support/programs.js';
import { type Child, startChild } from './child.js';
import { bearer, noteOf } from './dashboard-door.js';
import { until } from './fake-time.js';
import { freePort } from './free-port.js';
import { PostgresServer } from './postgres.js';

const PROGRAM = `
import { run } from './platform/cli/run.js';
process.exitCode = await run(process.argv.slice(2));
`;
const LIFE_MS = 600_000;

/** An endpoint as the API shows it. */
interface EndpointAnswer {
  endpoint: {
    isOnline: boolean;
    button: { enabled: boolean; reason?: string };
    grant: { grantedAt: number } | null;
    run: { phase: string } | null;
    latestReport: { id: string; source: string } | null;
  };
}

/** One process of a platform. */
export class PlatformProcess {
  /** What it told the operator. */
  log = '';
  readonly #url: URL;
  readonly #token: string;

  constructor(
    readonly child: Child,
    { url, token }: { url: URL; token: string },
  ) {
    this.#url = url;
    this.#token = token;
    child.process.stderr?.on('data', (text: string) => {
      this.log += text;
    });
  }

  get pid(): number {
    return this.child.process.pid ?? -1;
  }

  /** Asks its API. @throws Error for another status than 2xx */
  async ask<T>(path: string, body?: object): Promise<T> {
    const response = await this.#fetch(path, body);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async endpoint(id: string): Promise<EndpointAnswer['endpoint']> {
    return (await this.ask<EndpointAnswer>(`/api/v1/projects/default/endpoints/${id}`)).endpoint;
  }

  /** Presses the button until that works, and waits for the report. @returns milliseconds from now until it is there */
  async press(id: string): Promise<number> {
    const startedAt = performance.now();
    for (;;) {
      const before = await this.endpoint(id).catch(() => null);
      const isTaken = before?.button.enabled === true && (await this.#begin(id));
      if (!isTaken) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      await until(async () => (await this.endpoint(id).catch(() => null))?.run === null, 100_000);
      const { latestReport } = await this.endpoint(id);
      if (latestReport !== null && latestReport.id !== before?.latestReport?.id)
        return performance.now() - startedAt;
    }
  }

  /** The live messages from now on, each as `event data`. */
  async live(signal: AbortSignal): Promise<string[]> {
    const response = await this.#fetch('/api/v1/projects/default/events', undefined, signal);
    const messages: string[] = [];
    const read = async () => {
      let text = '';
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const [, event, data] = /^event: (.*)\ndata: (.*)$/m.exec(text.slice(0, end)) ?? [];
          if (event !== undefined) messages.push(`${event} ${data}`);
          text = text.slice(end + 2);
        }
      }
    };
    read().catch(() => {});
    return messages;
  }

  /** The ports of its UDP sockets. */
  udpPorts(): number[] {
    const sockets = new Set(
      readdirSync(`/proc/${this.pid}/fd`).map((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${this.pid}/fd/${fd}`))?.[1];
        } catch {
          return undefined;
        }
      }),
    );
    const lines = readFileSync(`/proc/${this.pid}/net/udp`, 'utf8').split('\n').slice(1);
    return lines.flatMap((line) => {
      const columns = line.trim().split(/\s+/);
      const port = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16);
      return sockets.has(columns[9]) ? [port] : [];
    });
  }

  async #begin(id: string): Promise<boolean> {
    return this.#fetch(`/api/v1/projects/default/endpoints/${id}/runs`, {}).then(
      ({ status }) => status === 202,
      () => false,
    );
  }

  #fetch(path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    return fetch(new URL(path, this.#url), {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...bearer(this.#token),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? AbortSignal.timeout(15_000),
    });
  }
}

/** A platform of several processes. */
export class PlatformFleet {
  readonly processes: PlatformProcess[] = [];
  readonly #programs = new Programs();
  readonly #folders: string[] = [];
  readonly #key = randomBytes(32).toString('base64');

  private constructor(
    readonly server: PostgresServer,
    readonly database: SqlDatabase,
    readonly databaseUrl: string,
    readonly relayUrl: string,
    readonly identities: number,
  ) {}

  static async start({ processes = 3, identities = 1 } = {}): Promise<PlatformFleet> {
    const server = await PostgresServer.start();
    const url = await server.createDatabase();
    const port = await freePort();
    const fleet = new PlatformFleet(
      server,
      await openPostgres(url),
      url,
      `http://127.0.0.1:${port}/`,
      identities,
    );
    try {
      await fleet.#startRelay(port);
      await Promise.all(Array.from({ length: processes }, () => fleet.startProcess()));
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  /** Starts one more process, on what may be another machine. */
  async startProcess(): Promise<PlatformProcess> {
    const data = await mkdtemp(join(tmpdir(), 'net-diagnostics-fleet-'));
    this.#folders.push(data);
    const args = ['serve', '--data', data, '--identities', String(this.identities)];
    const child = await startChild(PROGRAM, {
      args: [...args, '--relay', `${this.relayUrl}?quicPort=none`],
      env: { IROH_PLATFORM_DATABASE: this.databaseUrl, IROH_PLATFORM_KEY: this.#key },
      timeoutMs: LIFE_MS,
    });
    await child.line(/^Dashboard {2}http/);
    const started = new PlatformProcess(child, await noteOf(data));
    this.processes.push(started);
    return started;
  }

  /** Which process holds the oldest identity, and under which token. */
  async holder(): Promise<{ process: PlatformProcess | null; token: number }> {
    const row = await this.database.tables
      .selectFrom('identities')
      .select(['holder', 'token'])
      .orderBy('created_at')
      .orderBy('id')
      .executeTakeFirstOrThrow();
    // The name of a holder is its host, its process id and something random.
    const pid = Number(row.holder?.split(' ').at(-2));
    return { process: this.processes.find((one) => one.pid === pid) ?? null, token: Number(row.token) };
  }

  /** As {@link holder}, as soon as it is another token. */
  async nextHolder(token: number): Promise<{ process: PlatformProcess; token: number }> {
    for (;;) {
      const now = await this.holder();
      if (now.token > token && now.process !== null) return { process: now.process, token: now.token };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends a process as a crash does. */
  async kill(one: PlatformProcess): Promise<void> {
    this.processes.splice(this.processes.indexOf(one), 1);
    one.child.process.kill('SIGKILL');
    await one.child.ended;
  }

  async close(): Promise<void> {
    await Promise.all([...this.processes].map((one) => this.kill(one)));
    await this.database.close();
    await this.#programs.close();
    await this.server.stop();
    await Promise.all(this.#folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  }

  async #startRelay(port: number): Promise<void> {
    const config = [
      `http_bind_addr = "127.0.0.1:${port}"`,
      'enable_quic_addr_discovery = false',
      'enable_metrics = false',
    ];
    await this.#programs.start(
      IROH_RELAY ?? '',
      ['--dev', '--config-path', this.#programs.file('relay.toml', config.join('\n'))],
      /relay: serving on|listening|serving/i,
      { RUST_LOG: 'info', NO_COLOR: '1' },
    );
  }
}
