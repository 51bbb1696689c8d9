import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Whether this machine lets us make namespaces in which files can be replaced. */
const canUnshare = (() => {
  try {
    execFileSync('unshare', ['-rnm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A lookup that waits for one of ours takes as long as a dead name server is waited for: five seconds and more. */
const LONG_MS = 1500;

// The library is compiled for this, since the namespaces belong to another process.
describe.skipIf(!canUnshare)("the app's own name lookups, where the name server is dead", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-lookups-'));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
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
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    await run(
      tsc,
      [...options, '--rootDir', root, '--outDir', folder, join(root, 'lib', 'diagnose', 'index.ts')],
      {
        cwd: root,
      },
    );
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'hosts'), '127.0.0.1 localhost\n192.0.2.55 app.test\n');
    await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('do not wait for those of a report, neither during it nor after it', async () => {
    const script = `
      import { createSocket } from 'node:dgram';
      import { once } from 'node:events';
      import { lookup } from 'node:dns/promises';
      import { setTimeout as sleep } from 'node:timers/promises';
      import { diagnose } from './lib/diagnose/index.js';
      const dead = createSocket('udp4').bind(53, '127.0.0.1');
      await once(dead, 'listening');
      const took = async () => {
        const startedAt = performance.now();
        await lookup('app.test');
        return performance.now() - startedAt;
      };
      const alone = await took();
      const relays = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ url: 'https://' + name + '.relay.test/' }));
      const report = diagnose({ relays, environment: { env: {} } });
      await sleep(300);
      const during = await took();
      const { endedBy, probes } = await report;
      const silent = probes.filter(({ error }) => error?.code === 'DNS_SILENT').length;
      console.log(JSON.stringify({ alone, during, after: await took(), endedBy, silent }));
      dead.close();`;
    const node = [process.execPath, '--input-type=module', '-e', script];
    // A route, since without any there is nothing to wait for.
    const prepare = [
      'ip link set lo up',
      'ip addr add 203.0.113.1/24 dev lo',
      'ip route add default via 203.0.113.2 dev lo',
      'mount --bind hosts /etc/hosts',
      'mount --bind resolv.conf /etc/resolv.conf',
    ].join(' && ');
    const { stdout } = await run('unshare', ['-rnm', 'sh', '-c', `${prepare} && exec "$@"`, 'sh', ...node], {
      cwd: folder,
      env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    });
    const { alone, during, after, silent } = JSON.parse(stdout);
    // The name server was asked, and was dead.
    expect(silent, stdout).toBeGreaterThan(0);
    expect(during, stdout).toBeLessThan(alone + LONG_MS);
    expect(after, stdout).toBeLessThan(alone + LONG_MS);
  }, 30_000);
});
