import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { startChild } from '../support/child.js';
import { Lab } from './harness/lab.js';
import { labRuns } from './harness/tools.js';
import { contacts, watch } from './harness/watch.js';

describe.skipIf(!labRuns([]))('the lab', () => {
  it('leaves nothing behind, even when its process is killed', async () => {
    const child = await startChild(`
      import { Lab } from './test/lab/harness/lab.js';
      import { home, MASQUERADE, nat } from './test/lab/topologies/base.js';
      const lab = await Lab.start(home(nat(MASQUERADE)));
      lab.start('inet', ['sleep', '1000']);
      console.log(await lab.run('rtr', ['readlink', '/proc/self/ns/pid', '/proc/self/ns/net']));
      setInterval(() => {}, 1000);`);
    const worlds = [await child.line(/^pid:/), await child.line(/^net:/)];
    // The router has no program of its own: its namespace is held by the lab's mount alone.
    expect(inhabitants(worlds[0] ?? '')).not.toEqual([]);
    const before = readdirSync('/run').includes('netns') ? readdirSync('/run/netns') : [];
    child.process.kill('SIGKILL');
    await child.ended;
    await vi.waitFor(() => {
      for (const world of worlds) expect(inhabitants(world)).toEqual([]);
    }, 5000);
    expect(before.filter((name) => ['inet', 'rtr', 'cli', 'ra', 'rb'].includes(name))).toEqual([]);
  });

  it('says why it could not be built', async () => {
    const broken = { hosts: { cli: { nft: 'table inet x { nonsense }' } }, links: [] };
    await expect(Lab.start(broken)).rejects.toThrow(/not built.*nonsense/s);
  });

  it("sees whom a host writes to, also where the host's own firewall drops it", async () => {
    const nft = `table inet own {
  chain output {
    type filter hook output priority filter; policy accept;
    udp dport 9 drop
  }
}`;
    const lab = await Lab.start({
      hosts: {
        cli: { addresses: { eth0: ['192.168.1.100/24', '2001:db8:1::100/64'] }, nft },
        rtr: { addresses: { lan0: ['192.168.1.1/24'] } },
      },
      links: [['cli/eth0', 'rtr/lan0']],
    });
    try {
      await watch(lab, 'cli');
      expect(await contacts(lab, 'cli')).toEqual([]);
      const send = `const s = require('node:dgram').createSocket(process.argv[1]);
        s.send('x', Number(process.argv[3]), process.argv[2], () => s.close());`;
      await lab.run('cli', [process.execPath, '-e', send, 'udp4', '192.168.1.1', '9']);
      await lab.run('cli', [process.execPath, '-e', send, 'udp6', '2001:db8:1::1', '10']);
      expect(await contacts(lab, 'cli')).toEqual(['udp 192.168.1.1:9', 'udp [2001:db8:1::1]:10']);
    } finally {
      await lab.close();
    }
  });
});

/** The processes of this machine that live in a namespace. */
function inhabitants(namespace: string): string[] {
  const file = namespace.slice(0, namespace.indexOf(':'));
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/ns/${file}`) === namespace;
    } catch {
      return false; // it has just ended
    }
  });
}
