import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalReport } from '../../lib/report/index.js';

const run = promisify(execFile);
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Whether this machine lets us make an empty network namespace. */
const canUnshare = (() => {
  try {
    execFileSync('unshare', ['-rn', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

// The library is compiled for this, since the namespace belongs to another process.
describe.skipIf(!canUnshare)('without any route (a network namespace of its own)', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-no-route-'));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const options = [
      '--ignoreConfig',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
      '--strict',
    ];
    await run(
      tsc,
      [...options, '--rootDir', root, '--outDir', folder, join(root, 'lib', 'diagnose', 'index.ts')],
      {
        cwd: root,
      },
    );
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function reportInside(prepare: string, relays: string[]): Promise<LocalReport> {
    const script = `
      import { diagnose } from './lib/diagnose/index.js';
      const relays = ${JSON.stringify(relays)}.map((url) => ({ url }));
      console.log(JSON.stringify(await diagnose({ relays, environment: { env: {} } })));`;
    const node = [process.execPath, '--input-type=module', '-e', script];
    const { stdout } = await run('unshare', ['-rn', 'sh', '-c', `${prepare}; exec "$@"`, 'sh', ...node], {
      cwd: folder,
    });
    return JSON.parse(stdout);
  }

  it('ends at once and says so', async () => {
    const local = await reportInside('true', ['https://192.0.2.10/', 'https://[2001:db8::10]/']);
    expect(local.endedBy).toBe('no-route');
    expect(local.durationMs).toBeLessThan(500);
    expect(local.verdict.ipv4.udp).toMatchObject({
      value: 'no',
      evidence: expect.arrayContaining(['route IPv4 192.0.2.1']),
    });
    expect(local.verdict.ipv6.routed.value).toBe('no');
    expect(local.summary).toMatchObject({ colour: 'grey', sentence: expect.stringContaining('offline') });
  });

  it('does not wait for names either', async () => {
    const local = await reportInside('true', ['https://relay.example/']);
    expect(local.endedBy).toBe('no-route');
    expect(local.durationMs).toBeLessThan(1000);
  });

  it('goes on where a relay can be reached without the Internet', async () => {
    const local = await reportInside('ip link set lo up', ['http://127.0.0.1:9/']);
    expect(local.endedBy).toBe('finished');
    expect(local.verdict.ipv4.routed.value).toBe('listed-only');
    expect(local.probes.find(({ ref }) => ref === 'https http://127.0.0.1:9/')?.error?.code).toBe(
      'ECONNREFUSED',
    );
  });
});
