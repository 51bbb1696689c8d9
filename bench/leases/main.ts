import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { IdentityTable } from '../../platform/identities/identity-table.js';
import { PlatformKey } from '../../platform/identities/platform-key.js';
import { migrate } from '../../platform/store/migrate.js';
import { openPostgres } from '../../platform/store/postgres-driver.js';
import { newIdentity } from '../../test/platform/identities/databases.js';
import { LeaseProcess, newPlatformKey } from '../../test/platform/identities/processes.js';
import { until } from '../../test/support/fake-time.js';
import { PostgresServer } from '../../test/support/postgres.js';
import { machine } from '../support/machine.js';
import { median } from '../support/statistics.js';

const USAGE = `node bench/run.js leases [--rounds 20]

How long an identity is nobody's: two processes that keep leases on a real PostgreSQL, without iroh. In each round the holder
is killed, another one stopped (SIGSTOP) and let go on again, and a third told to end, each at any moment between two renewals.`;

/** Between two signs of life of a holder, in milliseconds. */
const RENEW_MS = 2_000;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '20' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const server = await PostgresServer.start();
  try {
    const samples = await measure(await server.createDatabase(), Number(values.rounds));
    console.log(`${machine()}; ${values.rounds} rounds. Seconds, medians with the lowest and the highest.\n`);
    console.log('| | s |\n| --- | --- |');
    for (const [name, ms] of Object.entries(samples)) {
      const [low, middle, high] = [Math.min(...ms), median(ms), Math.max(...ms)].map((each) =>
        (each / 1000).toFixed(2),
      );
      console.log(`| ${name} | ${middle} (${low}–${high}) |`);
    }
  } finally {
    await server.stop();
  }
}

async function measure(url: string, rounds: number) {
  const platformKey = newPlatformKey();
  const database = await openPostgres(url);
  await migrate(database);
  const secret = newIdentity();
  await database.tables.insertInto('settings').values({ key: secret.id, value: '0' }).execute();
  await new IdentityTable(database).add(secret.id, PlatformKey.parse(platformKey, 'the bench').seal(secret));
  await database.close();

  const samples = {
    'killed: until another process has the identity': [] as number[],
    'stopped (SIGSTOP): until another process has it': [] as number[],
    'goes on (SIGCONT): until it knows, and has let go': [] as number[],
    'told to end (SIGTERM): until another process has it': [] as number[],
  };
  const start = () => LeaseProcess.start(url, platformKey);
  /** From `at` until `process` says `what`. */
  const after = async (at: number, process: LeaseProcess, what: string) => {
    const said = () => process.told.find((line) => line.what === what && line.at >= at);
    await until(() => said() !== undefined, 60_000);
    return (said()?.at ?? 0) - at;
  };
  const anyMoment = () => sleep(RENEW_MS + Math.random() * RENEW_MS);
  let holder = await start();
  let other = await start();
  try {
    for (let round = 0; round < rounds; round += 1) {
      await anyMoment();
      let at = Date.now();
      await holder.kill();
      samples['killed: until another process has the identity'].push(await after(at, other, 'held'));
      [holder, other] = [other, await start()];
      await anyMoment();
      at = Date.now();
      holder.signal('SIGSTOP');
      samples['stopped (SIGSTOP): until another process has it'].push(await after(at, other, 'held'));
      at = Date.now();
      holder.signal('SIGCONT');
      samples['goes on (SIGCONT): until it knows, and has let go'].push(await after(at, holder, 'lost'));
      [holder, other] = [other, holder];
      await anyMoment();
      at = Date.now();
      const stopped = holder.stop();
      samples['told to end (SIGTERM): until another process has it'].push(await after(at, other, 'held'));
      await stopped;
      [holder, other] = [other, await start()];
    }
  } finally {
    await Promise.all([holder.kill(), other.kill()]);
  }
  return samples;
}
