import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project } from '../support/project.js';
import { QUIET_ENV } from '../support/quiet-probes.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const guide = readFileSync(join(root, 'docs', 'guides', 'observability.md'), 'utf8');
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const PACKAGES = ['api', 'context-async-hooks', 'sdk-metrics', 'sdk-trace-base'].map((name) => {
  const full = `@opentelemetry/${name}`;
  return `${full}@${devDependencies[full]}`;
});

const TSCONFIG = {
  compilerOptions: { target: 'es2023', module: 'nodenext', types: ['node'], strict: true },
};

const ENV = { IROH_SERVICES_API_SECRET: '', ...QUIET_ENV, NET_DIAGNOSTICS_NETWORK: 'minimal' };

/** The app's own SDK, and a run of the CommonJS build within a span. */
const COMMON_JS = `
const { dirname } = require('node:path');
const { context, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const exporter = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
// By its path: Node's require() would take the ESM build.
const { NetDiagnostics } = require(dirname(require.resolve('iroh-net-diagnostics/package.json')) + '/dist/cjs/lib/index.js');
trace.getTracer('app').startActiveSpan('request', async (request) => {
  const diagnostics = NetDiagnostics.start({ logger: false });
  await diagnostics.run();
  await diagnostics.stop();
  request.end();
  const run = exporter.getFinishedSpans().find(({ name }) => name === 'net-diagnostics run');
  console.log('nested:', run?.parentSpanContext?.spanId === request.spanContext().spanId);
});
`;

describe('the guide on observability, followed with the packed tarball', () => {
  const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');
  const files = blocks.map((code, index) => /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `block-${index}.ts`);
  let project: Project;

  beforeAll(async () => {
    console.log('Installing the tarball beside OpenTelemetry into an empty project (about 20 s)');
    project = await Project.create([...PACKAGES, '@types/node@20']);
    await Promise.all(blocks.map((code, index) => project.write(files[index] ?? '', code)));
    await project.write('tsconfig.json', JSON.stringify({ ...TSCONFIG, include: files }));
    await project.tsc('-p', '.');
  });
  afterAll(() => project?.remove());

  it('has an example that shows a run in the app’s own trace, and ends by itself', async () => {
    expect(files).toContain('main.ts');
    const printed = await project.node('main.js', ENV);
    for (const name of ['check the network', 'net-diagnostics run', 'net-diagnostics probe route']) {
      expect(printed).toContain(`name: '${name}'`);
    }
    expect(printed).toContain('my_app.preferred_relay');
    expect(printed).toContain('iroh.net_diagnostics.run.duration');
  });

  it('holds for the CommonJS build as well', async () => {
    await project.write('app.cjs', COMMON_JS);
    expect(await project.node('app.cjs', ENV)).toContain('nested: true');
  });
});
