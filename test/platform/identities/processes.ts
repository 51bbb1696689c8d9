import { randomBytes } from 'node:crypto';
import { type Child, startChild } from '../../support/child.js';

/**
 * A process that keeps leases, and writes in the name of each identity all the time: which token wrote, in order. It says
 * what happens, each line with the time of day.
 */
const PROGRAM = `
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseKeeper } from './platform/identities/lease-keeper.js';
import { PlatformKey } from './platform/identities/platform-key.js';
import { fence } from './platform/store/fence.js';
import { openPostgres } from './platform/store/postgres-driver.js';

const key = await PlatformKey.load(null, process.env);
const leases = await openPostgres(process.env.DATABASE_URL);
const work = await openPostgres(process.env.DATABASE_URL);
const say = (...words) => process.stdout.write(Date.now() + ' ' + words.join(' ') + '\\n');

async function write(lease) {
  await work.tables.transaction().execute(async (transaction) => {
    await fence('postgres', transaction, lease);
    const { value } = await transaction
      .selectFrom('settings').select('value').where('key', '=', lease.identity).executeTakeFirstOrThrow();
    await transaction
      .updateTable('settings').set({ value: value + ' ' + lease.token }).where('key', '=', lease.identity).execute();
  });
}

async function writeOn(lease) {
  const { identity, token } = lease;
  for (let acknowledged = 0; ; acknowledged += 1) {
    try {
      await write(lease);
    } catch (error) {
      say('refused', identity, token, acknowledged, error.message);
      if (error.message.includes('lease lost')) return;
    }
    await sleep(20);
  }
}

const keeper = await LeaseKeeper.start({
  database: leases,
  keyOf: ({ id, sealedKey }) => key.open(id, sealedKey ?? ''),
  warn: (message) => say('warning', message),
  onHeld: (held) => {
    say('held', held.identity, held.token);
    void writeOn(held);
  },
  onLost: (identity, why) => say('lost', identity, why),
});
say('ready');
process.on('SIGTERM', async () => {
  await keeper.stop();
  await leases.close();
  say('stopped');
  process.exit(0);
});
// Its threads and sockets live, its JavaScript does not.
process.on('SIGUSR2', () => {
  const end = performance.now() + 10_000;
  while (performance.now() < end);
  say('awake');
});
process.on('unhandledRejection', (error) => say('UNHANDLED', error));
setInterval(() => {}, 60_000);
`;

/** One line of a process. */
export interface Told {
  /** By the time of day, in unix milliseconds. */
  at: number;
  what: string;
  identity: string;
  rest: string;
}

/** One of several processes with a database. */
export class LeaseProcess {
  readonly #child: Child;
  readonly told: Told[] = [];

  private constructor(child: Child) {
    this.#child = child;
    let rest = '';
    child.process.stdout?.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [at = '', what = '', identity = '', ...more] = line.split(' ');
        this.told.push({ at: Number(at), what, identity, rest: more.join(' ') });
      }
    });
  }

  /** Resolves when it has looked at the identities for the first time. */
  static async start(url: string, platformKey: string): Promise<LeaseProcess> {
    const env = { DATABASE_URL: url, IROH_PLATFORM_KEY: platformKey };
    const child = await startChild(PROGRAM, { env, timeoutMs: 300_000 });
    const started = new LeaseProcess(child);
    await child.line(/ready/);
    return started;
  }

  /** What it was told to hold and not to lose, by identity, with the token. */
  get held(): Map<string, number> {
    const held = new Map<string, number>();
    for (const { what, identity, rest } of this.told) {
      if (what === 'held') held.set(identity, Number(rest));
      if (what === 'lost') held.delete(identity);
    }
    return held;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.process.kill(name);
  }

  /** Kills it, and waits for its end. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#child.ended;
  }

  /** Asks it to stop, and waits for its end. @returns its exit code */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return (await this.#child.ended).code;
  }
}

export const newPlatformKey = () => randomBytes(32).toString('base64');
