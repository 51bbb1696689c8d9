import { NetDiagnostics } from 'iroh-net-diagnostics';
import { Platform } from '../platform.js';
import { onInterruption, untilInterrupted } from './interruption.js';

const APP_NAME = 'demo-app';
/** Environment variables with the settings of an app. */
const OUR_VARIABLES = /^(?:NET_DIAGNOSTICS_|IROH_SERVICES_|IROH_SECRET_KEY)/;
/** On one machine the app is ready within a second. If it is not, a line of its log says why. */
const READY_TIMEOUT_MS = 10_000;

/** Runs a platform and an app in one process, to press the button once. */
export async function demo({ dashboardPort }: { dashboardPort?: number }): Promise<void> {
  const interruption = onInterruption();
  const platform = await Platform.start({
    dataDir: ':memory:',
    port: 0,
    // It is on loopback, ends with Ctrl-C, and keeps nothing.
    dashboard: { port: dashboardPort, unsafeWithoutLogin: true },
    onEvent: (event) => {
      if (event.type === 'warning') process.stderr.write(`${event.message}\n`);
    },
  });
  let app: NetDiagnostics | null = null;
  try {
    app = await startApp((await platform.createApiSecret('demo')).reveal(), (message) => {
      // A run that is cut off at the end is no error.
      if (!interruption.aborted) process.stderr.write(`app: ${message}\n`);
    });
    process.stdout.write(
      `Dashboard  ${platform.dashboardUrl}\n\nOpen it, choose ${APP_NAME}, press Run Diagnostics. It asks for no login. Ctrl-C ends everything.\n`,
    );
    await untilInterrupted(interruption);
  } finally {
    // Each has a time limit; in parallel they take no longer than the slower one.
    await Promise.all([app?.stop(), platform.stop()]);
  }
}

async function startApp(apiSecret: string, tell: (message: string) => void): Promise<NetDiagnostics> {
  // An environment meant for the user's own app must not change the demo.
  for (const name of Object.keys(process.env)) if (OUR_VARIABLES.test(name)) delete process.env[name];
  const app = NetDiagnostics.start({
    apiSecret,
    name: APP_NAME,
    network: 'minimal',
    bindAddrs: ['loopback'],
    // Only probes that ask nobody: the demo stays on this machine.
    probes: ['route', 'endpoint'],
    logger: { info: () => {}, warn: tell, error: tell },
  });
  await app.ready({ timeoutMs: READY_TIMEOUT_MS });
  return app;
}
