// `npm test`: the checks and tests that find most mistakes within minutes. `npm test -- --all`, or with CI set: everything that
// can run on this machine.
// Other arguments go to the test runner, which then looks at all tests that they name: `npm test -- test/wire`.

import { join } from 'node:path';
import { bin, mustRun, mustRunTogether, root, run } from './run.js';
import { build, install } from './setup.js';

const shell = process.platform === 'win32';
const filters = process.argv.slice(2).filter((argument) => argument !== '--all');
const isAll = filters.length === 0 && (process.argv.includes('--all') || Boolean(process.env.CI));
const isQuick = filters.length === 0 && !isAll;
const started = Date.now();

await install();
// A second version of Nest cannot stand beside the first in one node_modules.
await install(join(root, 'test', 'hosts', 'nest-11'));
// Nor a TypeScript with a JavaScript API beside the one without.
await install(join(root, 'test', 'platform', 'v1', 'client'));
if (filters.length === 0) {
  await mustRunTogether([
    ['Regular expressions', process.execPath, ['scripts/regexes.js']],
    ['Format and lint', bin('biome'), ['check', '--error-on-warnings', '.'], { shell }],
    ['Type check', bin('tsc'), ['--noEmit'], { shell }],
    ['Type check: web', bin('tsc'), ['-p', 'test/web'], { shell }],
  ]);
}
await build();
if (filters.length === 0) {
  await mustRunTogether([
    ['Package lint: publint', bin('publint'), ['--strict'], { shell }],
    [
      'Package lint: are the types wrong',
      bin('attw'),
      ['--pack', '.', '--format', 'table-flipped'],
      { shell },
    ],
    ['Package lint of the platform: publint', bin('publint'), ['platform', '--strict'], { shell }],
    [
      'Package lint of the platform: are the types wrong',
      bin('attw'),
      ['--pack', 'platform', '--profile', 'esm-only', '--format', 'table-flipped'],
      { shell },
    ],
  ]);
}
if (isAll) await mustRun('API reference', process.execPath, ['scripts/api.js']);

if (isQuick) {
  console.log('\n▸ Tests: about three minutes');
} else if (isAll) {
  console.log(
    '\n▸ Tests: about thirteen minutes; the first run compiles the Rust peers before, about ten more',
  );
  console.log('  (INTEROP=0 leaves the Rust peers out)');
}
const QUICK = ['--project', 'parts', '--project', 'nest-11', '--tags-filter', '!slow'];
process.exitCode = await run(bin('vitest'), ['run', ...(isQuick ? QUICK : filters)], { shell });

console.log(`\n${isQuick ? 'Quick' : isAll ? 'All' : 'Named'} tests in ${minutes(Date.now() - started)}.`);
if (isQuick) {
  console.log('Left out: what waits for long, whole networks, Rust peers, browsers, the packed package.');
  console.log('`npm test -- --all` runs these, too, as CI does.');
}

function minutes(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
