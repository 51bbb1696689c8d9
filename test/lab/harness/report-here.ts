// Runs inside a lab's namespace as a program of its own: options as JSON in, the report as JSON out.
import { openPeers } from '../../../lib/cli/report/peers.js';
import { diagnose, type ProbeEvent } from '../../../lib/diagnose/index.js';
import { resolveSettings } from '../../../lib/options/index.js';
import { isPublicAddress } from './lab-internet.js';
import type { ReportOptions } from './reporter.js';

async function main(): Promise<void> {
  const {
    times = 1,
    env = {},
    timesColour = false,
    peers = [],
    ...options
  } = JSON.parse(process.argv[2] ?? '{}') as ReportOptions & { times?: number };
  for (let time = 0; time < times; time += 1) {
    const started = performance.now();
    let colourMs: number | null = null;
    const onProbe = ({ soFar }: ProbeEvent) => {
      if (soFar?.isFinal === true) colourMs ??= performance.now() - started;
    };
    const listener = timesColour ? { onProbe } : {};
    const opened = peers.length === 0 ? null : await open(peers, options);
    const tried = opened === null ? {} : { peers: opened.peers };
    const environment = { env };
    const report = await diagnose({ ...options, ...listener, ...tried, isPublicAddress, environment });
    await opened?.close();
    process.stdout.write(`${JSON.stringify({ ms: performance.now() - started, colourMs, report })}\n`);
  }
}

/** As `report --peer` does it, on an endpoint of its own. */
function open(peers: readonly string[], { relays }: ReportOptions): ReturnType<typeof openPeers> {
  const settings = resolveSettings({ relays, peers }, {});
  return openPeers({ relays: settings.relays ?? [], peers: settings.peers });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
