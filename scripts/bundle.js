// Puts the compiled modules into few files: a module of its own costs each app that imports it a third of a millisecond.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { root } from './run.js';

/** What users can import, and the command line: the files that package.json names. */
function entries() {
  const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const files = [...Object.values(exports).map((entry) => entry.import?.default), ...Object.values(bin)];
  return files.flatMap((file) => /dist\/esm\/(.*)\.js$/.exec(file ?? '')?.[1] ?? []);
}

/** Bundles the ESM modules of `from` into `<to>/esm` and `<to>/cjs`, each entry at the place it had. */
export async function bundle(from, to) {
  const input = Object.fromEntries(entries().map((name) => [name, join(from, `${name}.js`)]));
  for (const [folder, format] of [
    ['esm', 'es'],
    ['cjs', 'cjs'],
  ]) {
    await build({
      ...{ configFile: false, envDir: false, publicDir: false, logLevel: 'warn', root },
      build: {
        ssr: true,
        target: 'node20',
        minify: false,
        outDir: join(to, folder),
        emptyOutDir: false,
        rolldownOptions: {
          input,
          // Whatever is no file of ours stays an import.
          external: /^(node:|@|[a-z])/,
          preserveEntrySignatures: 'strict',
          output: {
            format,
            exports: 'named',
            // Jest runs CommonJS without a way to import(), and what is loaded late here is CommonJS itself.
            dynamicImportInCjs: false,
            entryFileNames: '[name].js',
            chunkFileNames: 'chunks/[name].js',
          },
        },
      },
    });
  }
}
