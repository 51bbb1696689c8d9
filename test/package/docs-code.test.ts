import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import { until } from '../support/fake-time.js';
import { freePort } from '../support/free-port.js';
import { markdownPages, ROOT } from '../support/markdown.js';
import { COMPILER_OPTIONS } from '../support/project.js';
import { QUIET_ENV } from '../support/quiet-probes.js';

/** Inside the project: there `iroh-net-diagnostics` is the built package, and the frameworks are installed. */
const folder = join(ROOT, 'build', 'docs-code');

const compilerOptions = { ...COMPILER_OPTIONS, noEmitOnError: true, skipLibCheck: true };

/** What the blocks are checked against: the packages of the project, and the other major of Nest in their place. */
const TSCONFIGS = {
  'tsconfig.json': { compilerOptions, include: ['**/*.ts'] },
  'nest-11.json': {
    compilerOptions: {
      ...{ ...compilerOptions, noEmit: true },
      paths: {
        '@nestjs/*': [join(ROOT, 'test', 'hosts', 'nest-11', 'node_modules', '@nestjs', '*', 'index.d.ts')],
        // The samples have a package.json of their own.
        'iroh-net-diagnostics/nest': [join(ROOT, 'dist', 'esm', 'integrations', 'nest', 'index.d.ts')],
        'iroh-net-diagnostics': [join(ROOT, 'dist', 'esm', 'lib', 'index.d.ts')],
      },
    },
    include: ['**/*.ts'],
  },
};

/** Every block of TypeScript in the pages; those of one page may import each other by the name in their first line. */
const blocks = markdownPages().flatMap(({ path, fences }) =>
  fences
    .filter(({ language }) => language === 'ts')
    .map(({ code, words, line }) => ({
      path,
      code,
      file: join(path.replaceAll(/[/.]/g, '-'), /^\/\/ (\S+)\.ts\n/.exec(code)?.[1] ?? `line-${line}`),
      isRun: words.includes('run'),
    })),
);

describe('the code in the pages', () => {
  let port: number;
  let running: ChildProcess | undefined;
  let printed = '';

  const start = (path: string, env: Record<string, string> = {}): ChildProcess => {
    const block = blocks.find((candidate) => candidate.path === path && candidate.isRun);
    if (block === undefined) throw new Error(`${path} has no block that is run`);
    printed = '';
    const child = spawn(process.execPath, [join(folder, `${block.file}.js`)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ ...process.env, IROH_SERVICES_API_SECRET: '', ...QUIET_ENV },
        ...{ NET_DIAGNOSTICS_NETWORK: 'minimal', NET_DIAGNOSTICS_BIND: 'loopback' },
        ...env,
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    running = child;
    return child;
  };
  /** Ends as a process manager would. @returns whether it ended by itself, in time and without an error */
  const endsWell = async (child: ChildProcess): Promise<boolean> => {
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(8_000) });
    child.kill('SIGTERM');
    const [code, signal] = await ended;
    // Nest closes the app, then lets the signal end the process.
    return code === 0 || signal === 'SIGTERM';
  };

  beforeAll(async () => {
    // In place of the 3000 of the pages.
    port = await freePort();
    await rm(folder, { recursive: true, force: true });
    // Away from its own package.json, which would hide the built package from it.
    const filter = (path: string) => path.endsWith('nest') || path.endsWith('.ts');
    await cp(join(ROOT, 'samples', 'nest'), join(folder, 'sample-nest'), { recursive: true, filter });
    for (const { file, code } of blocks) {
      await mkdir(join(folder, dirname(file)), { recursive: true });
      await writeFile(join(folder, `${file}.ts`), code.replace('3000', String(port)));
    }
    for (const [name, config] of Object.entries(TSCONFIGS)) {
      await writeFile(join(folder, name), JSON.stringify(config));
    }
  });
  afterEach(() => {
    running?.kill('SIGKILL');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  // Bug: the health check did not compile with terminus 11.
  it.each([
    ['Nest 12', 'tsconfig.json'],
    ['Nest 11', 'nest-11.json'],
  ])('type-checks against the built package and %s, every block of it', async (_, config) => {
    expect(blocks.length).toBeGreaterThan(20);
    const tsc = promisify(execFile)(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', join(folder, config)]);
    const faults = await tsc.then(
      () => '',
      (error: { stdout?: string }) => error.stdout,
    );
    expect(faults).toBe('');
  });

  describe.each(['nest', 'express', 'fastify'])('the ten lines for %s', (host) => {
    it('open the button, answer it, show the page, and stop with the app', async () => {
      const platform = await TestPlatform.start({ timeoutMs: 20_000 });
      const app = start(`docs/guides/${host}.md`, platform.env);
      try {
        const { endpointId } = await platform.granted();
        expect((await platform.dialBack()).endpointId).toBe(endpointId);
        const page = await fetch(`http://127.0.0.1:${port}/net-diagnostics`);
        expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
        expect(await endsWell(app)).toBe(true);
        await until(async () => (await platform.endpoints())[0]?.isOnline === false, 3_000);
        expect(printed).not.toContain((platform.env.IROH_SERVICES_API_SECRET ?? '').slice(0, 40));
      } finally {
        await platform.stop();
      }
    });
  });

  it('without a framework prints a report, and ends when it is told to', async () => {
    const app = start('README.md');
    await until(() => printed.includes('NAT type'), 20_000);
    expect(await endsWell(app)).toBe(true);
  });

  it('of the self-hosted platform shows a dashboard and makes a secret', async () => {
    const app = start('docs/guides/self-hosting.md');
    await until(() => /^services[a-z2-7]+$/m.test(printed), 20_000);
    const url = new URL(printed.match(/^http:\/\/\S+\/setup#\S+/m)?.[0] ?? '');
    // The first account: the page posts what is behind the #, gets a cookie, and goes on to the dashboard.
    const body = new URLSearchParams(url.hash.slice(1));
    body.set('name', 'ada');
    body.set('password', 'an engine of analysis');
    const headers = { origin: url.origin };
    const login = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' });
    expect([login.status, login.headers.get('location')]).toEqual([303, './']);
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(new URL('/', url), { headers: { cookie } })).status).toBe(200);
    expect(await endsWell(app)).toBe(true);
  });
});
