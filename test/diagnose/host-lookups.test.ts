import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChild } from '../support/child.js';
import { CAN_UNSHARE, inNamespace } from './support/namespace.js';

/** A lookup that waits for one of ours takes seconds: as long as a dead name server is waited for. Alone it takes a few ms. */
const LONG_MS = 400;

describe.skipIf(!CAN_UNSHARE)("the app's own name lookups, where the name server is dead", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-lookups-'));
    await writeFile(join(folder, 'hosts'), '127.0.0.1 localhost\n192.0.2.55 app.test\n');
    await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('do not wait for those of a report, neither during it nor after it', async () => {
    const source = `
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
    const { stdout } = await runChild(source, {
      enter: inNamespace(
        'ip link set lo up',
        // A route, since without any there is nothing to wait for.
        'ip addr add 203.0.113.1/24 dev lo',
        'ip route add default via 203.0.113.2 dev lo',
        `mount --bind '${join(folder, 'hosts')}' /etc/hosts`,
        `mount --bind '${join(folder, 'resolv.conf')}' /etc/resolv.conf`,
      ),
    });
    const { alone, during, after, silent } = JSON.parse(stdout);
    // The name server was asked, and was dead.
    expect(silent, stdout).toBeGreaterThan(0);
    expect(during, stdout).toBeLessThan(alone + LONG_MS);
    expect(after, stdout).toBeLessThan(alone + LONG_MS);
  }, 30_000);
});
