import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import { until } from '../support/fake-time.js';
import { MarkdownPage } from '../support/markdown.js';
import { COMPILER_OPTIONS, Project } from '../support/project.js';

const PACKAGES = [
  ...['common', 'core', 'platform-express', 'platform-fastify'].map((name) => `@nestjs/${name}@12`),
  ...['reflect-metadata@0.2', 'rxjs@7', 'express@5', '@types/express@5', 'fastify@5', '@types/node@20'],
  ...['bun@1.4.5', 'deno@2.9.6'],
];

/** How each host tells the port that it was given. */
const PORT = {
  express:
    "server.once('listening', () => console.log('on port', (server.address() as { port: number }).port, '.'));",
  fastify: "console.log('on port', (app.server.address() as { port: number }).port, '.');",
  nest: "console.log('on port', app.getHttpServer().address().port, '.');",
};
type HostName = keyof typeof PORT;

const guide = MarkdownPage.read('docs/guides/bun-and-deno.md');

/** The ten lines of a host's guide, on a port that is free. */
function tenLines(host: HostName): string {
  const page = MarkdownPage.read(`docs/guides/${host}.md`);
  const code = page.fences.find(({ words }) => words.includes('run'))?.code ?? '';
  return `${code.replace('3000', '0')}\n${PORT[host]}\n`;
}

/** As the guide says for Deno. */
function withNamedSignals(code: string): string {
  const [call = ''] = /app\.enableShutdownHooks\(\[[^\]]+\]\)/.exec(guide.text) ?? [];
  return code.replace('app.enableShutdownHooks()', call);
}

/** Where npm puts the program itself. */
const RUNTIMES = {
  bun: { scope: '@oven', file: 'bin/bun' },
  deno: { scope: '@deno', file: 'deno' },
};
type Runtime = keyof typeof RUNTIMES;

const CASES: [Runtime, string][] = [
  ...(['express', 'fastify', 'nest', 'nest-on-fastify'] as const).map((app): [Runtime, string] => [
    'bun',
    app,
  ]),
  ...(['express', 'fastify', 'nest-with-named-signals'] as const).map((app): [Runtime, string] => [
    'deno',
    app,
  ]),
];

describe('the ten lines of each host, on other runtimes than Node', () => {
  let project: Project;
  const programs = new Map<Runtime, string>();

  beforeAll(async () => {
    console.log('Installing the tarball beside Bun, Deno and three hosts into an empty project (about 40 s)');
    project = await Project.create(PACKAGES);
    for (const [name, { scope, file }] of Object.entries(RUNTIMES) as [
      Runtime,
      { scope: string; file: string },
    ][]) {
      // The packages' own programs find it by an install script, which is not run.
      const folder = join(project.folder, 'node_modules', scope);
      const [build] = existsSync(folder) ? readdirSync(folder) : [];
      if (build !== undefined) programs.set(name, join(folder, build, file));
    }
    const nest = tenLines('nest');
    const onFastify = `import { FastifyAdapter } from '@nestjs/platform-fastify';\n${nest}`;
    const apps = {
      express: tenLines('express'),
      fastify: tenLines('fastify'),
      nest,
      'nest-on-fastify': onFastify.replace('create(AppModule)', 'create(AppModule, new FastifyAdapter())'),
      'nest-with-named-signals': withNamedSignals(nest),
    };
    for (const [name, code] of Object.entries(apps)) await project.write(`${name}.ts`, code);
    const compilerOptions = { ...COMPILER_OPTIONS, skipLibCheck: true };
    await project.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    await project.tsc('-p', '.');
  });
  afterAll(() => project?.remove());

  const isMissing = (runtime: Runtime): boolean => {
    if (!programs.has(runtime)) console.log(`Skipped: npm has no build of ${runtime} for this machine`);
    return !programs.has(runtime);
  };
  /** What stands before the file in the guide's line. */
  const argumentsOf = (runtime: Runtime): string[] => {
    const line = guide.fences.find(({ code }) => code.startsWith(`npx ${runtime} `))?.code.trim() ?? '';
    return line.split(' ').slice(2, -1);
  };
  const start = (runtime: Runtime, args: string[], env: Readonly<Record<string, string>>) => {
    const program = programs.get(runtime) ?? 'not installed';
    return spawn(program, [...argumentsOf(runtime), ...args], {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, DENO_DIR: join(project.folder, '.deno'), NO_COLOR: '1' },
    });
  };

  it.for(CASES)(
    '%s runs %s: the button, the page and its stream, the end',
    async ([runtime, app], { skip }) => {
      skip(isMissing(runtime), `${runtime} has no build for this machine`);
      const platform = await TestPlatform.start({ timeoutMs: 20_000 });
      const child = start(runtime, [`${app}.js`], platform.env);
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
      try {
        await until(() => /^on port \d+ \.$/m.test(printed), 20_000);
        const { endpointId } = await platform.granted();
        expect((await platform.dialBack()).endpointId).toBe(endpointId);
        const port = /^on port (\d+)/m.exec(printed)?.[1];
        const url = `http://127.0.0.1:${port}/net-diagnostics/`;
        const page = await fetch(url);
        expect([page.status, page.headers.get('content-type')]).toEqual([
          200,
          expect.stringContaining('html'),
        ]);
        await page.text();
        const stream = await fetch(`${url}report`, {
          method: 'POST',
          headers: { accept: 'text/event-stream' },
        });
        expect(await stream.text()).toMatch(/^event: report$/m);
        const ended = once(child, 'exit', { signal: AbortSignal.timeout(15_000) });
        child.kill('SIGTERM');
        const [code, signal] = await ended;
        // Nest closes the app, then lets the signal end the process.
        expect(signal ?? code).toBe(app.startsWith('nest') ? 'SIGTERM' : 0);
      } finally {
        child.kill('SIGKILL');
        await platform.stop();
      }
    },
  );

  it.for(['bun', 'deno'] as const)('bug: %s reports a route that nobody told', async (runtime, { skip }) => {
    skip(isMissing(runtime), `${runtime} has no build for this machine`);
    const main = join('node_modules', 'iroh-net-diagnostics', 'dist', 'esm', 'lib', 'cli', 'main.js');
    const child = start(runtime, [main, 'report', '--json', '--probe', 'route', '--stun', '127.0.0.1:9'], {});
    let printed = '';
    child.stdout.on('data', (chunk) => (printed += chunk));
    await once(child, 'exit');
    const { probes } = JSON.parse(printed) as {
      probes: { probe: string; outcome: string; error?: { code: string } }[];
    };
    const toServer = probes.filter(({ probe }) => probe === 'route').at(-1);
    expect(toServer).toMatchObject(
      runtime === 'bun' ? { outcome: 'ok' } : { outcome: 'failed', error: { code: 'ROUTE_UNTOLD' } },
    );
    expect(printed).not.toMatch(/"sourceIp": ?"(0\.0\.0\.0|::)"/);
  });
});
