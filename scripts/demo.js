// `npm run demo`: the self-hosted platform with its dashboard, and a sample wired to it.
// Nothing is left behind: the platform keeps its data in memory, the sample is a child that ends with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { root } from './run.js';
import { build, install } from './setup.js';

const HELP = `Usage: npm run demo -- [nest|express|fastify] [--online]

Runs the self-hosted platform with its dashboard, and a sample (default: nest) that answers its Run Diagnostics
button, until Ctrl-C. Both are on loopback, and nobody is asked but the local gateway: no Internet is needed, and what
only relays can tell is unknown in the report.

  --online    the sample uses n0's relays and DNS and all addresses of this machine, as an app does by default: the
              report shows your real network. The platform stays on loopback.
`;

const HOSTS = ['nest', 'express', 'fastify'];
const { host, isOnline } = parse(process.argv.slice(2));

/** What the arguments ask for; ends this process after the help or for an unknown word. */
function parse(words) {
  if (words.includes('--help') || words.includes('-h')) {
    console.log(HELP);
    process.exit(0);
  }
  const [chosen = HOSTS[0], ...rest] = words.filter((word) => word !== '--online');
  const [wrong] = HOSTS.includes(chosen) ? rest : [chosen];
  if (wrong === undefined) return { host: chosen, isOnline: words.includes('--online') };
  console.error(
    HOSTS.includes(wrong)
      ? `The demo runs one sample; "${wrong}" is one too many.`
      : `The demo does not know "${wrong}"; it takes one of ${HOSTS.join(', ')}, and --online.`,
  );
  process.exit(2);
}

await install();
await build();

const { Platform } = await import(pathToFileURL(join(root, 'platform', 'dist', 'index.js')).href);
const platform = await Platform.start({
  dataDir: ':memory:',
  // It is on loopback, ends with Ctrl-C, and keeps nothing.
  dashboard: { unsafeWithoutLogin: true },
  onEvent: (event) => {
    if (event.type === 'warning') console.warn(`platform: ${event.message}`);
  },
});
const secret = await platform.createApiSecret('demo');

const sample = spawn(process.execPath, [join(root, 'build', 'samples', host, 'main.js')], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    ...process.env,
    IROH_SERVICES_API_SECRET: secret.reveal(),
    IROH_SERVICES_API_SECRET_FILE: undefined,
    // Without relays the demo needs no Internet, and asks nobody but the local gateway.
    NET_DIAGNOSTICS_NETWORK: isOnline ? 'n0' : 'minimal',
    NET_DIAGNOSTICS_BIND: isOnline ? undefined : 'loopback',
    NET_DIAGNOSTICS_NAME: `${host}-sample`,
    PORT: process.env.PORT ?? '0',
  },
});
const ended = once(sample, 'exit');

let stopping = false;
async function stop(exitCode) {
  if (stopping) return;
  stopping = true;
  sample.kill('SIGTERM');
  await ended;
  await platform.stop();
  process.exitCode = exitCode;
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));
ended.then(([code, signal]) => {
  if (stopping) return;
  console.error(`The sample ended by itself (${signal ?? `exit code ${code}`}); its last lines say why.`);
  void stop(1);
});

const hint = isOnline
  ? "It asks n0's relays: the report shows your network as they see it."
  : `No relay is asked, so most of the report is unknown. With Internet: npm run demo -- ${host} --online`;
let announced = false;
for await (const line of createInterface({ input: sample.stdout })) {
  console.log(`app │ ${line}`);
  const [url] = announced ? [] : (line.match(/(?<=listens on )http:\/\/\S+/) ?? []);
  if (url === undefined) continue;
  announced = true;
  console.log(`
  Dashboard   ${platform.dashboardUrl}
  App         ${url}
  Its page    ${url}/net-diagnostics/

  Open the dashboard, choose ${host}-sample, press Run Diagnostics. It asks for no login. Ctrl-C ends everything.
  ${hint}
`);
}
