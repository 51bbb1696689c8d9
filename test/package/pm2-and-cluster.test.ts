import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import { until } from '../support/fake-time.js';
import { freePort } from '../support/free-port.js';
import { MarkdownPage } from '../support/markdown.js';
import { COMPILER_OPTIONS, Project } from '../support/project.js';

const { fences } = MarkdownPage.read('docs/guides/pm2-and-cluster.md');
const block = (first: string) => {
  const found = fences.find(({ code }) => code.startsWith(first));
  if (found === undefined) throw new Error(`the guide has no block that begins with ${first}`);
  return found.code;
};

/** The app of the guide, with the options of its first or of its second way. */
const oneAnswers = block('// app.ts');
const optionsOf = (code: string) => /netDiagnostics\(\{[\s\S]*?\n\}\)/.exec(code)?.[0] ?? '';
const ownKeys = fences.find(({ code }) => code.startsWith('import') && code.includes('NODE_APP_INSTANCE'));
const eachAnswers = oneAnswers.replace(optionsOf(oneAnswers), () => optionsOf(ownKeys?.code ?? ''));

describe('two workers, as the guide of pm2 and node:cluster has them', () => {
  let project: Project;
  let platform: TestPlatform;
  let env: Record<string, string>;
  beforeAll(async () => {
    console.log('Installing the tarball beside Express and pm2 into an empty project (about 20 s)');
    project = await Project.create(['express@5', '@types/express@5', '@types/node@20', 'pm2@7']);
    await project.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['*.ts'] }),
    );
    await project.write('ecosystem.config.cjs', block('// ecosystem'));
    await project.write('cluster.ts', block('// cluster.ts'));
  });
  afterAll(() => project?.remove());
  beforeEach(async () => {
    platform = await TestPlatform.start({ timeoutMs: 20_000 });
    env = { ...platform.env, PM2_HOME: join(project.folder, 'pm2') };
  });
  afterEach(() => platform.stop());

  /** Their keys are beside the app, in a folder of its own for each test. */
  const write = async (app: string, keys: string) => {
    const port = await freePort();
    const text = app.replace('/var/lib/my-app', join(project.folder, keys)).replace('3000', String(port));
    await project.write(`${keys}/.keep`, '');
    await project.write('app.ts', text);
    await project.tsc('-p', '.');
    return () => fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status);
  };
  const online = async () => (await platform.endpoints()).filter(({ isOnline }) => isOnline);
  const haveTwoButtons = async () =>
    (await online()).filter(({ name, button }) => name !== null && button.enabled).length === 2;
  const idsOf = (endpoints: readonly { id: string }[]) => endpoints.map(({ id }) => id).sort();

  describe('with pm2', () => {
    const pm2 = (...words: string[]) => project.programIn(env, 'pm2', ...words, '--silent');
    afterEach(() => pm2('kill'));

    it('are two endpoints with a key each, the same after a restart, and leave in an orderly way', async () => {
      const ask = await write(eachAnswers, 'pm2-each');
      await pm2('start', 'ecosystem.config.cjs');
      await until(haveTwoButtons, 20_000);
      const ids = idsOf(await online());
      expect(new Set((await online()).map(({ name }) => name)).size).toBe(2);
      for (const { id, name } of await online()) {
        expect((await platform.dialBack({ name: name ?? '' })).endpointId).toBe(id);
      }
      await until(async () => (await ask()) === 404, 10_000);

      await pm2('restart', 'my-app');
      await until(haveTwoButtons, 20_000);
      expect(idsOf(await platform.endpoints())).toEqual(ids);
      // It returns when they have ended: nobody was killed before the platform knew.
      await pm2('stop', 'my-app');
      await until(async () => (await online()).length === 0, 3_000);
    });

    it('are one endpoint where one answers', async () => {
      await write(oneAnswers, 'pm2-one');
      await pm2('start', 'ecosystem.config.cjs');
      const { endpointId } = await platform.granted();
      expect((await platform.dialBack()).endpointId).toBe(endpointId);
      expect(await platform.endpoints()).toHaveLength(1);
    });
  });

  describe('with node:cluster', () => {
    let primary: ChildProcess | undefined;
    afterEach(() => {
      primary?.kill('SIGKILL');
    });

    it('keep their keys when they are started anew, and end with the primary', async () => {
      await write(eachAnswers, 'cluster-each');
      primary = project.start('cluster.js', env);
      const ended = once(primary, 'exit');
      await until(haveTwoButtons, 20_000);
      const ids = idsOf(await online());
      for (const { id, name } of await online()) {
        expect((await platform.dialBack({ name: name ?? '' })).endpointId).toBe(id);
      }

      primary.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      await until(async () => (await online()).length === 0, 3_000);
      expect(idsOf(await platform.endpoints())).toEqual(ids);
    });

    it('are one endpoint where one answers', async () => {
      await write(oneAnswers, 'cluster-one');
      primary = project.start('cluster.js', env);
      const ended = once(primary, 'exit');
      const { endpointId } = await platform.granted();
      expect((await platform.dialBack()).endpointId).toBe(endpointId);
      expect(await platform.endpoints()).toHaveLength(1);
      primary.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    });
  });
});
