import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'net-diagnostics-release-'));
  const files = ['package.json', 'platform', 'lib/report/constants.ts', 'samples', 'CHANGELOG.md'];
  const filter = (path: string) => !/[\\/](?:node_modules|dist)$/.test(path);
  for (const file of files) cpSync(join(root, file), join(folder, file), { recursive: true, filter });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function release(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts', 'release.js'), '--in', folder, ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');

describe('the release script', () => {
  it('writes the version wherever it stands, once, and the date into the changelog', () => {
    expect(release('9.8.7')).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(textOf('package.json')).version).toBe('9.8.7');
    expect(JSON.parse(textOf('platform/package.json'))).toMatchObject({
      version: '9.8.7',
      dependencies: { 'iroh-net-diagnostics': '9.8.7', commander: expect.not.stringContaining('9.8.7') },
    });
    expect(textOf('lib/report/constants.ts')).toContain("PACKAGE_VERSION = '9.8.7'");
    expect(textOf('platform/version.ts')).toContain("'9.8.7'");
    expect(textOf('samples/nest/README.md')).toContain('iroh-net-diagnostics-9.8.7.tgz');
    expect(textOf('CHANGELOG.md')).toMatch(/^## 9\.8\.7 \(\d{4}-\d\d-\d\d\)$/m);
    expect(release('--check', 'v9.8.7')).toMatchObject({ status: 0, stderr: '' });
  });

  it('lets no tag through that is not what stands everywhere, or has no words in the changelog', () => {
    const { version } = JSON.parse(textOf('package.json'));
    expect(release('--check', `v${version}`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('unreleased'),
    });
    release(version);
    const { status, stderr } = release('--check', 'v9.8.7');
    expect(status).toBe(1);
    expect(stderr).toContain(`platform/version.ts says ${version}, not 9.8.7.`);
    expect(stderr).toContain(`CHANGELOG.md begins with ${version}: what is new in 9.8.7?`);
  });

  it('asks which version', () => {
    expect(release('next')).toMatchObject({ status: 1, stderr: expect.stringContaining('Which version?') });
  });
});
