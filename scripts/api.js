// `npm run docs:api`: the pages of docs/ and the API reference, from the docstrings, as a site in build/api. Fails when a docstring is
// missing or a link is wrong.
// TypeDoc is installed apart: it needs TypeScript's JavaScript API, which the project's TypeScript 7 does not have.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, root } from './run.js';
import { install } from './setup.js';

const api = join(root, 'scripts', 'api');

/** The sources of all that users can import. */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.values(exports).flatMap((entry) => {
    const [, path] = /dist\/esm\/(.*)\.js$/.exec(entry.import?.default ?? '') ?? [];
    return path === undefined ? [] : ['--entryPoints', join(root, `${path}.ts`)];
  });
}

await install();
await install(api);
await mustRun('API reference: typedoc', process.execPath, [
  join(api, 'node_modules', 'typedoc', 'bin', 'typedoc'),
  ...['--options', join(api, 'typedoc.json')],
  ...entryPoints(),
]);
