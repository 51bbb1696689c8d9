// `npm test`: everything that can run on this machine, in the order in which a mistake shows soonest.
// Arguments go to the test runner: `npm test -- test/wire`.

import { join } from 'node:path';
import { bin, mustRun, root, run } from './run.js';
import { build, install } from './setup.js';

const shell = process.platform === 'win32';
const filters = process.argv.slice(2);

await install();
// A second version of Nest cannot stand beside the first in one node_modules.
await install(join(root, 'test', 'hosts', 'nest-11'));
if (filters.length === 0) {
  await mustRun('Format and lint', bin('biome'), ['check', '--error-on-warnings', '.'], { shell });
  await mustRun('Regular expressions', process.execPath, ['scripts/regexes.js']);
  await mustRun('Type check', bin('tsc'), ['--noEmit'], { shell });
  await mustRun('Type check: web', bin('tsc'), ['-p', 'test/web'], { shell });
}
await build();
if (filters.length === 0) {
  await mustRun('Package lint: publint', bin('publint'), ['--strict'], { shell });
  await mustRun(
    'Package lint: are the types wrong',
    bin('attw'),
    ['--pack', '.', '--format', 'table-flipped'],
    { shell },
  );
  await mustRun('API reference', process.execPath, ['scripts/api.js']);
}
console.log(
  '\n▸ Tests: about fifteen minutes; the first run with Rust peers compiles them first, about ten more',
);
console.log('  (INTEROP=0 leaves the Rust peers out)');
process.exitCode = await run(bin('vitest'), ['run', ...filters], { shell });
