import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { moveStore } from '../../platform/transfer/index.js';
import { freePort } from '../../test/support/free-port.js';
import { PostgresServer } from '../../test/support/postgres.js';
import { assertBuilt } from '../support/built.js';
import { machine } from '../support/machine.js';
import { measurePages } from '../support/pages.js';
import { ATTACKS, Attack, type AttackKind, Fleet, type Pings } from './fleet-peers.js';
import { type LoopSample, ServedPlatform } from './served-platform.js';

const USAGE = `node bench/run.js fleet [--sessions 5000] [--minutes 3] [--processes 2] [--per-second 50] [--dial-backs 50]
                     [--data FOLDER] [--postgres] [--attack all|idle|half|schema|storm|strangers] [--keys 64] [--profile FILE]
                     [--limit strangers=64 …]

A platform in a process of its own, and a fleet of apps with the official client (crate iroh-services 2.0), each an endpoint
on loopback: metrics every minute, pings every 30 s. Measures the platform's CPU time, memory and event loop, the pings as
the apps see them, dial-backs at once, and a restart after which all come back together. With --profile: a CPU profile of
the minutes in which all live (it costs some CPU). With --attack: the pings of a
second API secret's apps, before and while holders of a third one attack. With --data: on a copy of a folder that fleet-data
has filled, and the dashboard's answers are measured, too, while the apps live. The store is SQLite in a folder, or a PostgreSQL server of its own,
into which the folder is moved first. With --limit: a limit of the platform; may be given several times.
Needs npm run build, cargo, Linux.`;

const PING_MS = 30_000;
const METRICS_MS = 60_000;
/** After the last app came, before anything is measured. */
const SETTLE_MS = 20_000;
const STORM_LIMIT_MS = 5 * 60_000;
/** The neighbours of an attack, and how long they are watched before and during it. */
const NEIGHBOURS = { apps: 20, pingMs: 500, ms: 30_000 };
/** How often each of the dashboard's answers is asked for. */
const PAGE_ROUNDS = 40;
/** Until an attack has all its connections. */
const ATTACK_SETTLE_MS = 5_000;

