import { execFile, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { manifest, root } from './support/manifest.js';

const run = promisify(execFile);

/** The oldest Node that will do, and each line that is kept alive upstream. */
const LINES = ['20.19', '22', '24', '26'];

/** The parts that meet Node most: bytes, time, options, its HTTP, and each host. Networks are tested on one line. */
const TESTS = [
  ...['wire', 'report', 'async', 'options', 'client', 'host/', 'http/', 'nest'].map((name) => `test/${name}`),
  ...['express', 'fastify', 'nest'].map((name) => `test/hosts/${name}.test.ts`),
];

/** The registry has Node itself, a package for each system. Kept outside the clone, for the next run of the tests. */
async function node(line: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'iroh-net-diagnostics', 'node', line);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  await run('npm', ['install', ...flags, `${name}@${line}`], { cwd: folder });
  return join(folder, 'node_modules', name, 'bin', 'node');
}

describe.skipIf(process.platform !== 'linux')('the tests of the parts and of the hosts', () => {
  it('begin with the oldest Node that package.json names', () => {
    expect(manifest.engines.node).toBe(`>=${LINES[0]}.0`);
  });

  it.each(LINES)('pass on Node %s', { timeout: 400_000 }, async (line) => {
    const program = await node(line);
    const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout;
    expect(version.startsWith(`v${line}.`), version).toBe(true);

    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const args = ['run', '--project', 'parts', '--tags-filter', '!slow', ...TESTS];
    // What tells a process that it is a worker of this run.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')),
    );
    const ended = await run(program, [vitest, ...args], {
      cwd: root,
      // Programs that the tests start by name are of this line, too.
      env: { ...env, NO_COLOR: '1', PATH: `${dirname(program)}:${env.PATH}` },
      maxBuffer: 1 << 26,
    }).catch((error: { stdout: string }) => error);
    expect(ended.stdout.slice(-4_000)).toMatch(/^Tests: \d{4} passed, 0 failed, \d+ skipped\n$/m);
  });
});
