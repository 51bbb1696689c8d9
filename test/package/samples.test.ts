import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import { until } from '../support/fake-time.js';
import { MarkdownPage, ROOT } from '../support/markdown.js';
import { Project } from '../support/project.js';

describe.each(['express', 'fastify', 'nest'])('the %s sample, copied out, by its own README', (host) => {
  const [lines = ''] = MarkdownPage.read(`samples/${host}/README.md`).fences.map(({ code }) => code);
  const [install, build, start] = lines.trim().split('\n');
  let project: Project;
  let app: ChildProcess | undefined;
  beforeAll(async () => {
    console.log(`Installing the ${host} sample into an empty folder (about 15 s)`);
    project = await Project.copyOf(join(ROOT, 'samples', host));
  });
  afterEach(() => {
    app?.kill('SIGKILL');
  });
  afterAll(() => project?.remove());

  it('is installed, built and started by three lines, answers the button, shows its page, and stops', async () => {
    // The one that is not followed literally: the package comes as a tarball.
    expect(install).toBe('npm install');
    await project.shell(build ?? '');
    const [variable, program, ...words] = (start ?? '').split(' ');
    expect([variable, program]).toEqual(['IROH_SERVICES_API_SECRET=services…', 'node']);

    const platform = await TestPlatform.start({ timeoutMs: 20_000 });
    app = spawn(process.execPath, words, {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...platform.env, PORT: '0' },
    });
    let printed = '';
    app.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const ended = once(app, 'exit');
    try {
      const { endpointId } = await platform.granted();
      expect((await platform.dialBack()).endpointId).toBe(endpointId);
      await until(() => /The app listens on \S+\n/.test(printed));
      const [, url] = /The app listens on (\S+)\n/.exec(printed) ?? [];
      const page = await fetch(`${url}/net-diagnostics/`);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('html')]);
      app.kill('SIGTERM');
      const [code, signal] = await ended;
      // Nest closes the app, then lets the signal end the process.
      expect(code === 0 || signal === 'SIGTERM').toBe(true);
      await until(async () => (await platform.endpoints())[0]?.isOnline === false, 5_000);
    } finally {
      await platform.stop();
    }
  });
});
