import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './fake-time.js';
import { freePort } from './free-port.js';

// Debian keeps it in sbin, which is not on every search path.
const found = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx', '/opt/homebrew/bin/nginx'].find(
  (path) => existsSync(path),
);

/** Where it is; `null` where it is not, and then it says what to install. In CI a missing one is a failure. */
export function nginxProgram(): string | null {
  return nginxAvailable() ? (found ?? null) : null;
}

/** Whether nginx is here; says what to install where it is not. In CI a missing one is a failure. */
export function nginxAvailable(): boolean {
  if (found !== undefined) return true;
  const advice = 'no nginx: install it (Debian: apt-get install nginx-light)';
  if (process.env.CI) throw new Error(`Tests behind a proxy cannot run: ${advice}`);
  console.log(`Tests behind a proxy are skipped: ${advice}`);
  return false;
}

/** A real nginx in front of an app, which does what its few lines of configuration say. */
export class Nginx {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly url: string;

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#process = child;
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
  }

  /**
   * @param appPort - where the app listens on 127.0.0.1
   * @param directives - beside `proxy_pass`. Default: none, as in the first lines of every guide
   */
  static async start(appPort: number, directives = ''): Promise<Nginx> {
    if (found === undefined) throw new Error('no nginx');
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-nginx-'));
    const port = await freePort();
    await writeFile(join(folder, 'nginx.conf'), configuration(port, appPort, directives));
    const child = spawn(found, ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'], { stdio: 'ignore' });
    const nginx = new Nginx(child, folder, port);
    try {
      await until(async () => (await fetch(`${nginx.url}/there`).catch(() => null))?.status === 204, 10_000);
      return nginx;
    } catch (error) {
      await nginx.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGTERM');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function configuration(port: number, appPort: number, directives: string): string {
  // Its own folder for everything it writes: it need not be root, and leaves nothing behind.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
pid nginx.pid;
worker_processes 1;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location = /there { return 204; }
    location / {
      proxy_pass http://127.0.0.1:${appPort};
      ${directives}
    }
  }
}
`;
}
