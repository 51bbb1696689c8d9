import { parseArgs } from 'node:util';
import { NetDiagnostics } from '../../lib/net-diagnostics/net-diagnostics.js';
import { buildPeer, type Line, RustBackend, RustClient2 } from '../../test/interop/support/index.js';
import { QUIET_PROBES } from '../../test/support/quiet-probes.js';
import { machine } from '../support/machine.js';
import { median, quantile } from '../support/statistics.js';

const USAGE = `node bench/run.js start [--runs 10]

What a start costs on the wire, ours and that of the official client (crate iroh-services 2.0), in turns against the same
stand-in for the hosted backend: from the connection to the first metrics push, with name, group, two attributes and a grant.
Needs cargo.`;

const NAME = 'checkout-api';
const GROUP = 'production';
const ATTRIBUTES = { region: 'eu-central', version: '1.0.3' };

interface Cost {
  /** Requests: one round trip each, since both send one at a time. */
  requests: number;
  rxBytes: number;
  rxDatagrams: number;
  txBytes: number;
}

export async function main(args: string[]): Promise<void> {
  const options = {
    runs: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args, options });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  await buildPeer();
  const backend = await RustBackend.start();
  const costs = { ours: [] as Cost[], official: [] as Cost[] };
  try {
    for (let run = 0; run < Number(values.runs); run += 1) {
      costs.ours.push(await ours(backend));
      costs.official.push(await official(backend));
    }
  } finally {
    await backend.stop();
  }
  print(costs);
}

async function ours(backend: RustBackend): Promise<Cost> {
  const app = NetDiagnostics.start(
    {
      apiSecret: backend.apiSecret,
      ...{ name: NAME, group: GROUP, attributes: ATTRIBUTES },
      ...{ network: 'minimal', bindAddrs: ['loopback'], logger: false, probes: QUIET_PROBES },
    },
    {},
    // The official client pushes at once, too.
    { random: () => 0 },
  );
  const cost = await firstPush(backend);
  await app.stop();
  return cost;
}

async function official(backend: RustBackend): Promise<Cost> {
  const client = await RustClient2.start({
    apiSecret: backend.apiSecret,
    ...{ name: NAME, group: GROUP, attributes: ATTRIBUTES, metricsIntervalMs: 60_000 },
  });
  const granted = client.do('grant');
  const cost = await firstPush(backend);
  await granted;
  await client.stop();
  return cost;
}

/** The next connection's cost up to its first push. */
async function firstPush(backend: RustBackend): Promise<Cost> {
  const { connection } = await backend.peer.nextLine(({ event }) => event === 'connected', 20_000);
  const isPush = (line: Line) => line.event === 'metrics' && line.connection === connection;
  const push = await backend.peer.nextLine(isPush, 20_000);
  const traffic = push.traffic as { rx_bytes: number; rx_datagrams: number; tx_bytes: number };
  const requests = backend.peer.lines.filter(
    (line) => line.connection === connection && line.event !== 'connected',
  ).length;
  const { rx_bytes: rxBytes, rx_datagrams: rxDatagrams, tx_bytes: txBytes } = traffic;
  return { requests, rxBytes, rxDatagrams, txBytes };
}

function print(costs: Record<'ours' | 'official', Cost[]>): void {
  const cell = (list: Cost[], key: keyof Cost) => {
    const values = list.map((cost) => cost[key]);
    return `${median(values)} (${quantile(values, 0)}–${quantile(values, 1)})`;
  };
  console.log(`${machine()}. Medians of ${costs.ours.length} with the lowest and the highest.\n`);
  console.log('|  | requests | bytes to the platform | datagrams | bytes back |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const [name, list] of Object.entries(costs)) {
    const keys = ['requests', 'rxBytes', 'rxDatagrams', 'txBytes'] as const;
    console.log(`| ${name} | ${keys.map((key) => cell(list, key)).join(' | ')} |`);
  }
}
