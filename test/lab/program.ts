import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** A TypeScript program of the tests in one file of JavaScript that node runs anywhere. */
export interface Program {
  path: string;
  remove(): Promise<void>;
}

/** `name`: a file of this folder, without its extension. */
export async function bundle(name: string): Promise<Program> {
  const outDir = await mkdtemp(join(tmpdir(), 'lab-'));
  const entry = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  });
  return { path: join(outDir, `${name}.mjs`), remove: () => rm(outDir, { recursive: true, force: true }) };
}
