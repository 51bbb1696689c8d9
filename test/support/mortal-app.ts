import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetDiagnosticsOptions } from '../../lib/index.js';
import { type EndpointId, parseEndpointId } from '../../lib/wire/index.js';
import { type Child, startChild } from './child.js';

/** An app that tells each state on a line of its own, and lives until it is killed. */
const SOURCE = `import { NetDiagnostics } from './lib/index.js';
  const say = (kind, what) => console.log(kind + ' ' + JSON.stringify(what));
  const logger = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) =>
    [level, (message, fields) => say('log', { level, message, ...fields })]));
  const parts = JSON.parse(process.env.PARTS ?? '{}');
  const app = NetDiagnostics.start({ logger, ...JSON.parse(process.env.OPTIONS) }, process.env, parts);
  setInterval(() => {}, 60000);
  process.on('SIGUSR2', () => say('status', app.status()));
  for (;;) {
    const status = await app.ready({ timeoutMs: 60000 });
    say('ready', { state: status.state, grant: status.grant.state, id: status.endpointId });
    await new Promise((resolve) => setTimeout(resolve, 60000));
  }`;

/** One life of an app. */
export interface MortalApp {
  child: Child;
  id: EndpointId;
  /** Ends it as a crash does: nothing is closed, nobody is told. */
  crash(): Promise<void>;
}

/** Apps in processes of their own that share one key file, and may be killed. */
export class MortalApps {
  readonly #children: Child[] = [];
  #folder: string | null = null;

  /** Starts one, and waits until it says that the platform has its grant. */
  async start(options: NetDiagnosticsOptions, env: Record<string, string> = {}): Promise<MortalApp> {
    const child = await this.begin(options, env);
    const { state, grant, id } = JSON.parse((await child.line(/^ready /)).slice(6)) as Record<string, string>;
    if (state !== 'online' || grant !== 'granted') throw new Error(`the app is ${state}, its grant ${grant}`);
    return { child, id: parseEndpointId(id ?? ''), crash: () => crash(child) };
  }

  /** Starts one, without waiting for anything. */
  async begin(options: NetDiagnosticsOptions, env: Record<string, string> = {}): Promise<Child> {
    const usual = { network: 'minimal', probes: ['route', 'endpoint'], deadline: 500, metrics: 0 } as const;
    const all = { ...usual, secretKeyFile: await this.keyFile(), ...options };
    const child = await startChild(SOURCE, {
      env: { OPTIONS: JSON.stringify(all), ...env },
      timeoutMs: 240_000,
    });
    this.#children.push(child);
    return child;
  }

  async keyFile(): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'net-diagnostics-mortal-'));
    return join(this.#folder, 'key');
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.splice(0).map(crash));
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }
}

async function crash(child: Child): Promise<void> {
  child.process.kill('SIGKILL');
  await child.ended;
}
