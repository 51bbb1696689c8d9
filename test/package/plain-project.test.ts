import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/fake-time.js';
import { MarkdownPage } from '../support/markdown.js';
import { Project } from '../support/project.js';
import { root } from './support/manifest.js';
import { namesIn, printNames, specifiersWithout, usesOf } from './support/uses.js';

/** Nobody has Nest here: all other entries must do without it, declarations included. */
const specifiers = specifiersWithout('nest');
const uses = usesOf(specifiers);

/** `skipLibCheck` off: a declaration of ours that names a missing package is an error. */
const STRICT = { strict: true, skipLibCheck: false, target: 'es2023', types: ['node'] };

describe('the packed tarball in a project with Express and Fastify', () => {
  let project: Project;
  beforeAll(async () => {
    console.log('Installing the tarball beside Express and Fastify into an empty project (about 15 s)');
    project = await Project.create([
      ...['express@5', '@types/express@5', '@types/express4@npm:@types/express@4'],
      ...['fastify@5', '@types/node@20'],
    ]);
    await project.write('esm/package.json', '{ "type": "module" }');
    await project.write('cjs/package.json', '{ "type": "commonjs" }');
  });
  afterAll(() => project?.remove());

  it.each(['import', 'require'] as const)('gives each entry with its names to %s', async (how) => {
    const file = how === 'import' ? 'names.mjs' : 'names.cjs';
    await project.write(file, printNames(specifiers, how));
    const printed = await project.node(file);
    for (const { specifier, names } of uses) {
      expect(namesIn(printed, specifier), specifier).toEqual(expect.arrayContaining([...names]));
      expect(namesIn(printed, specifier).length, specifier).toBeGreaterThan(0);
    }
    expect(printed).not.toContain('renamed:');
  });

  it('is one instance, whether imported or required', async () => {
    await project.write(
      'same.cjs',
      `import('iroh-net-diagnostics').then((esm) => console.log('same:', esm.NetDiagnostics === require('iroh-net-diagnostics').NetDiagnostics));`,
    );
    expect(await project.node('same.cjs')).toContain('same: true');
  });

  it('has one NetDiagnosticsError for all entries', async () => {
    await project.write(
      'errors.mjs',
      `import { NetDiagnosticsError } from 'iroh-net-diagnostics';
import { netDiagnostics } from 'iroh-net-diagnostics/express';
import { NetDiagnosticsError as ThePlatforms } from 'iroh-net-diagnostics/services';
console.log('same:', NetDiagnosticsError === ThePlatforms);
try { netDiagnostics({ deadline: -1 }); } catch (error) {
  console.log('instance:', error instanceof NetDiagnosticsError, error.name, error.stack.includes('/iroh-net-diagnostics/dist/esm/'));
}`,
    );
    const printed = await project.node('errors.mjs');
    expect(printed).toContain('same: true');
    expect(printed).toContain('instance: true SettingError true');
  });

  it('gives the schema to both', async () => {
    await project.write(
      'schema.cjs',
      `console.log('schema:', require('iroh-net-diagnostics/schema.json').$schema !== undefined);`,
    );
    expect(await project.node('schema.cjs')).toContain('schema: true');
  });

  // One format a program: the declaration that Fastify's instance has our property exists once in each.
  it.each([
    ['node16', 'use.mts', { module: 'node16', moduleResolution: 'node16' }],
    ['node16', 'use.cts', { module: 'node16', moduleResolution: 'node16' }],
    ['bundler', 'use.ts', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('type-checks each entry under %s resolution, in %s', async (_, file, options) => {
    await project.write(file, uses.map(({ code }) => code).join('\n'));
    const config = { compilerOptions: { ...STRICT, ...options, noEmit: true }, files: [file] };
    await project.write('tsconfig.json', JSON.stringify(config));
    await project.tsc('-p', '.');
  });

  // Bug: the sample did not.
  it('type-checks the Express sample and guide with the types of Express 4', async () => {
    const { fences } = MarkdownPage.read('docs/guides/express.md');
    const blocks = fences.filter(({ language }) => language === 'ts').map(({ code }) => code);
    const sample = readFileSync(join(root, 'samples', 'express', 'main.ts'), 'utf8');
    for (const [index, code] of [sample, ...blocks].entries()) {
      await project.write(`esm/express-4/${index}.ts`, code);
    }
    const compilerOptions = {
      ...{ ...STRICT, module: 'nodenext', skipLibCheck: true, noEmit: true },
      paths: { express: ['../../node_modules/@types/express4/index.d.ts'] },
    };
    await project.write(
      'esm/express-4/tsconfig.json',
      JSON.stringify({ compilerOptions, include: ['*.ts'] }),
    );
    await project.tsc('-p', 'esm/express-4');
  });

  it.each([
    ['express', 'esm'],
    ['express', 'cjs'],
    ['fastify', 'esm'],
    ['fastify', 'cjs'],
  ])('runs the %s sample as %s', async (host, format) => {
    await project.write(`${format}/${host}.ts`, readFileSync(join(root, 'samples', host, 'main.ts'), 'utf8'));
    const options = { ...STRICT, module: 'nodenext', skipLibCheck: true, rootDir: '.' };
    const config = { compilerOptions: options, files: [`${host}.ts`] };
    await project.write(`${format}/${host}.json`, JSON.stringify(config));
    await project.tsc('-p', `${format}/${host}.json`);

    const app = project.start(`${format}/${host}.js`, { IROH_SERVICES_API_SECRET: '', PORT: '0' });
    let printed = '';
    for (const stream of [app.stdout, app.stderr]) stream?.on('data', (chunk) => (printed += chunk));
    try {
      await until(() => /The app listens on \S+\n/.test(printed));
      const [, url] = /The app listens on (\S+)\n/.exec(printed) ?? [];
      expect(await (await fetch(`${url}/`)).json()).toMatchObject({ state: 'disabled', reason: 'no-secret' });
      const page = await fetch(`${url}/net-diagnostics/`);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('html')]);
      const ended = once(app, 'exit');
      app.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      app.kill('SIGKILL');
    }
  });
});
