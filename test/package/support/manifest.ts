import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

interface Target {
  types: string;
  default: string;
}

interface Manifest {
  name: string;
  engines: { node: string };
  bin: Record<string, string>;
  exports: Record<string, string | Record<'module-sync' | 'import' | 'require', Target>>;
}

/** The package.json of this repository. */
export const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** An entry with code: what users write, and where it is. */
export interface Entry {
  specifier: string;
  import: Target;
  require: Target;
}

export const entries: readonly Entry[] = Object.entries(manifest.exports).flatMap(([path, targets]) =>
  typeof targets === 'string'
    ? []
    : [{ specifier: manifest.name + path.slice(1), import: targets.import, require: targets.require }],
);
