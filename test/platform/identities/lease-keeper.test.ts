import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { EndpointId, SecretKey } from '../../../lib/wire/index.js';
import { IdentityTable } from '../../../platform/identities/identity-table.js';
import { LeaseKeeper, type LeaseKeeperOptions } from '../../../platform/identities/lease-keeper.js';
import { PlatformKey } from '../../../platform/identities/platform-key.js';
import type { Lease } from '../../../platform/store/fence.js';
import type { SqlDatabase } from '../../../platform/store/sql-database.js';
import { until } from '../../support/fake-time.js';
import { freshDatabase, PostgresServer } from '../../support/postgres.js';
import { addEndpoints, Databases, mayPostgres, newIdentity } from './databases.js';

const databases = new Databases();
const keepers: LeaseKeeper[] = [];
const servers: PostgresServer[] = [];
afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()));
  await databases.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const key = PlatformKey.parse(randomBytes(32).toString('hex'), 'IROH_PLATFORM_KEY');
/** A tenth of what is usual, but long enough for a busy machine. */
const QUICK = { renewMs: 200, lookMs: 100, takeMs: 1_200, aboveShareMs: 400 };

async function addIdentities(database: SqlDatabase, count: number): Promise<SecretKey[]> {
  const secrets = Array.from({ length: count }, newIdentity);
  const table = new IdentityTable(database);
  for (const secret of secrets) await table.add(secret.id, key.seal(secret));
  return secrets;
}

/** A keeper, and everything it said, in order. */
async function keep(database: SqlDatabase, options: Partial<LeaseKeeperOptions> = {}) {
  const told: string[] = [];
  const keeper = await LeaseKeeper.start({
    database,
    keyOf: ({ id, sealedKey }) => key.open(id, sealedKey ?? ''),
    warn: (message) => told.push(`warning: ${message}`),
    times: QUICK,
    onLost: (identity, why) => void told.push(`lost ${identity} ${why}`),
    ...options,
    onHeld: async (held) => {
      told.push(`held ${held.identity} ${held.token} ${held.secretKey.id === held.identity}`);
      await options.onHeld?.(held);
    },
  });
  keepers.push(keeper);
  return { keeper, told };
}

const warnings = (told: readonly string[]) => told.filter((line) => line.startsWith('warning'));

describe('a keeper of leases on SQLite', () => {
  it('takes everything at once, whoever held it: the lock of the file says that nobody else is there', async () => {
    const database = await databases.make('sqlite');
    await addIdentities(database, 2);
    const table = new IdentityTable(database);
    const [before, free] = await table.list();
    if (before === undefined || free === undefined) throw new Error('no rows');
    await table.take(before, 'a process that was killed');
    const { keeper, told } = await keep(database, { times: undefined });
    expect(told).toEqual([`held ${before.id} 2 true`, `held ${free.id} 1 true`]);
    expect(keeper.held).toHaveLength(2);
  });

  it('marks the endpoints offline that a killed process left online, before anything begins', async () => {
    const database = await databases.make('sqlite');
    const [identity] = await addIdentities(database, 1);
    await addEndpoints(database, 3, { identity: identity?.id ?? '' });
    const online = () =>
      database.tables.selectFrom('endpoints').select('id').where('is_online', '=', 1).execute();
    let atBegin = -1;
    await keep(database, {
      onHeld: async () => {
        atBegin = (await online()).length;
      },
    });
    expect(atBegin).toBe(0);
  });

  it('does not start when what begins with an identity fails, and holds nothing then', async () => {
    const database = await databases.make('sqlite');
    await addIdentities(database, 2);
    const told: string[] = [];
    const started = keep(database, {
      onHeld: () => Promise.reject(new Error('the port is taken')),
      onLost: () => void told.push('lost'),
    });
    await expect(started).rejects.toThrow('the port is taken');
    expect((await new IdentityTable(database).list()).map(({ holder }) => holder)).toEqual([null, null]);
    expect(told).toEqual([]);
  });
});

