// Puts the compiled modules into few files: a module of its own costs each app that imports it a third of a millisecond.
import { isAbsolute, join } from 'node:path';
import { build } from 'vite';

/** A `require` that was an `import()`: put off by a microtask, and out of the `try` that it stood in. */
const PUT_OFF = /Promise\.resolve\(\)\.then\(\(\) => ((?:[^()\n]*\()?require\("[^"]+"\)(?:, 1\))?)\)/g;

/** Puts it back: bundlers take a package for optional only where its `require` stands in a `try`. */
const requireInPlace = {
  name: 'require-in-place',
  renderChunk: (code, _chunk, { format }) =>
    format === 'cjs' ? { code: code.replace(PUT_OFF, '$1'), map: null } : null,
};

/**
 * Bundles ESM modules of `from` into `to`, each at the place it had.
 * @param modules - paths from `from`, without an extension
 * @param format - `es` or `cjs`
 */
export async function bundle({ from, to, modules, format }) {
  await build({
    ...{ configFile: false, envDir: false, publicDir: false, logLevel: 'warn', root: from },
    plugins: [requireInPlace],
    build: {
      ssr: true,
      target: 'node20',
      minify: false,
      outDir: to,
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
