import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runChild } from './support/child.js';
import { compiles } from './support/compiler.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What has to outlast a power cut: the text of the file, and the entries of the folders that are new. */
describe.skipIf(!compiles())('what is written to outlast a power cut is synced, and so is the folder', () => {
  const tools = mkdtempSync(join(tmpdir(), 'files-tools-'));
  const library = join(tools, 'tell-syncs.so');
  beforeAll(() => {
    const source = join(import.meta.dirname, 'support', 'tell-syncs.c');
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
    return () => rmSync(tools, { recursive: true });
  });

  const KINDS: [what: string, program: string, synced: string[]][] = [
    [
      'the key file of an app, in a folder of its own',
      `import { keyFromFile } from './lib/options/key-file.js';
       await keyFromFile(process.env.AT + '/my-app/id.key');`,
      ['', '/my-app/id.key.*.tmp', '/my-app'],
    ],
    [
      'the key of a platform, in a new data folder',
      `import { openIdentity } from './platform/identities/index.js';
       await openIdentity(process.env.AT + '/new/data');`,
      ['', '/new', '/new/data/secret.key.*.tmp', '/new/data'],
    ],
    [
      'the mark of a revocation',
      `import { FileRevocationStore } from './lib/host/index.js';
       await new FileRevocationStore(process.env.AT + '/mark').save(7);`,
      ['/mark.*.tmp', ''],
    ],
  ];
  it.each(KINDS)('%s', async (_what, program, synced) => {
    const log = join(tools, 'log');
    writeFileSync(log, '');
    const { code, stderr } = await runChild(program, {
      env: { AT: folder, LD_PRELOAD: library, TELL_SYNCS: log },
    });
    expect(code, stderr).toBe(0);
    const told = readFileSync(log, 'utf8').split('\n').filter(Boolean);
    expect(told.map((path) => path.replace(folder, '').replace(/\.[0-9a-f]{12}\./, '.*.'))).toEqual(synced);
  });
});

/** A file system without room for a single byte, or the crash that it looks like. */
describe.skipIf(process.platform === 'win32')('a key that could not be written', () => {
  const NO_BYTE = ['sh', '-c', 'ulimit -f 0; exec "$0" "$@"'];

  it.each([
    ['a platform', "import { openIdentity as open } from './platform/identities/index.js';", '.'],
    ['an app', "import { keyFromFile as open } from './lib/options/key-file.js';", './id.key'],
  ])('does not stop the next start of %s', async (_what, load, at) => {
    const program = `${load}
      await open(process.env.AT);
      console.log('there is one');`;
    const options = { env: { AT: join(folder, at) } };
    const failed = await runChild(program, { ...options, enter: NO_BYTE });
    expect(failed.stdout).toBe('');
    expect((await runChild(program, options)).stdout).toBe('there is one\n');
  });
});
