import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = dirname(import.meta.dirname);
const HOUSE = ['lib', 'integrations', 'samples', 'platform', 'web'];

/** Those of the house's folders that are there. */
const houseIn = (folder: string) => HOUSE.filter((name) => existsSync(join(folder, name)));

interface Cruise {
  modules: unknown[];
  summary: { violations: { from: string; to: string; rule: { name: string } }[] };
}

/** What the rules of .dependency-cruiser.js say to the house below this folder. */
function cruise(folder: string): Cruise & { wrong: string[] } {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
      ...['--config', join(root, '.dependency-cruiser.js'), '--output-type', 'json'],
      ...houseIn(folder),
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (stdout === '') throw new Error(stderr);
  const found = JSON.parse(stdout) as Cruise;
  const wrong = found.summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`);
  return { ...found, wrong };
}

describe('the house', () => {
  it('keeps its floors, front doors, packages and pure rooms, and has no circle', () => {
    const { modules, wrong } = cruise(root);
    expect(modules.length).toBeGreaterThan(400);
    expect(wrong).toEqual([]);
  });

  it('has every room and side door that its rules name', async () => {
    // By its URL: plain JavaScript, which the type check leaves out.
    const rules: Record<'FLOORS' | 'PLATFORM_FLOORS' | 'SIDE_DOORS', (string | string[])[]> = await import(
      pathToFileURL(join(root, '.dependency-cruiser.js')).href
    );
    const { FLOORS, PLATFORM_FLOORS, SIDE_DOORS } = rules;
    const gone = [...FLOORS, ...PLATFORM_FLOORS, ...SIDE_DOORS]
      .flat()
      .filter((path) => !existsSync(join(root, path)));
    expect(gone).toEqual([]);
  });

  // The parser that dependency-cruiser uses does not see these.
  it('names no file by import() in a type', () => {
    const files = houseIn(root).flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.tsx?$/.test(file) && !file.includes('node_modules'))
        .map((file) => join(folder, file)),
    );
    const wrong = files.filter((file) => {
      const code = readFileSync(join(root, file), 'utf8').replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
      return /\btypeof import\(\s*'\.|\bimport\(\s*'\.[^']*'\)\.[A-Z]/.test(code);
    });
    expect(wrong).toEqual([]);
  });

  it('listens to a signal, and links signals, in lib/async alone', () => {
    const wrong = ['lib', 'integrations'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((file) => join(folder, file))
        .filter((file) => file.endsWith('.ts') && !file.startsWith(join('lib', 'async')))
        .filter((file) =>
          /EventListener\(\s*'abort'|AbortSignal\.any/.test(readFileSync(join(root, file), 'utf8')),
        ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the rules of the house', () => {
  const planted = {
    'lib/errors.ts': "export * from './wire/index.js';",
    'lib/wire/index.ts': "export * from './clock.js';",
    'lib/wire/clock.ts':
      "import { readFileSync } from 'node:fs';\nexport const now = [Date.now(), new Date(0), readFileSync];",
    'lib/wire/chance.ts':
      "import { randomBytes, sign } from 'node:crypto';\nexport default [randomBytes, sign, setTimeout];",
    'lib/probes/index.ts':
      "import type { Endpoint } from '../transport/index.js';\nexport type Probe = Endpoint;",
    'lib/transport/index.ts':
      "import '../wire/clock.js';\nimport '@number0/iroh';\nexport type Endpoint = 1;",
    'lib/host/index.ts': "export * from './one.js';",
    'lib/host/one.ts': "export type { Two } from './two.js';\nexport type One = 1;",
    'lib/host/two.ts': "import type { One } from './one.js';\nexport type Two = One;",
    'lib/services/index.ts': "await import('../host/index.js');",
    'platform/index.ts': "await import('express');\nawait import('../lib/host/index.js');",
    'platform/store/index.ts': "import '../identities/index.js';",
    'platform/identities/index.ts': "import '../changes/index.js';",
    'platform/changes/index.ts': "import '../store/sql.js';",
    'platform/store/sql.ts': 'export {};',
    'lib/http/index.ts': "import './no-such-file.js';\nimport 'vite';",
    'lib/attic/index.ts': "import '../wire/index.js';",
    'lib/cli/index.ts': "import '../cellar.js';",
    'lib/cellar.ts': 'export {};',
    'samples/main.ts': "import 'express';",
    'integrations/nest/index.ts': "import '../../lib/wire/index.js';",
  };
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'net-diagnostics-house-'));
    for (const [file, text] of Object.entries(planted)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${text}\n`);
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('find each mistake that is planted, and nothing else', () => {
    const wrong = cruise(folder).wrong.map((line) => line.replace(/→ .*node_modules\//, '→ '));
    expect(wrong.sort()).toEqual([
      'circle: lib/host/one.ts → lib/host/two.ts',
      'express-outside-its-room: platform/index.ts → express/index.js',
      'floor-1-imports-upwards: lib/errors.ts → lib/wire/index.ts',
      'floor-6-imports-sideways: lib/probes/index.ts → lib/transport/index.ts',
      'leads-to-no-room: lib/cli/index.ts → lib/cellar.ts',
      'leads-to-no-room: lib/http/index.ts → ./no-such-file.js',
      'not-by-the-front-door: lib/transport/index.ts → lib/wire/clock.ts',
      'not-pure: lib/wire/clock.ts → fs',
      'platform-and-app-meet-beside-the-wire: lib/services/index.ts → lib/host/index.ts',
      'platform-and-app-meet-beside-the-wire: platform/index.ts → lib/host/index.ts',
      'platform-beside-the-entries: platform/index.ts → lib/host/index.ts',
      'platform-floor-2-imports-upwards-or-sideways: platform/store/index.ts → platform/identities/index.ts',
      'platform-floor-3-imports-upwards-or-sideways: platform/identities/index.ts → platform/changes/index.ts',
      'stands-in-no-room: lib/attic/index.ts → lib/wire/index.ts',
      'unknown-package: lib/http/index.ts → vite/dist/node/index.js',
      'unresolvable: lib/http/index.ts → ./no-such-file.js',
    ]);
  });

  it('keep clock and chance out of the pure rooms', () => {
    for (const path of ['biome.json', 'scripts/lint'])
      cpSync(join(root, path), join(folder, path), { recursive: true });
    const { stdout } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
        ...['lint', '--vcs-enabled=false', '--reporter=github', 'lib/wire'],
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    const found = [...stdout.matchAll(/title=([^,]*),file=[^,]*\/([^,/]+),line=(\d+),[^:]*::(.*)/g)].map(
      ([, rule, file, line, message]) => `${file}:${line} ${rule}: ${message}`,
    );
    expect(found.sort()).toEqual([
      'chance.ts:1 lint/style/noRestrictedImports: A pure room has no randomness.',
      'chance.ts:2 lint/style/noRestrictedGlobals: Do not use the global variable setTimeout.',
      'clock.ts:2 plugin: A pure room: take the time, or what chance decides, as an argument.',
    ]);
  });
});
