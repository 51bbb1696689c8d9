import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { root } from '../support/built.js';

/** What a block of requests took: wall clock, and CPU time of the server's process with all its threads. */
export interface Block {
  wallMs: number;
  cpuMs: number;
}

/** Connections of one block, each with one request at a time. */
const CONNECTIONS = 8;

/** An app in a child process. */
export class AppServer {
  readonly #child: ChildProcess;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  /** Apps in one process, with us mounted or without, started in this order. */
  static async start(
    app: string,
    mounted: readonly boolean[],
    env: Record<string, string>,
  ): Promise<AppServer[]> {
    const hows = mounted.map((isMounted) => (isMounted ? 'with' : 'without'));
    const child = fork(join(root, 'bench', 'throughput', 'serve.js'), [app, ...hows], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', ...env },
    });
    const [{ ports, state }] = await once(child, 'message');
    if (mounted.includes(true) && state !== 'online') {
      child.disconnect();
      throw new Error(`${app}: the diagnostics are ${state}`);
    }
    return ports.map((port: number) => new AppServer(child, port));
  }

  async serve(requests: number): Promise<Block> {
    const cpuBefore = await this.#cpuMs();
    const start = performance.now();
    const lanes = Array.from({ length: CONNECTIONS }, async (_, lane) => {
      for (let sent = lane; sent < requests; sent += CONNECTIONS) await this.#get();
    });
    await Promise.all(lanes);
    const wallMs = performance.now() - start;
    return { wallMs, cpuMs: (await this.#cpuMs()) - cpuBefore };
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    if (!this.#child.connected) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  async #cpuMs(): Promise<number> {
    const answer = once(this.#child, 'message');
    this.#child.send('cpu');
    const [{ cpu }] = await answer;
    return (cpu.user + cpu.system) / 1000;
  }

  #get(): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path: '/hello', agent: this.#agent };
      request(options, (response) => {
        if (response.statusCode !== 200) reject(new Error(`the app answered ${response.statusCode}`));
        response.resume().once('end', resolve);
      })
        .once('error', reject)
        .end();
    });
  }
}
