import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './fake-time.js';
import { freePort } from './free-port.js';

/** Whether Prometheus is here; says what to install where it is not. In CI a missing one is a failure. */
export function prometheusAvailable(): boolean {
  const isHere = ['promtool', 'prometheus'].every((name) => spawnSync(name, ['--version']).status === 0);
  if (isHere) return true;
  const advice = 'no Prometheus: install it (Debian: apt-get install prometheus)';
  if (process.env.CI) throw new Error(`Tests with Prometheus cannot run: ${advice}`);
  console.log(`Tests with Prometheus are skipped: ${advice}`);
  return false;
}

/** What Prometheus' own tool says. @param input - for its standard input */
export function promtool(args: readonly string[], input = ''): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile('promtool', [...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}

/** One value of an answer. */
export interface Sample {
  metric: Record<string, string>;
  value: [at: number, value: string];
}

/** A real Prometheus that scrapes one target each second. */
export class Prometheus {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#process = child;
    this.#folder = folder;
    this.#url = url;
  }

  /** @param targets - each with its port on loopback */
  static async start(port: number, token: string): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-prometheus-'));
    await writeFile(join(folder, 'token'), token, { mode: 0o600 });
    await writeFile(join(folder, 'prometheus.yml'), configuration(port, join(folder, 'token')));
    const own = await freePort();
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${own}`,
      ],
      { stdio: 'ignore' },
    );
    const prometheus = new Prometheus(child, folder, `http://127.0.0.1:${own}`);
    try {
      await until(async () => (await prometheus.query('up').catch(() => [])).length > 0, 25_000);
      return prometheus;
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
  }

  /** What a query says now. @throws Error for one that cannot be read */
  async query(query: string): Promise<Sample[]> {
    const answer = await fetch(`${this.#url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { status, error, data } = (await answer.json()) as {
      status: string;
      error?: string;
      data?: { result: Sample[] };
    };
    if (status !== 'success') throw new Error(`${query}: ${error}`);
    return data?.result ?? [];
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGTERM');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function configuration(port: number, tokenFile: string): string {
  return `global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: iroh-platform
    authorization:
      credentials_file: ${tokenFile}
    static_configs:
      - targets: ['127.0.0.1:${port}']
`;
}
