import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Platform } from '../../platform/index.js';
import { machine } from '../support/machine.js';
import { quantile } from '../support/statistics.js';

const USAGE = `node bench/run.js observe --data FOLDER [--rounds 2000] [--scrapes 10]

What it costs to watch a platform: small requests, asked by this process one at a time, and scrapes of /metrics with the fleet,
ten seconds apart so that each reads the database. The folder is brought up to date: give a copy. CPU: of the whole process,
so of the asking too.`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      rounds: { type: 'string', default: '2000' },
      scrapes: { type: 'string', default: '10' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.data === undefined) {
    console.log(USAGE);
    return;
  }
  const dashboard = { port: 0, unsafeWithoutLogin: true, fleetMetrics: true };
  const platform = await Platform.start({ dataDir: values.data, port: 0, dashboard });
  const url = platform.dashboardUrl ?? '';
  const ask = async (path: string) => (await fetch(url + path)).text();
  try {
    console.log(`${machine()}; ms\n`);
    for (const path of ['livez', 'api/v1/me', 'api/v1/projects/default/secrets'])
      await measure(path, Number(values.rounds), () => ask(path));
    await measure('api/v1/projects/default/endpoints', Number(values.rounds) / 10, () =>
      ask('api/v1/projects/default/endpoints'),
    );
    await measure('metrics, from what was read before', 200, () => ask('metrics'));
    const text = await ask('metrics');
    console.log(
      `${text.split('\n').filter((line) => !line.startsWith('#')).length} lines, ${text.length} bytes`,
    );
    const times: number[] = [];
    let longest = 0;
    for (let scrape = 0; scrape < Number(values.scrapes); scrape += 1) {
      // What was read of the fleet is good for ten seconds.
      await sleep(10_100);
      const stalls = monitorEventLoopDelay({ resolution: 1 });
      stalls.enable();
      const begunAt = performance.now();
      await ask('metrics');
      times.push(performance.now() - begunAt);
      stalls.disable();
      longest = Math.max(longest, stalls.max / 1e6);
    }
    show('metrics, with the database', times, []);
    console.log(`longest stall of the loop: ${longest.toFixed(0)} ms`);
  } finally {
    await platform.stop();
  }
}

async function measure(what: string, rounds: number, work: () => Promise<unknown>): Promise<void> {
  const [times, cpus]: [number[], number[]] = [[], []];
  for (let round = -rounds / 10; round < rounds; round += 1) {
    const [begunAt, cpu] = [performance.now(), process.cpuUsage()];
    await work();
    const took = performance.now() - begunAt;
    const { user, system } = process.cpuUsage(cpu);
    if (round < 0) continue;
    times.push(took);
    cpus.push((user + system) / 1000);
  }
  show(what, times, cpus);
}

function show(what: string, times: number[], cpus: number[]): void {
  const [half, most] = [0.5, 0.95].map((share) => quantile(times, share).toFixed(2));
  const mean = cpus.reduce((sum, cpu) => sum + cpu, 0) / cpus.length;
  const cpu = cpus.length === 0 ? '' : `; CPU, mean ${mean.toFixed(3)}`;
  console.log(`${what}: median ${half}, p95 ${most}${cpu}`);
}
