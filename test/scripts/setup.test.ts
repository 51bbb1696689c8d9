import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const setup = pathToFileURL(join(import.meta.dirname, '../../scripts/setup.js')).href;

it('a node_modules that is a link to another clone’s is not emptied by an installation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'net-diagnostics-setup-'));
  try {
    const [theirs, ours] = [join(folder, 'theirs'), join(folder, 'ours')];
    for (const path of [theirs, ours]) mkdirSync(path);
    writeFileSync(join(theirs, 'kept'), '');
    symlinkSync(theirs, join(ours, 'node_modules'), 'junction');
    writeFileSync(join(ours, 'package.json'), '{ "name": "ours", "version": "1.0.0" }');
    const lock = { name: 'ours', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'ours' } } };
    writeFileSync(join(ours, 'package-lock.json'), JSON.stringify(lock));

    const code = `const { install } = await import('${setup}'); await install(process.argv[1]);`;
    const args = ['--input-type=module', '-e', code, ours];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(existsSync(join(theirs, 'kept'))).toBe(true);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('is a link') });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