interface Options {
  sessions: number;
  minutes: number;
  processes: number;
  perSecond: number;
  dialBacks: number;
  keys: number;
  attacks: readonly AttackKind[];
  profile: string | undefined;
  /** Whether there is a fleet beside the apps. */
  hasData: boolean;
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sessions: { type: 'string', default: '5000' },
      minutes: { type: 'string', default: '3' },
      processes: { type: 'string', default: '2' },
      'per-second': { type: 'string', default: '50' },
      'dial-backs': { type: 'string', default: '50' },
      keys: { type: 'string', default: '64' },
      attack: { type: 'string' },
      profile: { type: 'string' },
      data: { type: 'string' },
      postgres: { type: 'boolean', default: false },
      limit: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  assertBuilt();
  const options = {
    sessions: Number(values.sessions),
    minutes: Number(values.minutes),
    processes: Number(values.processes),
    perSecond: Number(values['per-second']),
    dialBacks: Number(values['dial-backs']),
    keys: Number(values.keys),
    attacks: values.attack === 'all' ? ATTACKS : ATTACKS.filter((kind) => kind === values.attack),
    profile: values.profile,
  };
  if (values.attack !== undefined && options.attacks.length === 0) throw new Error(USAGE);
  console.log(`${machine()}. \`fleet ${args.join(' ')}\`\n`);
  const dataDir = mkdtempSync(join(tmpdir(), 'fleet-bench-'));
  let server: PostgresServer | null = null;
  try {
    server = values.postgres ? await PostgresServer.start() : null;
    const database = await server?.createDatabase();
    const folder = join(dataDir, 'data');
    if (values.data !== undefined) cpSync(values.data, folder, { recursive: true });
    if (values.data !== undefined && database !== undefined) await moveData(folder, database);
    const dashboard = { port: 0, unsafeWithoutLogin: true };
    await measure(
      // On a shared database no process remembers a port, and these API secrets name one.
      {
        ...{ dataDir: folder, database, dashboard, limits: limitsOf(values.limit) },
        port: database === undefined ? undefined : await freePort(),
      },
      { ...options, hasData: values.data !== undefined },
    );
  } finally {
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function limitsOf(given: readonly string[]): Record<string, number> {
  return Object.fromEntries(given.map((each) => each.split('=')).map(([name, most]) => [name, Number(most)]));
}

/** As a team does it that outgrows one file. */
async function moveData(folder: string, database: string): Promise<void> {
  process.env.IROH_PLATFORM_KEY ??= randomBytes(32).toString('hex');
  const begun = performance.now();
  const options = { platformKeyFile: null, signal: new AbortController().signal, onProgress: () => {} };
  const { rows } = await moveStore({ from: folder, to: database }, options);
  row('moved to PostgreSQL', `${rows.reports} reports in ${seconds(performance.now() - begun)}`);
}

async function measure(platformOptions: Record<string, unknown>, o: Options): Promise<void> {
  const begun = performance.now();
  let platform = await ServedPlatform.start(platformOptions);
  row('started in', seconds(performance.now() - begun));
  const secret = await platform.secret('fleet');
  const idle = platform.rss();
  const perProcess = Math.ceil(o.sessions / o.processes);
  const fleets: Fleet[] = [];
  try {
    for (let at = 0; at < o.processes && o.sessions > 0; at += 1) {
      const fleet = Fleet.start({
        ...{ secret, apps: perProcess, perSecond: o.perSecond / o.processes, name: `fleet-${at}` },
        ...{ pingMs: PING_MS, metricsMs: METRICS_MS },
        hostEvery: o.dialBacks === 0 ? 0 : Math.max(1, Math.floor(o.sessions / o.dialBacks)),
      });
      fleets.push(await fleet);
    }
    await platform.loop();
    const before = platform.cpu();
    const ramps = await Promise.all(fleets.map((fleet) => fleet.ramped()));
    row('came', `${o.sessions} apps in ${seconds(Math.max(0, ...ramps.map(({ ms }) => ms)))}`);
    row('  pings tried again', String(ramps.reduce((sum, { retries }) => sum + retries, 0)));
    const loop = await platform.loop();
    row('  loop while they came', loopText(loop));
    row(
      '  CPU, memory',
      `${(platform.cpu().all - before.all).toFixed(1)} s, ${platform.rss().toFixed(0)} MiB`,
    );
    row('  events', JSON.stringify(loop.events));
    if (o.minutes > 0 && o.sessions > 0) await watchLife(platform, fleets, o, idle);
    if (o.hasData) await watchPages(platform);
    if (o.dialBacks > 0 && o.sessions > 0) await watchDialBacks(platform, fleets, o.dialBacks);
    for (const kind of o.attacks) await watchAttack(platform, kind, o.keys);
    if (o.sessions > 0 && o.attacks.length === 0) {
      await platform.stop();
      const again = performance.now();
      platform = await ServedPlatform.start(platformOptions);
      row('started again in', seconds(performance.now() - again));
      await watchReturn(platform, fleets);
    }
  } finally {
    await Promise.all(fleets.map((fleet) => fleet.stop()));
    await platform.stop();
  }
}

async function watchLife(platform: ServedPlatform, fleets: Fleet[], o: Options, idle: number): Promise<void> {
  await sleep(SETTLE_MS);
  await platform.loop();
  for (const fleet of fleets) await fleet.pings();
  if (o.profile !== undefined) await platform.profile();
  const [begun, before] = [performance.now(), platform.cpu()];
  await sleep(o.minutes * 60_000);
  const [took, after] = [(performance.now() - begun) / 1000, platform.cpu()];
  const loop = await platform.loop();
  if (o.profile !== undefined) await platform.profiled(o.profile);
  const share = (seconds: number) => `${((100 * seconds) / took).toFixed(1)} %`;
  row('CPU, of one core', `${share(after.all - before.all)}, JavaScript ${share(after.main - before.main)}`);
  row(
    'memory',
    `${platform.rss().toFixed(0)} MiB (${idle.toFixed(0)} at the start), ${platform.files()} files`,
  );
  const { heapUsed, heapTotal, external } = loop.memory;
  row(
    '  of that JavaScript',
    [heapUsed, heapTotal, external].map((bytes) => `${(bytes / 2 ** 20).toFixed(0)}`).join(' / '),
  );
  row('loop', loopText(loop));
  row('events', JSON.stringify(loop.events));
  for (const fleet of fleets) row('pings', pingText(await fleet.pings()));
}

/** This client's own loop is not told: it is not the platform's. */
async function watchPages(platform: ServedPlatform): Promise<void> {
  await platform.loop();
  console.log();
  await measurePages(`${await platform.dashboardUrl()}api/v1/projects/default/`, PAGE_ROUNDS);
  console.log();
  row('loop meanwhile', loopText(await platform.loop()));
}

async function watchDialBacks(platform: ServedPlatform, fleets: Fleet[], count: number): Promise<void> {
  const ids = (await Promise.all(fleets.map((fleet) => fleet.hosts()))).flat().slice(0, count);
  await platform.loop();
  const runs = await platform.dialBacks(ids);
  const failures = runs.flatMap(({ failure }) => failure ?? []);
  const slowest = Math.max(...runs.map(({ ms }) => ms));
  row(
    `${ids.length} dial-backs at once`,
    `${ids.length - failures.length} done, the last after ${seconds(slowest)}`,
  );
  if (failures.length > 0) row('  failed', [...new Set(failures)].join('; '));
  row('  loop', loopText(await platform.loop()));
}

async function watchReturn(platform: ServedPlatform, fleets: Fleet[]): Promise<void> {
  await platform.loop();
  const before = platform.cpu();
  const returns = await Promise.all(fleets.map((fleet) => fleet.pingAll(STORM_LIMIT_MS)));
  const lost = returns.reduce((sum, { pings }) => sum + pings.failed, 0);
  row('all back after a restart', seconds(Math.max(...returns.map(({ ms }) => ms))));
  row('  without an answer', String(lost));
  row('  CPU', `${(platform.cpu().all - before.all).toFixed(1)} s`);
  row('  loop', loopText(await platform.loop()));
}

/** Others share the machine: what the neighbours wait for is the platform, since the attackers have a core of their own. */
async function watchAttack(platform: ServedPlatform, kind: AttackKind, keys: number): Promise<void> {
  const neighbours = await Fleet.start({
    ...{ secret: await platform.secret(`neighbours of ${kind}`), apps: NEIGHBOURS.apps, perSecond: 50 },
    ...{ pingMs: NEIGHBOURS.pingMs, metricsMs: METRICS_MS, hostEvery: 0, name: 'neighbour' },
  });
  try {
    await neighbours.ramped();
    await sleep(ATTACK_SETTLE_MS);
    await neighbours.pings();
    await sleep(NEIGHBOURS.ms);
    const quiet = await neighbours.pings();
    const attack = await Attack.start(kind, keys, await platform.secret(`attack by ${kind}`));
    try {
      await sleep(ATTACK_SETTLE_MS);
      await Promise.all([neighbours.pings(), platform.loop(), attack.did()]);
      const before = platform.cpu();
      await sleep(NEIGHBOURS.ms);
      const cpu = platform.cpu().all - before.all;
      const [pings, loop, did] = await Promise.all([neighbours.pings(), platform.loop(), attack.did()]);
      row(`attack: ${kind}`, did);
      row('  pings before', pingText(quiet));
      row('  pings during', pingText(pings));
      row(
        '  median during ÷ before',
        ((pings.median ?? Number.NaN) / (quiet.median ?? Number.NaN)).toFixed(1),
      );
      row('  CPU, of one core', `${((cpu * 100_000) / NEIGHBOURS.ms).toFixed(0)} %`);
      row('  loop', loopText(loop));
      row('  memory', `${platform.rss().toFixed(0)} MiB`);
    } finally {
      await attack.stop();
    }
  } finally {
    await neighbours.stop();
  }
}

function row(name: string, text: string): void {
  console.log(`${name.padEnd(26)} ${text}`);
}

function loopText({ max, p99, own, over }: LoopSample): string {
  const more = over === 0 ? '' : ` (${over} over 100 ms)`;
  return `longest ${own.toFixed(0)} ms${more}, ${max.toFixed(0)} with waiting for a processor; p99 ${p99.toFixed(1)}`;
}

function pingText({ answered, failed, median, p95, p99, max }: Pings): string {
  const ms = (value: number | null) => (value === null ? '–' : value.toFixed(1));
  return `median ${ms(median)} ms, p95 ${ms(p95)}, p99 ${ms(p99)}, longest ${ms(max)}; ${answered} answered, ${failed} failed`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
