// Builds dist/, and platform/dist: types by tsc, once for ESM and once for CommonJS; the code by tsc and then in few files.
// The reasons are in docs/decisions/build.md.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildPlatform } from './build-platform.js';
import { bundle } from './bundle.js';
import { copyDeclarations } from './declarations.js';
import { entries, programs } from './entries.js';
import { bin, mustRun, root } from './run.js';
import { buildWeb, copyBuilt } from './web.js';

const dist = join(root, 'dist');
const work = join(root, 'build');
const esm = join(work, 'esm');
const cjs = join(work, 'cjs');
const shell = process.platform === 'win32';

rmSync(dist, { recursive: true, force: true });
rmSync(work, { recursive: true, force: true });

await buildWeb();
await mustRun('tsc: ESM', bin('tsc'), ['-p', 'tsconfig.build.json'], { shell });

// tsc decides between ESM and CommonJS by the nearest package.json, so the sources are copied beside one that says
// commonjs.
const cjsSources = join(work, 'cjs-sources');
for (const folder of ['lib', 'integrations']) {
  cpSync(join(root, folder), join(cjsSources, folder), { recursive: true });
}
writeFileSync(join(cjsSources, 'package.json'), '{ "type": "commonjs" }\n');
writeFileSync(
  join(cjsSources, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.build.json',
    compilerOptions: { rootDir: '.', outDir: '../cjs', emitDeclarationOnly: true },
    include: ['lib', 'integrations'],
  }),
);
await mustRun('tsc: types for CommonJS', bin('tsc'), ['-p', cjsSources], { shell });
rmSync(cjsSources, { recursive: true });

copyBuilt('lib', esm);
copyDeclarations(esm, join(dist, 'esm'), entries('import'));
copyDeclarations(cjs, join(dist, 'cjs'), entries('require'));
const modules = [...entries('import'), ...programs()];
await bundle({ from: esm, to: join(dist, 'esm'), modules, format: 'es' });
await bundle({ from: esm, to: join(dist, 'cjs'), modules: entries('require'), format: 'cjs' });
writeFileSync(join(dist, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');

const { REPORT_SCHEMA } = await import(pathToFileURL(join(esm, 'lib', 'report', 'schema', 'index.js')).href);
writeFileSync(join(dist, 'schema.json'), `${JSON.stringify(REPORT_SCHEMA, null, 2)}\n`);

await buildPlatform();
await mustRun('tsc: samples', bin('tsc'), ['-p', 'samples'], { shell });
writeFileSync(join(dist, '.built'), '');
