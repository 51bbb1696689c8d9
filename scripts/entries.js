// What users can reach in dist/: the files that package.json names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.js';

const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Modules that a condition of `exports` leads to, as paths in `dist/esm` or `dist/cjs` without an extension. */
export function entries(condition) {
  return Object.values(exports).flatMap((entry) => moduleOf(entry[condition]?.default ?? ''));
}

/** The same for programs, which are ESM alone. */
export function programs() {
  return Object.values(bin).flatMap(moduleOf);
}

function moduleOf(file) {
  return /dist\/(?:esm|cjs)\/(.*)\.js$/.exec(file)?.[1] ?? [];
}
