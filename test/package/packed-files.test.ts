import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { MarkdownPage } from '../support/markdown.js';
import { entries, manifest, root } from './support/manifest.js';

const ROOM = '(?:lib|integrations)(?:/[\\w-]+)*';

/** Everything that may be packed; a file that none of these describes has no business in the tarball. */
const ALLOWED = [
  /^(package\.json|(README|CHANGELOG|SECURITY|CONTRIBUTING)\.md|LICENSE-(MIT|APACHE)|llms\.txt)$/,
  /^docs\/([\w-]+\.(md|webp)|(guides|decisions)\/[\w-]+\.md)$/,
  /^docs\/grafana\/[\w-]+\.(md|json|yaml)$/,
  /^deploy\/(([\w-]+\/)*[\w-]+(\.service\.d\/\w+)?\.(yaml|toml|conf|service|sh|template|conf\.template)|(relay\/)?Dockerfile|\.env\.example)$/,
  /^samples\/[\w-]+\/([\w.-]+\.ts|README\.md|(package|tsconfig)\.json)$/,
  /^dist\/schema\.json$/,
  /^dist\/cjs\/package\.json$/,
  /^dist\/(esm|cjs)\/chunks\/[\w-]+\.js$/,
  new RegExp(`^dist/(esm|cjs)/${ROOM}/[\\w.-]+\\.d\\.ts$`),
];

/** Bytes, unpacked and packed: what `npm install` costs beside the binding. A jump is to be meant, not missed. */
const MAX_UNPACKED = 4_200_000;
const MAX_PACKED = 1_400_000;

interface Packed {
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}

let packed: Packed;
let paths: string[];
const read = (path: string) => readFileSync(join(root, path), 'utf8');

beforeAll(async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json'], {
    cwd: root,
    maxBuffer: 1 << 24,
  });
  // npm 10 answers a list, later ones an object by package name.
  [packed = { size: 0, unpackedSize: 0, files: [] }] = Object.values<Packed>(JSON.parse(stdout));
  paths = packed.files.map(({ path }) => path);
});

describe('the packed tarball', () => {
  it('holds every file that package.json names', () => {
    const named = entries.flatMap((entry) =>
      [entry.import, entry.require].flatMap((to) => Object.values(to)),
    );
    const wanted = [...named, ...Object.values(manifest.bin), 'dist/schema.json'].map((path) =>
      path.replace(/^\.\//, ''),
    );
    expect(wanted.length).toBeGreaterThan(20);
    for (const path of wanted) expect(paths).toContain(path);
  });

  it('holds nothing else: no sources, tests, maps or marks of the build', () => {
    const named = [...entries.flatMap((entry) => [entry.import.default, entry.require.default])];
    const code = [...named, ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, ''));
    const surplus = paths.filter((path) => !code.includes(path) && !ALLOWED.some((form) => form.test(path)));
    expect(surplus).toEqual([]);
    expect(packed.unpackedSize).toBeLessThan(MAX_UNPACKED);
    expect(packed.size).toBeLessThan(MAX_PACKED);
  });

  it('has every page and picture that its pages link to', () => {
    const pages = paths.filter((path) => path.endsWith('.md')).map((path) => MarkdownPage.read(path));
    expect(pages.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'docs/README.md']));
    const dead = pages.flatMap(({ path, links }) =>
      links
        .filter((link) => !/^(https:|#)/.test(link))
        .map((link) => ({ path, link, to: posix.join(dirname(path), link.replace(/#.*/, '')) }))
        .filter(({ to }) => !paths.includes(to))
        .map(({ link }) => `${path}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  it('has each relative import of its code and its declarations inside', () => {
    const missing = paths
      .filter((path) => /\.(js|d\.ts)$/.test(path))
      .flatMap((path) =>
        [...read(path).matchAll(/(?:^import|^export|\bimport\(|\brequire\()[^'"\n]*['"](\.[^'"\n]+)['"]/gm)]
          .map(([, to = '']) => posix.join(dirname(path), to))
          .map((to) => (path.endsWith('.d.ts') ? to.replace(/\.js$/, '.d.ts') : to))
          .filter((to) => !paths.includes(to)),
      );
    expect(missing).toEqual([]);
  });

  it('has each module once a format, so that classes are the same for all entries, and nobody else’s code', () => {
    for (const format of ['esm', 'cjs']) {
      const modules = paths
        .filter((path) => path.startsWith(`dist/${format}/`) && path.endsWith('.js'))
        .flatMap((path) => [...read(path).matchAll(/^\/\/ (\S+)\.js$/gm)].map(([, module = '']) => module))
        .filter((module) => !module.includes('rolldown/runtime'));
      expect(modules.length).toBeGreaterThan(150);
      expect(new Set(modules).size).toBe(modules.length);
      // What scripts/web.js has built is JavaScript before it is compiled.
      const known = sources().map((path) => path.replace(/(?<!\.d)\.[jt]s$/, ''));
      for (const module of modules) expect(known).toContain(module);
    }
  });

  it.each([
    ['esm', 'await import("@number0/iroh/index.js")'],
    ['cjs', 'await /* @__PURE__ */ __toESM(require("@number0/iroh/index.js")'],
  ])('loads the binding late in the %s build', (format, late) => {
    const code = paths
      .filter((path) => path.startsWith(`dist/${format}/`) && path.endsWith('.js'))
      .map(read)
      .join('\n');
    expect(code).toContain(late);
    expect(code.match(/(?:from|import\(|require\()\s*["']@number0\//g)?.length).toBe(1);
  });
});

let listed: string[] | undefined;
function sources(): string[] {
  listed ??= ['lib', 'integrations'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
      posix.join(folder, path.replaceAll('\\', '/')),
    ),
  );
  return listed;
}
