import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { entries, root } from './support/manifest.js';

/** What an entry may load from outside the package: the framework it is for, and what that brings. */
const OWN_FRAMEWORK: Record<string, RegExp> = {
  'iroh-net-diagnostics/nest': /^(@nestjs\/(common|core)|rxjs|reflect-metadata)$/,
};

const FRAMEWORKS =
  /^(@nestjs\/.*|rxjs|express|fastify|@opentelemetry\/.*|libsql|pg|@number0\/.*|vite|rolldown)$/;

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

async function loadedBy(how: 'import' | 'require', entry: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', LOADER, how, entry],
    { cwd: root, maxBuffer: 1 << 24 },
  );
  return JSON.parse(stdout);
}

const packageOf = (url: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];

const isOurs = (url: string) => url.startsWith('file:') && packageOf(url) === undefined;

/** The rooms whose code stands in these files. */
function modulesIn(urls: readonly string[]): string[] {
  return urls.filter(isOurs).flatMap((url) => {
    const code = readFileSync(fileURLToPath(url), 'utf8');
    return [...code.matchAll(/^\/\/ ((?:lib|integrations)\/\S+)\.js$/gm)].map(([, module = '']) => module);
  });
}

/** `require` of the entry's name gets the ESM build, as `import` does; Jest gets the CommonJS build. */
const ways = entries.flatMap(({ specifier, require: { default: file } }) => [
  { how: 'import' as const, specifier, target: specifier },
  { how: 'require' as const, specifier, target: join(root, file) },
]);

describe('one entry alone', () => {
  it.each(ways)('$how $specifier loads no other framework', async ({ how, specifier, target }) => {
    const urls = await loadedBy(how, target);
    expect(modulesIn(urls).length, 'it looked').toBeGreaterThan(5);

    const packages = [...new Set(urls.flatMap((url) => packageOf(url) ?? []))];
    const own = OWN_FRAMEWORK[specifier];
    if (own === undefined) expect(packages).toEqual([]);
    else {
      expect(packages.filter((name) => own.test(name)).length).toBeGreaterThan(1);
      expect(packages.filter((name) => FRAMEWORKS.test(name) && !own.test(name))).toEqual([]);
    }
    const adapters = modulesIn(urls).flatMap(
      (module) => /^integrations\/(?!shared)([\w-]+)/.exec(module)?.[1] ?? [],
    );
    expect(adapters.filter((name) => name !== specifier.split('/')[1])).toEqual([]);
  });

  it('the core loads no probe, no page and no platform', async () => {
    const modules = modulesIn(await loadedBy('import', 'iroh-net-diagnostics'));
    expect(modules).toContain('lib/net-diagnostics/net-diagnostics');
    expect(modules.filter((module) => /^lib\/(http|ui|services|cli)\//.test(module))).toEqual([]);
    expect(modules.filter((module) => /^lib\/probes\/(qad|upnp|https|registry)/.test(module))).toEqual([]);
  });
});
