import { parseArgs } from 'node:util';
import { Platform, type PlatformOptions } from '../platform/index.js';
import { DEFAULT_DATA_DIR, noteRunning } from './running-platform.js';
import { parsing, UsageError } from './usage-error.js';

export const PLATFORM_HELP = `Usage: iroh-net-diagnostics platform [options]

Runs the self-hosted platform until Ctrl-C. It listens on loopback only, and needs the package libsql for its store.

  --data DIR              its key and store; made if it is missing (default ${DEFAULT_DATA_DIR})
  --port N                UDP port, which API secrets contain (default: the one used last, at first any)
  --dashboard-port N      TCP port of the dashboard (default: the one used last, at first any)
  --relay URL             a relay through which apps can reach it; may be given several times

Example:
  iroh-net-diagnostics platform --data ./platform-data
  iroh-net-diagnostics platform secret --data ./platform-data --label staging
`;

const OPTIONS = {
  data: { type: 'string', default: DEFAULT_DATA_DIR },
  port: { type: 'string' },
  'dashboard-port': { type: 'string' },
  relay: { type: 'string', multiple: true },
} as const;

/** Runs the platform until a signal ends it. */
export async function platformCommand(words: readonly string[]): Promise<number> {
  const { values } = parsing(() => parseArgs({ args: [...words], options: OPTIONS }));
  const options: PlatformOptions = {
    dataDir: values.data,
    port: portOf('--port', values.port),
    relays: values.relay?.map((url) => ({ url })),
    dashboard: { port: portOf('--dashboard-port', values['dashboard-port']) },
    onEvent: (event) => {
      if (event.type === 'warning') process.stderr.write(`${event.message}\n`);
    },
  };
  const signal = untilSignal();
  const platform = await Platform.start(options);
  const forget = await noteRunning(values.data, platform.dashboardUrl);
  process.stdout.write(`Platform   ${platform.id}\nDashboard  ${platform.dashboardUrl}\n\nCtrl-C ends it.\n`);
  await signal;
  await forget();
  await platform.stop();
  return 0;
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve());
  });
}

function portOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`${option} was ${JSON.stringify(text)}; give a port, 0 to 65535.`);
}
