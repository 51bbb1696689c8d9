// Copies the declarations that users' compilers can reach: the entries', and what these import.
import { cpSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORTED = /(?:\bfrom |\bimport\()['"](\.[^'"]+)\.js['"]/g;

/** Copies from `from` to `to` the `.d.ts` files of the modules (paths without an extension), and those they need. */
export function copyDeclarations(from, to, modules) {
  const wanted = new Set(modules);
  // A set yields what is added to it on the way.
  for (const name of wanted) {
    const file = `${name}.d.ts`;
    for (const [, path] of readFileSync(join(from, file), 'utf8').matchAll(IMPORTED)) {
      wanted.add(join(dirname(name), path));
    }
    cpSync(join(from, file), join(to, file));
  }
}