describe.skipIf(!mayPostgres)('keepers of leases on PostgreSQL', () => {
  const open = async (count: number, server?: PostgresServer) => {
    const url = await (server?.createDatabase() ?? freshDatabase());
    const one = await databases.postgres(url);
    const secrets = await addIdentities(one, count);
    const another = () => databases.postgres(url);
    return { one, another, secrets, ids: secrets.map(({ id }) => id), table: new IdentityTable(one) };
  };
  const take = async (table: IdentityTable, id: EndpointId, holder: string) => {
    for (let taken: Lease | null = null; taken === null; ) {
      const row = (await table.list()).find((each) => each.id === id);
      if (row !== undefined) taken = await table.take(row, holder);
    }
  };

  it('hand over at a stop: closed first, then given back, then taken at once', async () => {
    const { one, another, ids, table } = await open(1);
    const order: string[] = [];
    const first = await keep(one, {
      onLost: async (_, why) => {
        // Longer than others wait: it is renewed until it is closed.
        await sleep(QUICK.takeMs * 1.5);
        order.push(`closed ${why}`);
      },
    });
    const second = await keep(await another(), { onHeld: () => void order.push('taken') });
    expect(second.told).toEqual([]);
    const stopping = first.keeper.stop();
    await until(() => second.told.length > 0);
    await stopping;
    expect(order).toEqual(['closed stopped', 'taken']);
    expect(second.told).toEqual([`held ${ids[0]} 3 true`]);
    expect((await table.list())[0]).toMatchObject({ holder: second.keeper.holder });
    expect(warnings([...first.told, ...second.told])).toEqual([]);
  });

  it('share what is free: nobody takes more than its share while others are there', async () => {
    const { one, another, ids } = await open(4);
    const first = await keep(one);
    const [second, third] = [await keep(await another()), await keep(await another())];
    expect(first.keeper.held).toHaveLength(4);
    await first.keeper.stop();
    const held = () => [...second.keeper.held, ...third.keeper.held].map(({ identity }) => identity);
    await until(() => held().length === 4);
    expect(held().sort()).toEqual([...ids].sort());
    expect(Math.max(second.keeper.held.length, third.keeper.held.length)).toBeLessThan(4);
  });

  it('renew while what begins takes its time, for this identity and the others', async () => {
    const { one, another } = await open(2);
    let count = 0;
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const starting = keep(one, { onHeld: () => (count++ === 0 ? slow : undefined) });
    await until(() => count === 2);
    const second = await keep(await another());
    await sleep(QUICK.takeMs * 2);
    expect(second.told).toEqual([]);
    finish();
    expect((await starting).keeper.held).toHaveLength(2);
  });

  it('undo what begins when the identity is lost meanwhile', async () => {
    const { one, ids, table } = await open(1);
    const order: string[] = [];
    const starting = keep(one, {
      onHeld: async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        order.push('lost while it begins');
        await sleep(50);
        order.push('begun');
      },
      onLost: (_, why) => void order.push(`undone: ${why}`),
    });
    await until(async () => (await table.list())[0]?.holder !== null);
    await take(table, ids[0] as EndpointId, 'somebody else');
    const { keeper, told } = await starting;
    await until(() => order.length === 3);
    expect(order).toEqual(['lost while it begins', 'begun', 'undone: taken']);
    expect(keeper.held).toEqual([]);
    await until(() => warnings(told).length > 0);
    expect(warnings(told)).toEqual([expect.stringContaining(`${ids[0]} was taken over by another process`)]);
  });

  it('leave an identity to others that cannot begin here, and say so once', async () => {
    const { one, another, ids } = await open(1);
    const failing = { onHeld: () => Promise.reject(new Error('the port is taken')) };
    const blocker = await keep(one);
    const first = await keep(await another(), failing);
    await blocker.keeper.stop();
    await until(() => warnings(first.told).length > 0);
    const third = await keep(await another());
    await until(() => third.keeper.held.length === 1);
    expect(third.told).toHaveLength(1);
    expect(first.told.filter((line) => line.startsWith('held'))).toHaveLength(1);
    expect(first.told.filter((line) => line.startsWith('lost'))).toEqual([]);
    expect(warnings(first.told)).toEqual([
      `warning: The identity ${ids[0]} cannot be served here: the port is taken`,
    ]);
  });

  it('leave an identity to others whose key does not open here, and say so once', async () => {
    const { one, another, ids } = await open(1);
    const wrong = PlatformKey.parse(randomBytes(32).toString('hex'), 'IROH_PLATFORM_KEY');
    const first = await keep(one, { keyOf: ({ id, sealedKey }) => wrong.open(id, sealedKey ?? '') });
    await sleep(QUICK.lookMs * 5);
    expect(first.told).toEqual([expect.stringContaining('IROH_PLATFORM_KEY is not the key that sealed')]);
    const second = await keep(await another());
    expect(second.told).toEqual([`held ${ids[0]} 1 true`]);
  });

  it('let go of an identity that is removed', async () => {
    const { one, ids } = await open(1);
    const { told } = await keep(one);
    await one.tables.deleteFrom('identities').execute();
    await until(() => warnings(told).length > 0);
    expect(told).toEqual([
      `held ${ids[0]} 1 true`,
      `lost ${ids[0]} removed`,
      expect.stringContaining('no longer in the database'),
    ]);
  });

  it('take at once what bears their name: the answer to the take came too late', async () => {
    const { one, ids, table } = await open(1);
    const { keeper, told } = await keep(one);
    await take(table, ids[0] as EndpointId, keeper.holder);
    await until(() => told.filter((line) => line.startsWith('held')).length === 2, QUICK.takeMs);
    expect(told.slice(0, 3)).toEqual([
      `held ${ids[0]} 1 true`,
      `lost ${ids[0]} taken`,
      expect.stringContaining('taken over'),
    ]);
    expect(told[3]).toBe(`held ${ids[0]} 3 true`);
  });

  describe('while the database', () => {
    const outages = [
      ['is down', (server: PostgresServer) => server.crash(), (server: PostgresServer) => server.resume()],
      [
        'does not answer',
        (server: PostgresServer) => server.freeze(),
        async (server: PostgresServer) => server.thaw(),
      ],
    ] as const;

    it.each(outages)(
      '%s, everybody keeps what it has, and says so once',
      { timeout: 60_000 },
      async (_, begin, end) => {
        const server = await PostgresServer.start();
        servers.push(server);
        const { one, another, table } = await open(2, server);
        const times = { ...QUICK, answerMs: 500, patienceMs: 30_000 };
        const first = await keep(one, { times });
        const second = await keep(await another(), { times });
        const before = (await table.list()).map(({ token }) => token);
        await begin(server);
        await sleep(QUICK.takeMs * 3);
        await end(server);
        await until(
          () => [first, second].every(({ told }) => told.some((line) => line.includes('answers again'))),
          20_000,
        );
        await sleep(QUICK.takeMs * 2);
        expect((await table.list()).map(({ token }) => token)).toEqual(before);
        for (const { told } of [first, second]) {
          expect(warnings(told)).toEqual([
            expect.stringMatching(
              /^warning: The database does not answer: .* Identities are served for up to 30 s more\.$/,
            ),
            'warning: The database answers again.',
          ]);
        }
      },
    );

    it('is down for longer than a holder is patient, it lets go, and takes the identity again afterwards', {
      timeout: 60_000,
    }, async () => {
      const server = await PostgresServer.start();
      servers.push(server);
      const { one, ids } = await open(1, server);
      const { told } = await keep(one, { times: { ...QUICK, answerMs: 500, patienceMs: 1_500 } });
      await server.crash();
      await until(() => told.some((line) => line.startsWith('lost')));
      await server.resume();
      await until(() => told.filter((line) => line.startsWith('held')).length === 2, 20_000);
      expect(told.filter((line) => !line.startsWith('warning'))).toEqual([
        `held ${ids[0]} 1 true`,
        `lost ${ids[0]} unanswered`,
        `held ${ids[0]} 2 true`,
      ]);
    });
  });
});
