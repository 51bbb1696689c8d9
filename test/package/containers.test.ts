import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETTINGS } from '../../lib/options/table.js';
import { TestPlatform } from '../../lib/testing/index.js';
import { until } from '../support/fake-time.js';
import { MarkdownPage, ROOT } from '../support/markdown.js';
import { Project } from '../support/project.js';
import { DockerfileRun } from './support/dockerfile.js';
import { Schemas } from './support/schemas.js';

const docker = MarkdownPage.read('docs/guides/docker.md').fences;
const kubernetes = MarkdownPage.read('docs/guides/kubernetes.md').fences;
const blocks = (fences: MarkdownPage['fences'], language: string) =>
  fences.filter((fence) => fence.language === language).map(({ code }) => code);
const [dockerfile = ''] = blocks(docker, 'dockerfile');
const [ignored = ''] = blocks(docker, 'text');
const [compose = ''] = blocks(docker, 'yaml');
const [manifests = ''] = blocks(kubernetes, 'yaml');

interface ComposeFile {
  services: { app: { environment: Record<string, string>; volumes: string[]; secrets: string[] } };
  secrets: Record<string, { file: string }>;
  volumes: Record<string, unknown>;
}
interface Variable {
  name: string;
  value?: string;
  valueFrom?: { fieldRef: { fieldPath: string } };
}
interface StatefulSet {
  spec: { template: { spec: { containers: { env: Variable[]; volumeMounts: { mountPath: string }[] }[] } } };
}

interface Lock {
  packages: Record<string, object>;
}

/**
 * `npm ci` wants an entry for the binary of every system. A registry that has not all of them, or npm itself, may leave some
 * out; this repository's lock file has them.
 */
async function completeLock(project: Project): Promise<void> {
  const read = async (folder: string): Promise<Lock> =>
    JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  const [complete, lock] = [await read(ROOT), await read(project.folder)];
  const binaries = Object.entries(complete.packages).filter(([path]) => path.includes('/@number0/iroh-'));
  Object.assign(lock.packages, Object.fromEntries(binaries));
  await project.write('package-lock.json', JSON.stringify(lock));
}

/** Variables that the settings do not have. */
const unknown = (names: readonly string[]) => {
  const known = new Set<string | null>(Object.values(SETTINGS).map(({ variable }) => variable));
  return names.filter((name) => !known.has(name));
};

describe('the files in the guides of containers', () => {
  /** The Express sample, as an app of a user's. */
  let app: Project;
  let schemas: Schemas;
  beforeAll(async () => {
    console.log('Installing the Express sample, and what checks YAML, into empty folders (about 20 s)');
    app = await Project.copyOf(join(ROOT, 'samples', 'express'));
    schemas = await Schemas.create();
  });
  afterAll(async () => {
    await app?.remove();
    await schemas?.remove();
  });

  it('are, for Kubernetes, resources that its schema knows, with variables that are settings', async () => {
    const [set, service] = (await schemas.parse(manifests)) as [StatefulSet, object];
    const resources = [
      { type: 'StatefulSet', from: 'kubernetes-types/apps/v1', value: set },
      { type: 'Service', from: 'kubernetes-types/core/v1', value: service },
    ];
    await schemas.typeCheck(resources);
    const wrong = JSON.parse(JSON.stringify(set).replace('"mountPath"', '"mountpath"'));
    await expect(
      schemas.typeCheck([{ type: 'StatefulSet', from: 'kubernetes-types/apps/v1', value: wrong }]),
    ).rejects.toThrow(/mountpath/);

    const [container] = set.spec.template.spec.containers;
    expect(unknown((container?.env ?? []).map(({ name }) => name))).toEqual([]);
    // Where the variables point to, something is mounted.
    const mounted = (container?.volumeMounts ?? []).map(({ mountPath }) => mountPath);
    const files = (container?.env ?? []).flatMap(({ value }) => (value?.startsWith('/') ? [value] : []));
    expect(files.length).toBe(2);
    expect(files.filter((file) => !mounted.includes(dirname(file)))).toEqual([]);
  });

  it('are, for Compose, a file that its schema knows, with variables that are settings', async () => {
    const [file] = (await schemas.parse(compose)) as [ComposeFile];
    expect(await schemas.composeFaults(file)).toBeNull();
    const wrong = JSON.parse(JSON.stringify(file).replace('"volumes"', '"volume"'));
    expect(await schemas.composeFaults(wrong)).toMatchObject([{ params: { additionalProperty: 'volume' } }]);
    const { environment, volumes, secrets } = file.services.app;
    expect(unknown(Object.keys(environment))).toEqual([]);
    expect(secrets.map((name) => `/run/secrets/${name}`)).toEqual([
      environment.IROH_SERVICES_API_SECRET_FILE,
    ]);
    expect(Object.keys(file.secrets)).toEqual(secrets);
    expect(volumes).toEqual([`state:${dirname(environment.IROH_SECRET_KEY_FILE ?? '')}`]);
    expect(Object.keys(file.volumes)).toEqual(['state']);
  });

  it('make an app that answers the button, and is the same endpoint when it is started anew', async () => {
    // The one line that is not followed literally: the package comes as a tarball, and not from the registry.
    const install = 'COPY package.json package-lock.json ./';
    expect(dockerfile).toContain(install);
    await completeLock(app);
    const image = await DockerfileRun.build(
      dockerfile.replace(install, install.replace(' ./', ' iroh-net-diagnostics-0.1.0.tgz ./')),
      app.folder,
      ignored.trim().split('\n'),
    );
    const platform = await TestPlatform.start({ timeoutMs: 20_000 });
    try {
      await expect(stat(image.path('/app/node_modules/typescript'))).rejects.toThrow('ENOENT');
      const [file] = (await schemas.parse(compose)) as [ComposeFile];
      const { environment } = file.services.app;
      const { IROH_SERVICES_API_SECRET = '', ...quiet } = platform.env;
      const secretFile = image.path(environment.IROH_SERVICES_API_SECRET_FILE ?? '');
      await mkdir(dirname(secretFile), { recursive: true });
      await writeFile(secretFile, `${IROH_SERVICES_API_SECRET}\n`, { mode: 0o600 });
      const ids = new Set<string>();
      for (const _ of ['first', 'again']) {
        const container = image.start({ ...quiet, ...environment, PORT: '0' });
        const ended = once(container, 'exit');
        try {
          ids.add((await platform.granted({ name: environment.NET_DIAGNOSTICS_NAME })).endpointId);
          await platform.dialBack();
        } finally {
          container.kill('SIGTERM');
        }
        expect(await ended).toEqual([0, null]);
        await until(async () => (await platform.endpoints()).every(({ isOnline }) => !isOnline), 3_000);
      }
      expect(ids.size).toBe(1);
      expect((await stat(image.path('/var/lib/my-app/iroh.key'))).mode & 0o777).toBe(0o600);
    } finally {
      await platform.stop();
      await image.remove();
    }
  });
});
