// Builds dist/: the same sources once as ESM and once as CommonJS, then the samples against the result.
// Why two tsc runs from two folders: see docs/decisions/build.md.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bin, mustRun, root } from './run.js';

const dist = join(root, 'dist');
const work = join(root, 'build');
const cjsSources = join(work, 'cjs');
const shell = process.platform === 'win32';

rmSync(dist, { recursive: true, force: true });
rmSync(work, { recursive: true, force: true });

await mustRun('tsc: ESM', bin('tsc'), ['-p', 'tsconfig.build.json'], { shell });

// tsc decides between ESM and CommonJS by the nearest package.json, hence the copy beside one that says commonjs.
for (const folder of ['lib', 'integrations']) {
  cpSync(join(root, folder), join(cjsSources, folder), { recursive: true });
}
writeFileSync(join(cjsSources, 'package.json'), '{ "type": "commonjs" }\n');
writeFileSync(
  join(cjsSources, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.build.json',
    compilerOptions: { rootDir: '.', outDir: '../../dist/cjs' },
    include: ['lib', 'integrations'],
  }),
);
await mustRun('tsc: CommonJS', bin('tsc'), ['-p', cjsSources], { shell });
mkdirSync(join(dist, 'cjs'), { recursive: true });
writeFileSync(join(dist, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
rmSync(cjsSources, { recursive: true });

const { REPORT_SCHEMA } = await import(pathToFileURL(join(dist, 'esm', 'lib', 'report', 'schema.js')).href);
writeFileSync(join(dist, 'schema.json'), `${JSON.stringify(REPORT_SCHEMA, null, 2)}\n`);

await mustRun('tsc: samples', bin('tsc'), ['-p', 'samples'], { shell });
writeFileSync(join(dist, '.built'), '');
