import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_NAMES, variableOf } from '../../platform/config/index.js';
import { PlatformKey } from '../../platform/identities/platform-key.js';
import { until } from '../support/fake-time.js';
import { freePort } from '../support/free-port.js';
import { MarkdownPage, ROOT } from '../support/markdown.js';
import { nginxProgram } from '../support/nginx.js';
import { systemdAnalyze } from '../support/systemd.js';
import { DockerfileRun } from './support/dockerfile.js';
import { Schemas } from './support/schemas.js';

const run = promisify(execFile);
const DEPLOY = join(ROOT, 'deploy');
const text = (...names: string[]) => readFile(join(DEPLOY, ...names), 'utf8');
const VARIABLES = new Set(CONFIG_NAMES.map(variableOf));
/** Variables that are no setting. */
const unknown = (names: readonly string[]) => names.filter((name) => !VARIABLES.has(name));

let folder: string;
let schemas: Schemas;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-deploy-'));
  schemas = await Schemas.create();
});
afterAll(async () => {
  await schemas?.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('the manifests for Kubernetes', () => {
  const FROM: Record<string, string> = {
    'v1 Namespace': 'kubernetes-types/core/v1',
    'v1 ServiceAccount': 'kubernetes-types/core/v1',
    'v1 ConfigMap': 'kubernetes-types/core/v1',
    'v1 Service': 'kubernetes-types/core/v1',
    'apps/v1 Deployment': 'kubernetes-types/apps/v1',
    'networking.k8s.io/v1 Ingress': 'kubernetes-types/networking/v1',
    'networking.k8s.io/v1 NetworkPolicy': 'kubernetes-types/networking/v1',
    'policy/v1 PodDisruptionBudget': 'kubernetes-types/policy/v1',
  };
  interface Manifest {
    apiVersion: string;
    kind: string;
    data?: Record<string, string>;
    resources?: string[];
  }
  it('are resources that its schema knows, all of them named by kustomization.yaml', async () => {
    const all: { name: string; manifest: Manifest }[] = [];
    for (const name of (await readdir(join(DEPLOY, 'kubernetes'))).sort()) {
      const [one, ...more] = await schemas.parse(await text('kubernetes', name));
      expect(more).toEqual([]);
      all.push({ name, manifest: one as Manifest });
    }
    const kustomization = all.find(({ name }) => name === 'kustomization.yaml')?.manifest;
    const resources = all.filter(({ name }) => name !== 'kustomization.yaml');
    expect(kustomization?.resources?.toSorted()).toEqual(resources.map(({ name }) => name));
    const checks = resources.map(({ manifest }) => ({
      type: manifest.kind,
      from: FROM[`${manifest.apiVersion} ${manifest.kind}`] ?? 'a kind that this test does not know',
      value: manifest,
    }));
    await schemas.typeCheck(checks);
    const wrong = JSON.parse(
      JSON.stringify(checks).replace('readOnlyRootFilesystem', 'readonlyRootFilesystem'),
    );
    await expect(schemas.typeCheck(wrong)).rejects.toThrow(/readonlyRootFilesystem/);
    const config = resources.find(({ manifest }) => manifest.kind === 'ConfigMap')?.manifest.data ?? {};
    expect(Object.keys(config).length).toBeGreaterThan(5);
    expect(unknown(Object.keys(config))).toEqual([]);
  });
});

interface ComposeFile {
  name: string;
  services: Record<string, { environment?: Record<string, string>; secrets?: string[] }>;
  secrets: Record<string, { file: string }>;
}

describe('the file for Compose', () => {
  const file = async () => (await schemas.parse(await text('compose.yaml')))[0] as ComposeFile;

  it('is one that its schema knows, with variables that are settings', async () => {
    const compose = await file();
    // The schema that is published as a package is older than the project's name in the file.
    const { name, ...rest } = compose;
    expect(name).toBe('iroh-platform');
    expect(await schemas.composeFaults(rest)).toBeNull();
    const ours = Object.entries(compose.services).filter(([name]) => name.startsWith('platform-'));
    expect(ours).toHaveLength(2);
    for (const [, { environment = {}, secrets = [] }] of ours) {
      expect(unknown(Object.keys(environment))).toEqual([]);
      const files = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'));
      expect(files.sort()).toEqual(secrets.map((name) => `/run/secrets/${name}`).sort());
    }
  });

  it('has the secrets that the script makes, once, for nobody else on the machine', async () => {
    await cp(join(DEPLOY, 'make-secrets.sh'), join(folder, 'make-secrets.sh'));
    await run('sh', [join(folder, 'make-secrets.sh')]);
    const secrets = join(folder, 'secrets');
    const { secrets: wanted } = await file();
    const names = (await readdir(secrets)).sort();
    expect(
      Object.values(wanted)
        .map(({ file: path }) => basename(path))
        .sort(),
    ).toEqual(names);
    expect((await stat(secrets)).mode & 0o777).toBe(0o700);
    const read = () => Promise.all(names.map((name) => readFile(join(secrets, name), 'utf8')));
    const made = Object.fromEntries(names.map((name, index) => [name, index]));
    const before = await read();
    const of = (name: string) => before[made[name] ?? -1]?.trim() ?? '';
    expect(() => PlatformKey.parse(of('platform-key'), 'it')).not.toThrow();
    expect(new URL(of('database')).password).toBe(of('database-password'));
    expect(of('admin-password').length).toBeGreaterThan(20);
    await run('sh', [join(folder, 'make-secrets.sh')]);
    expect(await read()).toEqual(before);
  });
});

describe('the unit for systemd', () => {
  const analyze = systemdAnalyze();

  it.skipIf(analyze === null)('has nothing wrong with it, and little is exposed', async () => {
    const units = join(folder, 'units');
    await cp(join(DEPLOY, 'systemd'), units, { recursive: true });
    const unit = join(units, 'iroh-platform.service');
    await writeFile(unit, (await readFile(unit, 'utf8')).replace('/usr/bin/node', process.execPath));
    const { stderr } = await run(analyze ?? '', ['verify', '--man=no', unit]);
    expect(stderr).toBe('');
    const { stdout } = await run(analyze ?? '', ['security', '--offline=yes', '--no-pager', unit]);
    expect(Number(/exposure level .*: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2);
    const given = [unit, join(units, 'iroh-platform.service.d', 'postgres.conf')];
    const variables = (await Promise.all(given.map((path) => readFile(path, 'utf8')))).flatMap((lines) =>
      [...lines.matchAll(/^Environment=(IROH_\w+)=/gm)].map(([, name = '']) => name),
    );
    expect(unknown(variables).filter((name) => name !== 'IROH_PLATFORM_CONFIG')).toEqual([]);
  });

  it('starts a program that takes its file of settings', async () => {
    const [settings] = (await schemas.parse(await text('systemd', 'platform.yaml'))) as [object];
    const guide = MarkdownPage.read('docs/guides/three-machines.md');
    const [inGuide = ''] = guide.fences.flatMap(({ language, code }) => (language === 'yaml' ? [code] : []));
    const [followed] = (await schemas.parse(inGuide)) as [object];
    const names = [...Object.keys(settings), ...Object.keys(followed)];
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !(CONFIG_NAMES as string[]).includes(name))).toEqual([]);
  });
});

describe('the configuration of nginx', () => {
  const nginx = nginxProgram();

  it.skipIf(nginx === null)('is one that nginx takes', async () => {
    const tls = join(folder, 'tls');
    await mkdir(tls);
    const words =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=platform.example';
    const files = ['-keyout', join(tls, 'privkey.pem'), '-out', join(tls, 'fullchain.pem')];
    await run('openssl', [...words.split(' '), ...files]);
    const inside = (await text('nginx', 'default.conf.template'))
      .replaceAll(/\$\{(?:PLATFORM|RELAY)_NAME\}/g, 'one.example')
      .replaceAll('/tls/', `${tls}/`)
      // Debian's nginx has not this line yet, which only says how `listen` says it.
      .replace('  http2 on;\n', '')
      // Names that only Compose knows.
      .replace(/(platform-[12]|relay):8/g, '127.0.0.1:8');
    const conf = join(folder, 'nginx.conf');
    await writeFile(conf, `pid ${folder}/nginx.pid;\nevents {}\nhttp {\n${inside}\n}\n`);
    await run(nginx ?? '', ['-t', '-q', '-p', folder, '-c', conf, '-e', join(folder, 'error.log')]);
  });
});

describe('the Dockerfile', () => {
  it('makes an image with the packages of the lock file alone, which serves, is found well, and stops when told', {
    timeout: 400_000,
  }, async () => {
    console.log('Following deploy/Dockerfile: installing twice, and building (about a minute)');
    const context = join(folder, 'context');
    const allowed = (await readFile(join(ROOT, '.dockerignore'), 'utf8'))
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const { stdout } = await run('git', ['ls-files', '-coz', '--exclude-standard', '--', ...allowed], {
      cwd: ROOT,
      maxBuffer: 1 << 24,
    });
    for (const path of stdout.split('\0').filter((one) => one !== '' && existsSync(join(ROOT, one))))
      await cp(join(ROOT, path), join(context, path));
    const image = await DockerfileRun.build(await text('Dockerfile'), context, []);
    try {
      for (const name of ['typescript', 'vitest', '@nestjs', '@libsql/linux-x64-musl'])
        expect(existsSync(image.path(`/app/node_modules/${name}`)), name).toBe(false);
      const port = String(await freePort());
      const env = { IROH_PLATFORM_DASHBOARD_PORT: port };
      const isWell = async () => (await once(image.startHealthCheck(env), 'exit'))[0] === 0;
      expect(await isWell()).toBe(false);
      const container = image.start(env);
      const ended = once(container, 'exit');
      try {
        await until(isWell, 30_000);
      } finally {
        container.kill('SIGTERM');
      }
      expect(await ended).toEqual([0, null]);
      expect(await isWell()).toBe(false);
      expect((await stat(image.path('/data/platform'))).mode & 0o777).toBe(0o700);
    } finally {
      await image.remove();
    }
  });
});
