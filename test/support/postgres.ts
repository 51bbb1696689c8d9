import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './free-port.js';

/** PostgreSQL does not run as root: root starts it as `nobody`. */
const NOBODY = 65_534;
const START_TIMEOUT_MS = 20_000;

/** Debian keeps the server's programs beside the search path, one folder a version. */
const DEBIAN = '/usr/lib/postgresql';
const programs = [
  ...(existsSync(DEBIAN) ? readdirSync(DEBIAN) : [])
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, 'bin')),
  ...(process.env.PATH ?? '').split(delimiter),
  '/opt/homebrew/bin',
].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));

/** Whether PostgreSQL's server is here; says what to install where it is not. In CI a missing one is a failure. */
export function postgresAvailable(): boolean {
  if (programs !== undefined) return true;
  const advice = 'no PostgreSQL server: install it, 15 or later (Debian: apt-get install postgresql)';
  if (process.env.CI) throw new Error(`Tests on PostgreSQL cannot run: ${advice}`);
  console.log(`Tests on PostgreSQL are skipped: ${advice}`);
  return false;
}

interface PostgresOptions {
  fsync?: boolean;
  tls?: { key: string; cert: string } | undefined;
}

let shared: Promise<PostgresServer> | undefined;

/**
 * The URL of a new, empty database on a server that all test files of this worker share. Its owner is no superuser, and
 * its collation is not that of bytes. Who stops or freezes a server starts one of its own, and so does who wants to know
 * what a disk costs: this one waits for none.
 */
export async function freshDatabase(): Promise<string> {
  shared ??= PostgresServer.start({ fsync: false });
  return (await shared).createDatabase();
}

/**
 * A real PostgreSQL server on a loopback port, which is as durable as in production. It ends with this process, however
 * that ends, and its folder is removed.
 */
export class PostgresServer {
  readonly #folder: string;
  readonly #port: number;
  readonly #options: PostgresOptions;
  readonly #password: string;
  readonly #guardian: ChildProcess;
  #server: ChildProcess | undefined;
  #frozen: number[] = [];
  #databases = 0;

  private constructor(folder: string, port: number, options: PostgresOptions) {
    this.#folder = folder;
    this.#port = port;
    this.#options = options;
    this.#password = randomBytes(9).toString('hex');
    this.#guardian = guard(folder);
  }

  /**
   * @param options - `fsync: false`: a power cut would cost what was acknowledged, a crash of the server does not; it is
   * back at once, where the other first sees to it that a thousand files are on a disk that may be busy. `tls`: its key and
   * certificate; it then takes encrypted connections, too
   */
  static async start({ fsync = true, tls }: PostgresOptions = {}): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-postgres-'));
    if (isRoot()) await chown(folder, NOBODY, NOBODY);
    const server = new PostgresServer(folder, await freePort(), { fsync, tls });
    try {
      await promisify(execFile)(program('initdb'), INITDB.concat('-D', join(folder, 'data')), asWhom(folder));
      if (tls !== undefined) {
        await server.#write('server.key', tls.key);
        await server.#write('server.crt', tls.cert);
      }
      await server.resume();
      await server.#askAsSuperuser(`CREATE ROLE platform LOGIN PASSWORD '${server.#password}'`);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** A new, empty database. @returns its URL, with the password of its owner */
  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `fleet_${this.#databases}`;
    await this.#askAsSuperuser(`CREATE DATABASE ${name} OWNER platform`);
    return `postgres://platform:${this.#password}@127.0.0.1:${this.#port}/${name}`;
  }

