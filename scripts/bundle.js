// Puts the compiled modules into few files: each module file costs an app that imports it a third of a millisecond.
import { isAbsolute, join } from 'node:path';
import { build } from 'vite';

/** A `require` that was an `import()`: delayed by a microtask, and no longer in the `try` that it was in. */
const PUT_OFF = /Promise\.resolve\(\)\.then\(\(\) => ((?:[^()\n]*\()?require\("[^"]+"\)(?:, 1\))?)\)/g;

/** Puts it back: bundlers treat a package as optional only when its `require` is in a `try`. */
const requireInPlace = {
  name: 'require-in-place',
  renderChunk: (code, _chunk, { format }) =>
    format === 'cjs' ? { code: code.replace(PUT_OFF, '$1'), map: null } : null,
};

/**
 * Bundles ESM modules of `from` into `to`, each at the same path.
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
        // The path in the comment above each module's code is relative to this.
        cwd: from,
        // Everything that is not our file stays an import.
        external: (id) => !id.startsWith('.') && !isAbsolute(id) && !id.startsWith('\0'),
        preserveEntrySignatures: 'strict',
        output: {
          format,
          exports: 'named',
          // Jest runs CommonJS without import(), and the modules that are loaded late here are CommonJS, too.
          dynamicImportInCjs: false,
          // As tsc marks modules that were ESM.
          esModule: true,
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name].js',
        },
      },
    },
  });
}
