import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project } from '../support/project.js';

const entries = ['', '/nest', '/platform', '/testing'].map((entry) => `iroh-net-diagnostics${entry}`);

/** What each entry must export, in either module format. */
const names = {
  'iroh-net-diagnostics': ['NetDiagnostics', 'ApiSecret', 'Caps', 'CLIENT_HOST_ALPN', 'diagnose'],
  'iroh-net-diagnostics/nest': ['NetDiagnosticsModule', 'NetDiagnosticsService'],
  'iroh-net-diagnostics/platform': ['Platform'],
  'iroh-net-diagnostics/testing': ['TestPlatform', 'QUICK_RETRIES'],
};

const nestPackages = (version: number) => [
  `@nestjs/common@${version}`,
  `@nestjs/core@${version}`,
  `@nestjs/platform-express@${version}`,
  `@nestjs/platform-fastify@${version}`,
  'reflect-metadata@0.2',
  'rxjs@7',
];

const moduleAsync = `NetDiagnosticsModule.forRootAsync({ useFactory: () => ({ apiSecret: undefined }) })`;

/** A CommonJS Nest app like the one the Nest CLI makes, without decorator syntax so that Node runs it as it is. */
const commonJsApp = (adapter: string) => `
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { NetDiagnosticsModule, NetDiagnosticsService } = require('iroh-net-diagnostics/nest');
class AppModule {}
Module({ imports: [${moduleAsync}] })(AppModule);
async function main() {
  const app = await NestFactory.create(AppModule, ${adapter}, { logger: false });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log('state:', app.get(NetDiagnosticsService).status().state);
  await app.close();
  console.log('nest', require('@nestjs/core/package.json').version.split('.')[0], 'closed');
}
main();
`;

describe('the packed tarball in a project of NestJS 11', () => {
  let project: Project;
  beforeAll(async () => {
    console.log('Packing, and installing the tarball beside NestJS 11 into an empty project (about 20 s)');
    project = await Project.create([...nestPackages(11), 'libsql@0.5.29', '@types/node@20']);
  });
  afterAll(() => project?.remove());

  it('is imported by ESM, entry by entry', async () => {
    await project.write(
      'import.mjs',
      entries
        .map(
          (entry, i) =>
            `import * as e${i} from '${entry}'; console.log('${entry}', Object.keys(e${i}).join(' '));`,
        )
        .join('\n'),
    );
    const printed = await project.node('import.mjs');
    for (const expected of Object.values(names).flat()) expect(printed).toContain(expected);
  });

  it('is required by CommonJS, and both ways give the same instance', async () => {
    await project.write(
      'require.cjs',
      `for (const entry of ${JSON.stringify(entries)}) console.log(entry, Object.keys(require(entry)).join(' '));
       import('iroh-net-diagnostics').then((esm) => console.log('same:', esm.NetDiagnostics === require('iroh-net-diagnostics').NetDiagnostics));`,
    );
    const printed = await project.node('require.cjs');
    for (const expected of Object.values(names).flat()) expect(printed).toContain(expected);
    expect(printed).toContain('same: true');
  });

  it('has a CommonJS build of its own, for Jest and older tools', async () => {
    await project.write(
      'cjs.cjs',
      `const at = require('node:path').dirname(require.resolve('iroh-net-diagnostics/package.json'));
       for (const file of ['lib/index.js', 'integrations/nest/index.js', 'lib/platform/index.js', 'lib/testing/index.js'])
         console.log(Object.keys(require(at + '/dist/cjs/' + file)).join(' '));`,
    );
    const printed = await project.node('cjs.cjs');
    for (const expected of Object.values(names).flat()) expect(printed).toContain(expected);
  });

  it('brings the command line', async () => {
    expect(await project.program('iroh-net-diagnostics', '--help')).toMatch(/^Usage: iroh-net-diagnostics/);
  });

  it.each([
    ['Express', "new (require('@nestjs/platform-express').ExpressAdapter)()"],
    ['Fastify', "new (require('@nestjs/platform-fastify').FastifyAdapter)()"],
  ])('boots and closes a CommonJS NestJS 11 app on %s', async (_, adapter) => {
    await project.write('app.cjs', commonJsApp(adapter));
    const printed = await project.node('app.cjs', { IROH_SERVICES_API_SECRET: '' });
    expect(printed).toContain('state: disabled');
    expect(printed).toContain('nest 11 closed');
  });

  it('type-checks under node16 and bundler resolution', async () => {
    const use = `import { NetDiagnostics, type Status } from 'iroh-net-diagnostics';
import { NetDiagnosticsModule } from 'iroh-net-diagnostics/nest';
import { Platform } from 'iroh-net-diagnostics/platform';
import { TestPlatform } from 'iroh-net-diagnostics/testing';
export const status: Status = NetDiagnostics.start({ enabled: false }).status();
export const nest = NetDiagnosticsModule.forRoot({ name: 'typed' });
export type Started = ReturnType<typeof Platform.start>;
export const tested = (platform: TestPlatform) => NetDiagnostics.start(platform.options({ name: 'typed' }));
// @ts-expect-error: an unknown option is refused
NetDiagnostics.start({ apiSecrt: 'x' });
`;
    const strict = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node'];
    await project.write('use.mts', use);
    await project.write('use.cts', use);
    await project.tsc(...strict, '--module', 'nodenext', 'use.mts', 'use.cts');
    await project.write('use.ts', use);
    await project.tsc(...strict, '--module', 'esnext', '--moduleResolution', 'bundler', 'use.ts');
  });
});
