import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { build, type Plugin } from 'vite';
import { ENTRY_ALIASES } from './entry-aliases.js';

const ROOT = resolve(import.meta.dirname, '../..');

/** The file that is made. */
export const COMPILED = 'main.mjs';

/**
 * Compiles a TypeScript file, with what it imports from here, into one file of JavaScript that Node runs in a process
 * of its own.
 * @param folder - an empty one, where {@link COMPILED} is put
 */
export async function compile(file: string, folder: string): Promise<void> {
  await bundle(file, folder);
  await linkPackages(join(folder, 'node_modules'));
}

/**
 * The same for a text. Its imports are relative to the root:
 * `import { bindEndpoint } from './lib/transport/index.js'`.
 * @param packages - the only ones that it can resolve. Default: all of node_modules
 */
export async function compileText(text: string, folder: string, packages?: readonly string[]): Promise<void> {
  const entry = join(ROOT, 'compiled-text.ts');
  const virtual: Plugin = {
    name: 'compiled-text',
    enforce: 'pre',
    resolveId: (id) => (id === entry ? id : null),
    load: (id) => (id === entry ? text : null),
  };
  await bundle(entry, folder, [virtual]);
  await linkPackages(join(folder, 'node_modules'), packages);
}

async function bundle(entry: string, outDir: string, plugins: Plugin[] = []): Promise<void> {
  await build({
    root: ROOT,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'error',
    plugins,
    resolve: { alias: ENTRY_ALIASES },
    // As in tsconfig.json, which a text has none of.
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { output: { entryFileNames: COMPILED } },
    },
  });
}

/** A bare import looks for node_modules beside the compiled file. */
async function linkPackages(to: string, packages?: readonly string[]): Promise<void> {
  if (packages === undefined) await symlink(join(ROOT, 'node_modules'), to, 'dir');
  for (const name of packages ?? []) {
    await mkdir(dirname(join(to, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(to, name), 'dir');
  }
}
