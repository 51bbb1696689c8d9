import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Asset } from '../../lib/ui/index.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

type Assets = ReadonlyMap<string, Asset>;

/** Those of the assets that are scripts. */
export function scriptsOf(assets: Assets): [name: string, body: string][] {
  return [...assets].filter(([name]) => name.endsWith('.js')).map(([name, { body }]) => [name, body]);
}

/**
 * What the linter and the type checker say about scripts and styles that are kept as text; empty when all is well.
 * @param types - global types that comments in the scripts may name, each with the file that exports it; the scripts
 *   are checked strictly then. Default: none
 */
export function complaintsAbout(
  assets: Assets,
  types: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const isTyped = Object.keys(types).length > 0;
  return inFolder(assets, async (folder) => {
    const globals = Object.entries(types).map(
      ([name, file]) => `declare type ${name} = import('${join(ROOT, file)}').${name};`,
    );
    await writeFile(join(folder, 'globals.d.ts'), globals.join('\n'));
    const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);
    const lint = '--diagnostic-level=warn --error-on-warnings --skip=complexity/noImportantStyles';
    const compile =
      '--noEmit --allowJs --checkJs --target es2023 --lib es2023,dom,dom.iterable --module es2022 ' +
      '--moduleResolution bundler --skipLibCheck --noImplicitAny false --strict';
    const names = ['globals.d.ts', ...scriptsOf(assets).map(([name]) => name)];
    // The files that export types are checked as well, and they know Node.
    const more = [
      String(isTyped),
      '--typeRoots',
      join(ROOT, 'node_modules/@types'),
      '--types',
      isTyped ? 'node' : '',
    ];
    const said = await Promise.all([
      run(bin('biome'), ['lint', ...lint.split(' '), folder], { cwd: folder }).then(() => '', output),
      run(bin('tsc'), [...compile.split(' '), ...more, ...names], { cwd: folder }).then(() => '', output),
    ]);
    return said.filter((text) => text !== '');
  });
}

/** The exports of one script, for tests of what needs no browser. */
export function importAsset<T>(assets: Assets, name: string): Promise<T> {
  return inFolder(assets, async (folder) => {
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    return (await import(/* @vite-ignore */ pathToFileURL(join(folder, name)).href)) as T;
  });
}

async function inFolder<T>(assets: Assets, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-browser-code-'));
  try {
    for (const [name, { body }] of assets) {
      if (/\.(js|css)$/.test(name)) await writeFile(join(folder, name), body);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function output(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return stdout + stderr || String(error);
}
