import { parseArgs } from 'node:util';
import { Platform, type PlatformOptions } from '../../platform/index.js';
import { untilAborted } from '../async/index.js';
import { messageOf } from '../errors.js';
import { port, show } from '../settings/index.js';
import { type Relay, relayFromUrl } from '../wire/index.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { onInterruption } from './interruption.js';
import { DEFAULT_DATA_DIR, noteRunning } from './running-platform.js';
import type { Shell } from './shell.js';
import { flagValue, parsing, UsageError } from './usage-error.js';

const HELP = `Usage: iroh-net-diagnostics platform [options]

Runs the self-hosted platform until Ctrl-C. It listens on loopback only, and needs the package libsql for its store.

  --data DIR              its key and store; made if it is missing (default ${DEFAULT_DATA_DIR})
  --port N                UDP port, which API secrets contain (default: the one used last, at first any)
  --dashboard-port N      TCP port of the dashboard (default: the one used last, at first any)
  --relay URL             a relay through which apps can reach it; may be given several times. URL?quicPort=PORT
                          says where it answers QUIC address discovery, URL?quicPort=none that it does not

Example:
  iroh-net-diagnostics platform --data ./platform-data
  iroh-net-diagnostics platform secret --data ./platform-data --label staging

Exit codes: 0 ended by a signal, 1 could not start, ${EXIT.usage} wrong words
`;

const OPTIONS = {
  data: { type: 'string', default: DEFAULT_DATA_DIR },
  port: { type: 'string' },
  'dashboard-port': { type: 'string' },
  relay: { type: 'string', multiple: true },
} as const;

/** Runs the platform until a signal ends it. */
export const platformCommand: Command = { help: HELP, run: platform };

async function platform(words: readonly string[], shell: Shell): Promise<number> {
  const { values } = parsing(OPTIONS, () => parseArgs({ args: [...words], options: OPTIONS }));
  const options: PlatformOptions = {
    dataDir: values.data,
    port: flagValue('--port', values.port, port()),
    relays: values.relay?.map(relayOf),
    dashboard: { port: flagValue('--dashboard-port', values['dashboard-port'], port()) },
    onEvent: (event) => {
      if (event.type === 'warning') shell.err(`${event.message}\n`);
    },
  };
  const interruption = onInterruption();
  const running = await Platform.start(options);
  const forget = await noteRunning(values.data, running.dashboardUrl);
  shell.out(`Platform   ${running.id}\nDashboard  ${running.dashboardUrl}\n\nCtrl-C ends it.\n`);
  await untilAborted(interruption.signal);
  await forget();
  await running.stop();
  return EXIT.ok;
}

function relayOf(text: string): Relay {
  try {
    return relayFromUrl(text);
  } catch (error) {
    throw new UsageError(`--relay was ${show(text)}: ${messageOf(error)}.`);
  }
}
