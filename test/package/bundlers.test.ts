import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import { until } from '../support/fake-time.js';
import { MarkdownPage } from '../support/markdown.js';
import { Project } from '../support/project.js';

const PACKAGES = [
  ...['express@5', 'esbuild@0.28', 'webpack@5', 'webpack-cli@7', '@vercel/ncc@0.45', 'rollup@4'],
  ...['node-resolve@16', 'commonjs@29', 'json@6'].map((name) => `@rollup/plugin-${name}`),
];

const guide = MarkdownPage.read('docs/guides/bundlers.md');
const codeOf = (page: MarkdownPage, kind: string) =>
  page.fences.filter(({ language }) => language === kind).map(({ code }) => code.trim());

const lines = codeOf(guide, 'sh');
/** Each of them, and those that take an app in CommonJS with such a one, too. */
const builds = [
  ...lines,
  ...lines
    .filter((line) => /esbuild.*\.cjs$|-e @number0/.test(line))
    .map((line) => line.replace(' app.mjs', ' app.cjs')),
];

/** The ten lines for Express, on a port that is free. */
const [tenLines = ''] = codeOf(MarkdownPage.read('docs/guides/express.md'), 'ts');
const app = `${tenLines.replace('3000', '0')}
server.once('listening', () => console.log('on port', server.address().port, '.'));
`;
const inCommonJs = app.replace(/^import (.*) from (.*);$/gm, 'const $1 = require($2);');

describe("the guide's commands, run on the ten lines for Express", () => {
  let project: Project;
  /** Where the bundle runs: nothing is there but what the guide says to ship. */
  let deployed: string;

  beforeAll(async () => {
    console.log('Installing the tarball beside Express and four bundlers into an empty project (about 20 s)');
    project = await Project.create(PACKAGES);
    await project.write('app.mjs', app);
    await project.write('app.cjs', inCommonJs);
    for (const code of codeOf(guide, 'js')) {
      await project.write(/^\/\/ (\S+)\n/.exec(code)?.[1] ?? 'nameless.js', code);
    }
    deployed = await mkdtemp(join(tmpdir(), 'net-diagnostics-deployed-'));
  });
  afterAll(async () => {
    await project?.remove();
    await rm(deployed, { recursive: true, force: true });
  });

  it('are all there', () => {
    const programs = lines.map((line) => line.split(' ')[1]);
    expect(programs).toEqual(['esbuild', 'esbuild', 'webpack', 'rollup', 'ncc', 'ncc']);
    expect(builds).toHaveLength(8);
    expect(inCommonJs).not.toContain('import');
  });

  // Bug: esbuild in CommonJS failed for want of the optional OpenTelemetry.
  it.each(builds)('build an app whose button works: %s', async (line) => {
    await rm(join(project.folder, 'dist'), { recursive: true, force: true });
    await project.shell(line);

    const folder = await mkdtemp(join(deployed, 'app-'));
    await cp(join(project.folder, 'dist'), folder, { recursive: true });
    if (!line.includes('ncc') || line.includes('@number0')) {
      await mkdir(join(folder, 'node_modules'));
      await symlink(
        join(project.folder, 'node_modules', '@number0'),
        join(folder, 'node_modules', '@number0'),
      );
    }
    const entry = readdirSync(folder).find((name) => /^(app|index)\.[cm]?js$/.test(name)) ?? 'no entry';

    const platform = await TestPlatform.start({ timeoutMs: 20_000 });
    const child = project.start(join(folder, entry), platform.env);
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += chunk));
    try {
      await until(() => /^on port \d+ \.$/m.test(printed), 15_000);
      const { endpointId } = await platform.granted();
      expect((await platform.dialBack()).endpointId).toBe(endpointId);
      const port = /on port (\d+)/.exec(printed)?.[1];
      const page = await fetch(`http://127.0.0.1:${port}/net-diagnostics/`);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('html')]);
      await page.text();
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(15_000) });
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      await platform.stop();
    }
  });
});
