import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project } from '../support/project.js';
import { entries, manifest, root } from './support/manifest.js';
import { namesIn, printNames, specifiersWithout, usesOf } from './support/uses.js';

const NEST_11 = [
  ...['common', 'core', 'platform-express', 'platform-fastify', 'testing'].map(
    (name) => `@nestjs/${name}@11`,
  ),
  ...[
    '@nestjs/swagger@11',
    'reflect-metadata@0.2',
    'rxjs@7',
    'fastify@5',
    '@types/node@20',
    '@types/jest@30',
  ],
  // TypeScript 7 does not know the resolution of 2022 any more; the Nest CLI still installs TypeScript 5.
  ...['typescript@5.9', 'jest@30', 'ts-jest@29'],
];

/** The compiler options that `nest new` writes. */
const NEST_CLI = {
  declaration: true,
  removeComments: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  allowSyntheticDefaultImports: true,
  target: 'ES2023',
  sourceMap: true,
  skipLibCheck: true,
  strictNullChecks: true,
  noImplicitAny: false,
};

/** Of the Nest CLI 11 of today, and of the one before, which many projects still have. */
const TSCONFIGS = {
  nodenext: {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    esModuleInterop: true,
    isolatedModules: true,
  },
  commonjs: { module: 'commonjs', moduleResolution: 'node10' },
};

const specifiers = specifiersWithout();
const uses = usesOf(specifiers);

/** Boots the sample's module on an adapter, tells its state and closes. */
const run = (adapter: string) => `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { NetDiagnosticsService } from '${manifest.name}/nest';
import { ${adapter} as Adapter } from '@nestjs/platform-${adapter.replace('Adapter', '').toLowerCase()}';
import { AppModule } from './app.module.js';

async function main() {
  const app = await NestFactory.create(AppModule, new Adapter(), { logger: false });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  const page = await fetch(\`\${(await app.getUrl()).replace('[::1]', '127.0.0.1')}/net-diagnostics/\`);
  console.log('page:', page.status);
  console.log('state:', app.get(NetDiagnosticsService).status().state);
  await app.close();
  console.log('closed');
}
main();
`;

/** Prints the paths of the app's OpenAPI document, made where an app may make it. */
const document = (adapter: string) => `
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ${adapter} as Adapter } from '@nestjs/platform-${adapter.replace('Adapter', '').toLowerCase()}';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AppModule } from './app.module.js';

@Controller('own')
class OwnController {
  @Get()
  own() {
    return 'own';
  }
}
@Module({ imports: [AppModule], controllers: [OwnController] })
class DocumentedModule {}

async function main() {
  const app = await NestFactory.create(DocumentedModule, new Adapter(), { logger: false });
  const paths = () => Object.keys(SwaggerModule.createDocument(app, new DocumentBuilder().build()).paths).join(' ');
  console.log('before init:', paths());
  await app.init();
  console.log('after init:', paths());
  await app.close();
}
main();
`;

/** As the \`*.spec.ts\` that \`nest new\` writes. Jest has no require() of ESM: it gets the CommonJS build. */
const SPEC = `
import { Test } from '@nestjs/testing';
import { NetDiagnosticsService } from '${manifest.name}/nest';
import { diagnose } from '${manifest.name}';
import { AppModule } from './app.module';

describe('AppModule', () => {
  it('has the diagnostics, which measure', async () => {
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await app.init();
    expect(app.get(NetDiagnosticsService).status().reason).toBe('no-secret');
    const report = await diagnose({ probes: ['route', 'endpoint'] });
    expect(report.probes.map(({ probe }) => probe)).toContain('route');
    await app.close();
  });
});
`;

describe('the packed tarball in a CommonJS project of NestJS 11', () => {
  let project: Project;
  beforeAll(async () => {
    console.log(
      'Installing the tarball beside NestJS 11, Jest and TypeScript 5 into an empty project (about 30 s)',
    );
    project = await Project.create(NEST_11, { type: 'commonjs' });
    const sample = join(root, 'samples', 'nest');
    for (const name of readdirSync(sample).filter((file) => file.endsWith('.ts'))) {
      await project.write(`src/${name}`, readFileSync(join(sample, name), 'utf8'));
    }
    await project.write('src/use.ts', uses.map(({ code }) => code).join('\n'));
    await project.write('src/on-express.ts', run('ExpressAdapter'));
    await project.write('src/on-fastify.ts', run('FastifyAdapter'));
    await project.write('src/document-express.ts', document('ExpressAdapter'));
    await project.write('src/document-fastify.ts', document('FastifyAdapter'));
  });
  afterAll(() => project?.remove());

  it.each(Object.entries(TSCONFIGS))(
    'compiles the sample and a use of each entry as the Nest CLI does (%s), and it runs',
    async (name, options) => {
      const compilerOptions = { ...NEST_CLI, ...options, outDir: `dist-${name}` };
      await project.write(
        'tsconfig.json',
        JSON.stringify({ compilerOptions, include: ['src'], exclude: ['**/*.spec.ts'] }),
      );
      await project.tsc('-p', '.');
      for (const platform of ['express', 'fastify']) {
        const printed = await project.node(`dist-${name}/on-${platform}.js`, {
          IROH_SERVICES_API_SECRET: '',
        });
        expect(printed, platform).toBe('page: 200\nstate: disabled\nclosed\n');

        // Bug: our routes stood in the app's OpenAPI document.
        const documented = await project.node(`dist-${name}/document-${platform}.js`, {
          IROH_SERVICES_API_SECRET: '',
        });
        expect(documented, platform).toBe('before init: /own /\nafter init: /own /\n');
      }
    },
  );

  it.each(['import', 'require'] as const)('gives each entry with its names to %s', async (how) => {
    await project.write('names.js', printNames(specifiers, how));
    const printed = await project.node('names.js');
    for (const { specifier, names } of uses) {
      expect(namesIn(printed, specifier), specifier).toEqual(expect.arrayContaining([...names]));
    }
    expect(printed).not.toContain('renamed:');
  });

  it('has a CommonJS build with the same names, for Jest and older tools', async () => {
    const files = entries.map((entry) => `./node_modules/${manifest.name}/${entry.require.default}`);
    await project.write('cjs.js', printNames(files, 'require'));
    const printed = await project.node('cjs.js');
    for (const [index, { names }] of uses.entries()) {
      expect(namesIn(printed, files[index] ?? '')).toEqual(expect.arrayContaining([...names]));
    }
    expect(printed).not.toContain('renamed:');
  });

  it('works in Jest as the Nest CLI sets it up', async () => {
    const compilerOptions = { ...NEST_CLI, ...TSCONFIGS.nodenext };
    await project.write('tsconfig.json', JSON.stringify({ compilerOptions }));
    await project.write('src/app.module.spec.ts', SPEC);
    const jest = {
      rootDir: 'src',
      transform: { '^.+\\.(t|j)s$': 'ts-jest' },
      testEnvironment: 'node',
      // The sample writes \`./x.js\` as ESM wants it; \`nest new\` writes \`./x\`.
      moduleNameMapper: { '^(\\./.*)\\.js$': '$1' },
    };
    await project.write('jest.config.json', JSON.stringify(jest));
    await project.program('jest', '--config', 'jest.config.json', '--ci');
  });

  it('brings the command line', async () => {
    expect(await project.program('iroh-net-diagnostics', '--help')).toMatch(/^Usage: iroh-net-diagnostics/);
  });
});
