import { parseArgs } from 'node:util';
import { Platform } from '../../platform/index.js';
import { openStore } from '../../platform/store/open-store.js';
import { machine } from '../support/machine.js';
import { measurePages } from '../support/pages.js';

const USAGE = `node bench/run.js pages --data FOLDER|postgres://… [--rounds 200]

What a reader of the dashboard waits for, on a store that fleet-data has filled: each answer of the API, asked over HTTP by
this process, one at a time and in turns. CPU: of the whole process, so of the asking too; other work on the machine changes
it little. The endpoints' state is changed: six of ten are online.`;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      rounds: { type: 'string', default: '200' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.data === undefined) {
    console.log(USAGE);
    return;
  }
  const store = await openStore(values.data);
  const dashboard = { port: 0, unsafeWithoutLogin: true };
  const platform = await Platform.start({ dataDir: ':memory:', port: 0, dashboard }, { store });
  try {
    await store.write((tables) =>
      tables.updateTable('endpoints').set({ is_online: 1 }).where('id', '<', 'a').execute(),
    );
    const rounds = Number(values.rounds);
    console.log(`${machine()}; ${rounds} rounds; ms\n`);
    const stall = await measurePages(`${platform.dashboardUrl}api/v1/projects/default/`, rounds);
    console.log(`\nlongest stall of the loop, this client included: ${stall.toFixed(0)} ms`);
  } finally {
    await platform.stop();
  }
}
