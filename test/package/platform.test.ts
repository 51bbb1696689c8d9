import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/fake-time.js';
import { Project } from '../support/project.js';
import { root } from './support/manifest.js';

const manifest = JSON.parse(readFileSync(join(root, 'platform', 'package.json'), 'utf8'));

describe('the packed tarball of the platform, beside that of the plugin', () => {
  let project: Project;
  let running: ChildProcess | undefined;
  beforeAll(async () => {
    console.log('Installing both tarballs into an empty project (about 10 s)');
    project = await Project.create(['@types/node@20']);
    await project.installPlatform();
  });
  afterEach(async () => {
    if (running === undefined || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  });
  afterAll(() => project?.remove());

  /** Starts a program of the project; resolves with what its pattern found in what it printed. */
  async function start(program: string, words: readonly string[], pattern: RegExp): Promise<RegExpExecArray> {
    const child = spawn(join(project.folder, 'node_modules', '.bin', program), words, {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running = child;
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    await until(() => pattern.test(printed) || child.exitCode !== null, 20_000);
    const found = pattern.exec(printed);
    if (found === null) throw new Error(`${program} ${words.join(' ')} printed: ${printed}`);
    return found;
  }

  async function end(): Promise<number | null> {
    if (running === undefined) return null;
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    const [code] = await ended;
    return code;
  }

  it('holds the program, the declarations and nothing else', async () => {
    const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json'], {
      cwd: join(root, 'platform'),
    });
    const [packed] = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>);
    const paths = packed?.files.map(({ path }) => path) ?? [];
    for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'README.md', 'LICENSE-MIT'])
      expect(paths).toContain(path);
    const allowed =
      /^(package\.json|openapi\.json|README\.md|LICENSE-(MIT|APACHE)|dist\/[\w/-]+\.(js|d\.ts))$/;
    expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
  });

  it('depends on the plugin of the same version, which is installed once', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect([manifest.version, manifest.dependencies['iroh-net-diagnostics']]).toEqual([version, version]);
    const listed = JSON.parse(await project.shell('npm ls iroh-net-diagnostics --json'));
    expect(listed.dependencies['iroh-net-diagnostics-platform'].dependencies).toMatchObject({
      'iroh-net-diagnostics': { version },
    });
  });

  it('is imported and required, and is typed', async () => {
    const code = `import { Platform, type EndpointView } from 'iroh-net-diagnostics-platform';
const platform = await Platform.start({ dataDir: './data' });
const { endpoints }: { endpoints: EndpointView[] } = await platform.endpoints();
// @ts-expect-error: an unknown option is refused
const wrong = () => Platform.start({ dataDir: './data', prot: 1 });
console.log('endpoints:', endpoints.length, typeof wrong);
await platform.stop();
`;
    await project.write('use.mts', code);
    const options = {
      strict: true,
      skipLibCheck: false,
      target: 'es2023',
      types: ['node'],
      module: 'nodenext',
    };
    await project.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['use.mts'] }));
    await project.tsc('-p', '.');
    expect(await project.node('use.mjs')).toContain('endpoints: 0 function');
    await project.write(
      'use.cjs',
      "console.log('required:', typeof require('iroh-net-diagnostics-platform').Platform);",
    );
    expect(await project.node('use.cjs')).toContain('required: function');
  });

  it('serves, makes a secret meanwhile, and tells its version', async () => {
    const program = 'iroh-net-diagnostics-platform';
    expect(await project.program(program, '--version')).toBe(`${manifest.version}\n`);
    await start(program, ['serve'], /^Dashboard {2}http/m);
    expect(await project.program(program, 'secret', '--label', 'x')).toMatch(
      /^IROH_SERVICES_API_SECRET=services/,
    );
    expect(await end()).toBe(0);
  });

  it.each(['iroh-net-diagnostics-platform', 'iroh-net-diagnostics'])(
    'has the demo by %s',
    async (program) => {
      const [, url = ''] = await start(program, ['demo'], /^Dashboard {2}(\S+)$/m);
      expect((await fetch(url)).status).toBe(200);
      expect(await end()).toBe(0);
    },
  );
});
