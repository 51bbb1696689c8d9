import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import { until } from '../support/fake-time.js';
import { MarkdownPage } from '../support/markdown.js';
import { COMPILER_OPTIONS, Project } from '../support/project.js';

const { text, fences } = MarkdownPage.read('README.md');
const firstScreen = text.slice(0, text.indexOf('<!-- the first screen ends here -->'));

function codeBlocks(language: string): string[] {
  return fences
    .filter((fence) => fence.language === language && firstScreen.includes(fence.code))
    .map(({ code }) => code);
}

describe("the README's first screen, followed literally", () => {
  let project: Project;
  let app: ChildProcess | undefined;
  let printed = '';

  const start = (env: Record<string, string>) => {
    printed = '';
    app = project.start('main.js', env);
    for (const stream of [app.stdout, app.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
  };

  beforeAll(async () => {
    console.log('Installing the tarball beside NestJS 12 into an empty project (about 20 s)');
    const nest = ['@nestjs/common@12', '@nestjs/core@12', '@nestjs/platform-express@12'];
    project = await Project.create([...nest, '@types/node@20', 'reflect-metadata@0.2', 'rxjs@7']);
    const [lines = ''] = codeBlocks('ts');
    // The one change: a port that is free on every machine.
    await project.write('main.ts', lines.replace('app.listen(3000)', "app.listen(0, '127.0.0.1')"));
    await project.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['main.ts'] }),
    );
    await project.tsc('-p', '.');
  });
  afterEach(() => {
    app?.kill('SIGKILL');
  });
  afterAll(() => project?.remove());

  it('names commands that the package alone brings', async () => {
    expect(codeBlocks('sh')).toEqual([
      'npm install iroh-net-diagnostics\n',
      'npx iroh-net-diagnostics demo\n',
    ]);
    expect(await project.program('iroh-net-diagnostics', 'demo', '--help')).toContain('Run Diagnostics');
  });

  it('says what a newcomer asks first, with links to where it comes from', () => {
    for (const term of ['iroh services', 'API secret', 'Dial-back', 'Grant']) {
      expect(firstScreen.match(new RegExp(`^- \\*\\*${term}\\*\\*`, 'm')), term).not.toBeNull();
    }
    const hosts = MarkdownPage.read('README.md')
      .links.filter((link) => link.startsWith('https:') && firstScreen.includes(link))
      .map((link) => new URL(link).host);
    expect(hosts).toEqual(expect.arrayContaining(['www.iroh.computer', 'docs.iroh.computer']));
  });

  it('has ten lines that work, and without a secret print one line', async () => {
    start({ IROH_SERVICES_API_SECRET: '' });
    await until(() => printed.includes('application successfully started'));
    expect(printed.match(/NetDiagnostics\].*/g)).toEqual([expect.stringContaining('no API secret')]);
    app?.kill('SIGTERM');
    // Nest closes the app, then lets the signal end the process.
    expect(app === undefined ? [] : await once(app, 'exit')).toEqual([null, 'SIGTERM']);
  });

  it('opens the button with a secret, answers it, and stops with the app', async () => {
    const platform = await TestPlatform.start({ timeoutMs: 10_000 });
    start(platform.env);
    const { endpointId } = await platform.granted();
    expect((await platform.dialBack()).endpointId).toBe(endpointId);
    app?.kill('SIGTERM');
    if (app) await once(app, 'exit');
    await until(async () => (await platform.endpoints())[0]?.isOnline === false, 3_000);
    expect(printed).not.toContain((platform.env.IROH_SERVICES_API_SECRET ?? '').slice(0, 40));
    await platform.stop();
  });
});
