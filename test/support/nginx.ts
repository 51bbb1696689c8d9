import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
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

/** How browsers come to nginx, where it is not by plain HTTP at the root. */
export interface Front {
  /** In PEM. */
  tls?: { cert: string; key: string };
  /** The path under which the app is, with a slash at both ends; nginx takes it away. */
  folder?: string;
}

/** A real nginx in front of an app, which does what its few lines of configuration say. */
export class Nginx {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly url: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#process = child;
    this.#folder = folder;
    this.url = url;
  }

  /**
   * @param appPort - where the app listens on 127.0.0.1
   * @param directives - beside `proxy_pass`. Default: none, as in the first lines of every guide
   * @param front - what is before them
   */
  static async start(appPort: number, directives = '', front: Front = {}): Promise<Nginx> {
    if (found === undefined) throw new Error('no nginx');
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-nginx-'));
    const port = await freePort();
    if (front.tls !== undefined) {
      await writeFile(join(folder, 'cert.pem'), front.tls.cert);
      await writeFile(join(folder, 'key.pem'), front.tls.key);
    }
    await writeFile(join(folder, 'nginx.conf'), configuration(port, appPort, directives, front));
    const child = spawn(found, ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'], { stdio: 'ignore' });
    const scheme = front.tls === undefined ? 'http' : 'https';
    const nginx = new Nginx(child, folder, `${scheme}://127.0.0.1:${port}`);
    try {
      await until(() => listens(port), 10_000);
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

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function configuration(
  port: number,
  appPort: number,
  directives: string,
  { tls, folder = '/' }: Front,
): string {
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
    listen 127.0.0.1:${port}${tls === undefined ? '' : ' ssl'};
    ${tls === undefined ? '' : 'ssl_certificate cert.pem; ssl_certificate_key key.pem;'}
    location ${folder} {
      proxy_pass http://127.0.0.1:${appPort}${folder === '/' ? '' : '/'};
      ${directives}
    }
  }
}
`;
}
