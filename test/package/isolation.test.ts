import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isOurs, loadedBy, packageOf } from './support/loaded.js';
import { entries, root } from './support/manifest.js';

/** What an entry may load from outside the package: the framework it is for, and what that brings. */
const OWN_FRAMEWORK: Record<string, RegExp> = {
  'iroh-net-diagnostics/nest': /^(@nestjs\/(common|core)|rxjs|reflect-metadata)$/,
};

const FRAMEWORKS =
  /^(@nestjs\/.*|rxjs|express|fastify|@opentelemetry\/.*|libsql|pg|@number0\/.*|vite|rolldown)$/;

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
