import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseEndpointId } from '../../lib/wire/index.js';
import { buildPeer, RustClient2 } from '../../test/interop/support/index.js';
import { until } from '../../test/support/fake-time.js';
import { MortalApps } from '../../test/support/mortal-app.js';
import { PlatformFleet, type PlatformProcess } from '../../test/support/platform-fleet.js';
import { machine } from '../support/machine.js';
import { median } from '../support/statistics.js';

const USAGE = `node bench/run.js failover [--rounds 5]

Seconds until the button works again on a platform of three processes, with a real PostgreSQL, a real iroh-relay, one of our apps and
the official client (crate iroh-services 2.0): in each round the process that holds their identity is killed, the next one is told to
end, and the one after that is stopped (SIGSTOP). Both apps have the relay from their secret and nothing else. Needs cargo.`;

/** A round waits so long for the apps to have sessions again. */
const SETTLED_MS = 90_000;

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '5' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  await buildPeer();
  const samples = await measure(Number(values.rounds));
  console.log(`${machine()}; ${values.rounds} rounds. Seconds, medians with the lowest and the highest.\n`);
  console.log(
    '| | identity taken | our app: report of a press | its session | official client: report of a press |',
  );
  console.log('| --- | --- | --- | --- | --- |');
  for (const [name, list] of Object.entries(samples)) {
    const columns = (['taken', 'ours', 'session', 'official'] as const).map((column) =>
      spread(list.map((sample) => sample[column])),
    );
    console.log(`| ${name} | ${columns.join(' | ')} |`);
  }
}

interface Sample {
  taken: number;
  ours: number;
  session: number;
  official: number;
}

async function measure(rounds: number): Promise<Record<string, Sample[]>> {
  const fleet = await PlatformFleet.start();
  const apps = new MortalApps();
  const samples = {
    'killed (SIGKILL)': [] as Sample[],
    'told to end (SIGTERM)': [] as Sample[],
    'frozen (SIGSTOP)': [] as Sample[],
  };
  try {
    const { secret } = await some(fleet).ask<{ secret: string }>('/api/v1/projects/default/secrets', {
      label: 'bench',
    });
    const official = await RustClient2.start({
      apiSecret: secret,
      relay: fleet.relayUrl,
      metricsIntervalMs: 60_000,
    });
    await official.do('grant');
    for (let round = 0; round < rounds; round += 1) {
      const app = await apps.start({ apiSecret: secret, relays: [{ url: fleet.relayUrl, quicPort: null }] });
      const ids = [parseEndpointId(app.id), official.id] as const;
      let opened = 1;
      app.child.process.stdout?.on('data', (text: string) => {
        opened += text.match(/"event":"online"/g)?.length ?? 0;
      });
      const sessions = () => opened;
      samples['killed (SIGKILL)'].push(
        await once(fleet, ids, sessions, (holder) => holder.child.process.kill('SIGKILL')),
      );
      samples['told to end (SIGTERM)'].push(
        await once(fleet, ids, sessions, (holder) => holder.child.process.kill('SIGTERM')),
      );
      samples['frozen (SIGSTOP)'].push(
        await once(fleet, ids, sessions, (holder) => holder.child.process.kill('SIGSTOP')),
      );
      await app.crash();
      console.error(`round ${round + 1} of ${rounds}: ${JSON.stringify(samples)}`);
    }
    await official.stop();
    return samples;
  } finally {
    await apps.close();
    await fleet.close();
  }
}

/** Ends the holder in some way, and measures. Another process takes its place. */
async function once(
  fleet: PlatformFleet,
  [ours, official]: readonly [string, string],
  sessions: () => number,
  end: (holder: PlatformProcess) => void,
): Promise<Sample> {
  const { process: holder, token } = await fleet.holder();
  if (holder === null) throw new Error('nobody holds the identity');
  const asked = fleet.processes.find((one) => one !== holder) ?? holder;
  // At any moment between two signs of life.
  await sleep(Math.random() * 2_000);
  const endedAt = performance.now();
  end(holder);
  const since = () => performance.now() - endedAt;
  const before = sessions();
  const [taken, oursMs, officialMs, session] = await Promise.all([
    fleet.nextHolder(token).then(since),
    asked.press(ours).then(since),
    asked.press(official).then(since),
    until(() => sessions() > before, SETTLED_MS).then(since),
  ]);
  await fleet.kill(holder);
  await fleet.startProcess();
  return { taken, ours: oursMs, session, official: officialMs };
}

function some(fleet: PlatformFleet): PlatformProcess {
  const [first] = fleet.processes;
  if (first === undefined) throw new Error('no process');
  return first;
}

function spread(ms: readonly number[]): string {
  const [low, middle, high] = [Math.min(...ms), median(ms), Math.max(...ms)].map((each) =>
    (each / 1000).toFixed(1),
  );
  return `${middle} (${low}–${high})`;
}
