import { parseArgs } from 'node:util';
import { Platform } from '../../platform/index.js';
import { assertBuilt, onLoopback } from '../support/built.js';
import { machine } from '../support/machine.js';
import { meanInterval, median } from '../support/statistics.js';
import { AppServer, type Block } from './server.js';

const USAGE = `node bench/run.js throughput [--pairs 8] [--blocks 20] [--requests 500] [--only APP] [--one-process]

An app's own route with our module mounted and in a session with a platform on this machine, against the same app without.
  --pairs     of processes for each app: one with, one without, both alive
  --blocks    of requests to each of the two, in turns, the first one changing
  --requests  a block, over loopback
  --only      express, fastify, nest, or control (Express twice without us: what the machine's noise alone does)
  --one-process  both apps of a pair in one process: what the mounted routes cost, without what one process differs from the next by`;

const APPS = ['express', 'fastify', 'nest', 'control'];

/** Blocks that only warm up: the compilers of V8 are done after some thousand requests. */
const WARM_UP_BLOCKS = 6;

/**
 * With us divided by without us, one value a pair of processes: the median of its blocks, each against the other's next
 * to it, since other work on the machine comes and goes. 1.01 is 1 % more.
 */
interface Ratios {
  throughput: number[];
  cpu: number[];
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '8' },
      blocks: { type: 'string', default: '20' },
      requests: { type: 'string', default: '500' },
      only: { type: 'string', default: APPS.join() },
      'one-process': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  assertBuilt();
  const [pairs, blocks, requests] = [values.pairs, values.blocks, values.requests].map(Number);
  const size = { blocks: blocks ?? 0, requests: requests ?? 0 };
  const start = values['one-process'] ? inOneProcess : inTwoProcesses;
  const platform = await Platform.start({ dataDir: ':memory:', dashboard: false });
  console.log(
    [
      `${machine()}; ${pairs} pairs of processes, ${blocks} blocks of ${requests} requests to each.`,
      'Mean of the pairs, its 95 % interval in brackets, then the lowest and the highest pair.',
      '',
      line('with us against without', 'requests per second', 'CPU time of the server per request'),
      line('---', '---', '---'),
    ].join('\n'),
  );
  try {
    const env = onLoopback(await platform.createApiSecret('bench'));
    for (const app of values.only.split(',')) {
      const ratios: Ratios = { throughput: [], cpu: [] };
      for (let pair = 0; pair < (pairs ?? 0); pair++) {
        process.stderr.write(`${app}, pair ${pair + 1}\n`);
        const { throughput, cpu } = await measure(
          app,
          (name, mounts) => start(name, mounts, env, pair),
          size,
        );
        ratios.throughput.push(throughput);
        ratios.cpu.push(cpu);
      }
      console.log(line(app, percent(ratios.throughput), percent(ratios.cpu)));
    }
  } finally {
    await platform.stop();
  }
}

/** The app with us, and without; of the control both are without. */
type Pair = [AppServer, AppServer];

async function inTwoProcesses(name: string, mounts: boolean, env: Record<string, string>): Promise<Pair> {
  const [[withUs], [without]] = await Promise.all([
    AppServer.start(name, [mounts], env),
    AppServer.start(name, [false], env),
  ]);
  return pairOf(withUs, without);
}

/** Which one is started first changes from pair to pair. */
async function inOneProcess(
  name: string,
  mounts: boolean,
  env: Record<string, string>,
  pair: number,
): Promise<Pair> {
  const isFirst = pair % 2 === 0;
  const [first, second] = await AppServer.start(name, isFirst ? [mounts, false] : [false, mounts], env);
  return isFirst ? pairOf(first, second) : pairOf(second, first);
}

function pairOf(withUs: AppServer | undefined, without: AppServer | undefined): Pair {
  if (withUs === undefined || without === undefined) throw new Error('a child told no port');
  return [withUs, without];
}

async function measure(
  app: string,
  start: (name: string, mounts: boolean) => Promise<Pair>,
  { blocks, requests }: { blocks: number; requests: number },
): Promise<{ throughput: number; cpu: number }> {
  const isControl = app === 'control';
  const servers = await start(isControl ? 'express' : app, !isControl);
  const taken: [Block[], Block[]] = [[], []];
  try {
    for (let block = -WARM_UP_BLOCKS; block < blocks; block++) {
      for (const which of block % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const result = await servers[which].serve(requests);
        if (block >= 0) taken[which].push(result);
      }
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  const [withUs, without] = taken;
  const of = (key: keyof Block) => median(withUs.map((block, n) => block[key] / (without[n]?.[key] ?? 0)));
  return { throughput: 1 / of('wallMs'), cpu: of('cpuMs') };
}

function percent(ratios: readonly number[]): string {
  const show = (ratio: number) => `${ratio < 1 ? '−' : '+'}${Math.abs((ratio - 1) * 100).toFixed(1)}`;
  const [mean, low, high] = meanInterval(ratios);
  return `${show(mean)} % (${show(low)} to ${show(high)}); ${show(Math.min(...ratios))} to ${show(Math.max(...ratios))}`;
}

const line = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
