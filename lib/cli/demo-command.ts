import { parseArgs } from 'node:util';
import { Platform } from '../../platform/index.js';
import { untilAborted } from '../async/index.js';
import { NetDiagnostics } from '../net-diagnostics/index.js';
import type { ProbeName } from '../probes/index.js';
import { port } from '../settings/index.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { onInterruption } from './interruption.js';
import type { Shell } from './shell.js';
import { flagValue, parsing } from './usage-error.js';

const APP_NAME = 'demo-app';
/** Those that ask nobody: the demo stays on this machine. */
const PROBES: readonly ProbeName[] = ['route', 'endpoint'];
/** On one machine all is there within a second, or something is wrong that the line below then tells. */
const READY_TIMEOUT_MS = 10_000;

const HELP = `Usage: iroh-net-diagnostics demo [options]

Runs a platform with its dashboard, and an app that answers its Run Diagnostics button, until Ctrl-C. Both are on
loopback, nothing is contacted, nothing is kept.

  --dashboard-port N      TCP port of the dashboard (default: any)

Example:
  npx iroh-net-diagnostics demo

Exit codes: 0 ended by a signal, 1 could not start, ${EXIT.usage} wrong words
`;

const OPTIONS = { 'dashboard-port': { type: 'string' } } as const;

/** Platform and app in one process, to press the button once. */
export const demoCommand: Command = { help: HELP, run: demo };

async function demo(words: readonly string[], shell: Shell): Promise<number> {
  const { values } = parsing(OPTIONS, () => parseArgs({ args: [...words], options: OPTIONS }));
  const dashboardPort = flagValue('--dashboard-port', values['dashboard-port'], port());
  const interruption = onInterruption();
  const platform = await Platform.start({
    dataDir: ':memory:',
    port: 0,
    dashboard: { port: dashboardPort },
    onEvent: (event) => {
      if (event.type === 'warning') shell.err(`${event.message}\n`);
    },
  });
  let app: NetDiagnostics | null = null;
  try {
    app = await startApp((await platform.createApiSecret('demo')).reveal(), (message) => {
      // A run that the end has cut off is no trouble.
      if (!interruption.signal.aborted) shell.err(`app: ${message}\n`);
    });
    shell.out(
      `Dashboard  ${platform.dashboardUrl}\n\nOpen it, choose ${APP_NAME}, press Run Diagnostics. Ctrl-C ends everything.\n`,
    );
    await untilAborted(interruption.signal);
  } finally {
    // Each is bounded, and together they are no slower than one.
    await Promise.all([app?.stop(), platform.stop()]);
    interruption.release();
  }
  return EXIT.ok;
}

async function startApp(apiSecret: string, tell: (message: string) => void): Promise<NetDiagnostics> {
  const options = {
    apiSecret,
    name: APP_NAME,
    network: 'minimal',
    bindAddrs: ['loopback'],
    probes: PROBES,
  } as const;
  // An environment meant for the user's own app must not change the demo.
  const app = NetDiagnostics.start({ ...options, logger: { info: () => {}, warn: tell, error: tell } }, {});
  await app.ready({ timeoutMs: READY_TIMEOUT_MS });
  return app;
}
