// `npm run demo [-- express|fastify|nest]`: the self-hosted platform with its dashboard, and a sample wired to it.
// Nothing is left behind: the platform keeps its data in memory, the sample is a child that ends with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { root } from './run.js';
import { build, install } from './setup.js';

const HOSTS = ['nest', 'express', 'fastify'];
const [host = HOSTS[0]] = process.argv.slice(2);
if (!HOSTS.includes(host)) {
  console.error(`There is no sample for "${host}"; there are: ${HOSTS.join(', ')}.`);
  process.exit(1);
}

await install();
await build();

const { Platform } = await import(
  pathToFileURL(join(root, 'dist', 'esm', 'lib', 'platform', 'index.js')).href
);
const platform = await Platform.start({
  dataDir: ':memory:',
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
    // Loopback and no relays: the demo needs no Internet, and asks nobody but the local gateway.
    NET_DIAGNOSTICS_NETWORK: 'minimal',
    NET_DIAGNOSTICS_BIND: 'loopback',
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

  Open the dashboard, choose ${host}-sample, press Run Diagnostics. Ctrl-C ends everything.
`);
}
