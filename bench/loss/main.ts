import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { TrustAnchors } from '../../lib/probes/qad/index.js';
import { LabCa } from '../../test/probes/qad/support/lab-ca.js';
import { IROH_RELAY, Programs } from '../../test/probes/qad/support/programs.js';
import { startRelay } from '../../test/probes/qad/support/relay.js';
import { machine } from '../support/machine.js';
import { type Client, ours, type Sample, theirs } from './clients.js';
import { LossyPath, type Path } from './lossy-path.js';
import { compare, type Result, table } from './results.js';

const HOST = 'relay.test';
/** As iroh's net report and ours have it for a probe. */
const DEADLINE_MS = 3000;

const USAGE = `node bench/run.js loss [--runs 500] [--loss 10,20,30] [--rtt 40] [--lanes 4] [--seed N] [--json]

Asks a real iroh-relay for our address over a path that loses datagrams at random both ways: with our client and, at the
same time and with the same datagrams lost, with iroh's own probe.
  --runs   for each client and loss rate
  --loss   in per cent
  --rtt    of the path, in milliseconds
  --lanes  how many runs of each client go on at a time`;

/** Same runs, same losses: each client on a path of its own. */
async function pairsOf(
  clients: readonly [Client, Client],
  port: number,
  path: Path,
  runs: readonly number[],
) {
  const [ours, theirs] = await Promise.all(
    clients.map(async (client) => {
      const lossy = await LossyPath.open(port, path);
      const samples: Sample[] = [];
      lossy.begin(runs[0] ?? 0);
      for await (const sample of client(lossy.port, runs.length)) {
        samples.push(sample);
        lossy.begin(runs[samples.length] ?? 0);
      }
      lossy.close();
      return samples;
    }),
  );
  return runs.map((_, index) => [ours?.[index], theirs?.[index]] as [Sample, Sample]);
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '500' },
      loss: { type: 'string', default: '10,20,30' },
      rtt: { type: 'string', default: '40' },
      lanes: { type: 'string', default: '4' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (IROH_RELAY === null)
    throw new Error('cargo install iroh-relay --features server, or name it in IROH_RELAY_BIN');
  const [count, lanes, rttMs] = [number(values.runs, 1), number(values.lanes, 1), number(values.rtt, 0)];
  const losses = values.loss.split(',').map((percent) => number(percent, 0) / 100);
  const { seed } = values;
  console.error(`${machine()}; seed ${seed}`);

  const ca = new LabCa();
  const programs = new Programs();
  try {
    const root = ca.root('Lab CA');
    const relay = await startRelay(programs, ca, ca.server(root, HOST), 'info');
    const target = { host: HOST, timeoutMs: DEADLINE_MS };
    const clients = [ours(target, new TrustAnchors([root.cert])), theirs(target, root.certFile)] as const;
    const results: Result[] = [];
    for (const loss of losses) {
      const path = { loss, rttMs, seed };
      const all = Array.from({ length: count }, (_, run) => run);
      const shares = Array.from({ length: lanes }, (_, lane) => all.filter((run) => run % lanes === lane));
      const pairs = await Promise.all(shares.map((runs) => pairsOf(clients, relay.quic, path, runs)));
      results.push(compare({ loss, rttMs }, pairs.flat(), DEADLINE_MS));
    }
    console.log(
      values.json ? JSON.stringify({ machine: machine(), seed, results }, null, 2) : table(results),
    );
  } finally {
    await programs.close();
    ca.remove();
  }
}

function number(text: string, least: number): number {
  const value = Number(text);
  if (!(value >= least)) throw new Error(`not a number of at least ${least}: ${text}`);
  return value;
}
