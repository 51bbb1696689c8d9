// Copies the declarations that users' compilers can reach: those of the entries, and those that they import.
import { cpSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORTED = /(?:\bfrom |\bimport\()['"](\.[^'"]+)\.js['"]/g;

/**
 * Copies from `from` to `to` the `.d.ts` files of the modules (paths without an extension), and those that they
 * import.
 */
export function copyDeclarations(from, to, modules) {
  const wanted = new Set(modules);
  // Iteration over a set includes what is added meanwhile.
  for (const name of wanted) {
    const file = `${name}.d.ts`;
    for (const [, path] of readFileSync(join(from, file), 'utf8').matchAll(IMPORTED)) {
      wanted.add(join(dirname(name), path));
    }
    cpSync(join(from, file), join(to, file));
  }
}