  /** The environment in which PostgreSQL's own programs are found, and reach it as its superuser. */
  get administration(): Record<string, string> {
    return {
      PATH: [programs, process.env.PATH].join(delimiter),
      ...{ PGHOST: this.#folder, PGPORT: String(this.#port), PGUSER: 'postgres' },
    };
  }

  /** Ends it as a crash does: all connections are cut, nothing is tidied up, the port refuses. */
  async crash(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.kill('SIGQUIT');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  }

  /** Starts it again on the same port, with all that it had acknowledged. */
  async resume(): Promise<void> {
    const settings = [
      `fsync=${this.#options.fsync === false ? 'off' : 'on'}`,
      ...(this.#options.tls === undefined ? [] : TLS),
      `listen_addresses=127.0.0.1`,
      `port=${this.#port}`,
      `unix_socket_directories=${this.#folder}`,
    ];
    const words = ['-D', join(this.#folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
    const server = spawn(program('postgres'), words, {
      ...asWhom(this.#folder),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      told = (told + text).slice(-4_000);
    });
    this.#server = server;
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#askAsSuperuser('SELECT 1').then(Boolean, () => false))) {
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error(`PostgreSQL does not start:\n${told}`);
      await sleep(20);
    }
  }

  /** Stops all its processes where they are: connections stay open, nothing answers, new ones are taken by nobody. */
  async freeze(): Promise<void> {
    const client = new Client({ host: this.#folder, port: this.#port, user: 'postgres' });
    // Its own process is frozen with the others, so it cannot say goodbye.
    client.on('error', () => {});
    await client.connect();
    this.#signal('SIGSTOP', [this.#server?.pid ?? 0]);
    const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
    this.#frozen = [this.#server?.pid ?? 0, ...rows.map(({ pid }) => pid)];
    this.#signal('SIGSTOP', this.#frozen);
    void client.end();
  }

  thaw(): void {
    this.#signal('SIGCONT', this.#frozen.splice(0));
  }

  /** Ends it, and removes its folder. */
  async stop(): Promise<void> {
    this.thaw();
    await this.crash();
    if (this.#guardian.exitCode !== null) return;
    const ended = once(this.#guardian, 'exit');
    this.#guardian.stdin?.end();
    await ended;
  }

  async #write(name: string, text: string): Promise<void> {
    const path = join(this.#folder, 'data', name);
    await writeFile(path, text, { mode: 0o600 });
    if (isRoot()) await chown(path, NOBODY, NOBODY);
  }

  #signal(name: NodeJS.Signals, pids: readonly number[]): void {
    for (const pid of pids) {
      try {
        if (pid > 0) process.kill(pid, name);
      } catch {
        // That one has ended.
      }
    }
  }

  async #askAsSuperuser(sql: string): Promise<unknown[]> {
    const client = new Client({ host: this.#folder, port: this.#port, user: 'postgres' });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(sql)).rows.concat(true);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** Files of those names are in its folder. */
const TLS = ['ssl=on', 'ssl_key_file=server.key', 'ssl_cert_file=server.crt'];
/** Words are ordered as people expect, not by their bytes: a statement that relies on the order of bytes shows. */
const COLLATION = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US'];
const INITDB = [
  '--username=postgres',
  '--auth-local=trust',
  '--auth-host=scram-sha-256',
  '--no-sync',
  ...COLLATION,
];

/** Waits for the end of its input, which comes when this process ends, then ends the server and removes the folder. */
const GUARDIAN = `cat > /dev/null
note="$0/data/postmaster.pid"
if [ -e "$note" ]; then
  kill -QUIT "$(head -n 1 "$note")"
  for _ in $(seq 200); do [ -e "$note" ] || break; sleep 0.05; done
fi
rm -rf "$0"`;

function guard(folder: string): ChildProcess {
  // A Ctrl-C ends all of a terminal's programs; this one has to outlive them.
  return spawn('sh', ['-c', `trap '' INT TERM\n${GUARDIAN}`, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
}

function program(name: string): string {
  if (programs === undefined) throw new Error('no PostgreSQL server');
  return join(programs, name);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function asWhom(cwd: string): { cwd: string; uid?: number; gid?: number } {
  return isRoot() ? { cwd, uid: NOBODY, gid: NOBODY } : { cwd };
}
