import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from './manifest.js';

/** Prints every file that was loaded, whichever way. */
const LOADER = `
import { createRequire, register } from 'node:module';
import { MessageChannel } from 'node:worker_threads';
const { port1, port2 } = new MessageChannel();
const urls = [];
port1.on('message', (url) => urls.push(url)).unref();
register('data:text/javascript,' + encodeURIComponent(\`
  let port;
  export const initialize = (given) => { port = given; };
  export async function load(url, context, next) { port.postMessage(url); return next(url, context); }
\`), { parentURL: import.meta.url, data: port2, transferList: [port2] });
const require = createRequire(import.meta.url);
const [how, entry] = process.argv.slice(-2);
await (how === 'import' ? import(entry) : require(entry));
await new Promise((resolve) => setTimeout(resolve, 50));
process.stdout.write(JSON.stringify([...new Set([...urls, ...Object.keys(require.cache).map((path) => 'file://' + path)])]));
`;

/** Every file, as URL, that one entry loads in a process of its own. */
export async function loadedBy(how: 'import' | 'require', entry: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', LOADER, how, entry],
    { cwd: root, maxBuffer: 1 << 24 },
  );
  return JSON.parse(stdout);
}

/** The package that a file belongs to; `undefined`: ours. */
export const packageOf = (url: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];

export const isOurs = (url: string) => url.startsWith('file:') && packageOf(url) === undefined;
