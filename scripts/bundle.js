// Puts the compiled modules into few files: a module of its own costs each app that imports it a third of a millisecond.
import { isAbsolute, join } from 'node:path';
import { build } from 'vite';
import { entries, programs } from './entries.js';

const FORMATS = [
  { folder: 'esm', format: 'es', modules: [...entries('import'), ...programs()] },
  { folder: 'cjs', format: 'cjs', modules: entries('require') },
];

/** A `require` that was an `import()`: put off by a microtask, and out of the `try` that it stood in. */
const PUT_OFF = /Promise\.resolve\(\)\.then\(\(\) => ((?:[^()\n]*\()?require\("[^"]+"\)(?:, 1\))?)\)/g;

/** Puts it back: bundlers take a package for optional only where its `require` stands in a `try`. */
const requireInPlace = {
  name: 'require-in-place',
  renderChunk: (code, _chunk, { format }) =>
    format === 'cjs' ? { code: code.replace(PUT_OFF, '$1'), map: null } : null,
};

/** Bundles the ESM modules of `from` into `<to>/esm` and `<to>/cjs`, each entry at the place it had. */
export async function bundle(from, to) {
  for (const { folder, format, modules } of FORMATS) {
    await build({
      ...{ configFile: false, envDir: false, publicDir: false, logLevel: 'warn', root: from },
      plugins: [requireInPlace],
      build: {
        ssr: true,
        target: 'node20',
        minify: false,
        outDir: join(to, folder),
        emptyOutDir: false,
        rolldownOptions: {
          input: Object.fromEntries(modules.map((name) => [name, join(from, `${name}.js`)])),
          // Above each module's code stands its path from here.
          cwd: from,
          // Whatever is no file of ours stays an import.
          external: (id) => !id.startsWith('.') && !isAbsolute(id) && !id.startsWith('\0'),
          preserveEntrySignatures: 'strict',
          output: {
            format,
            exports: 'named',
            // Jest runs CommonJS without a way to import(), and what is loaded late here is CommonJS itself.
            dynamicImportInCjs: false,
            // As tsc marks what was ESM.
            esModule: true,
            entryFileNames: '[name].js',
            chunkFileNames: 'chunks/[name].js',
          },
        },
      },
    });
  }
}
