import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LocalReport } from '../../lib/index.js';
import { loadBinding } from '../../lib/transport/binding.js';
import { defaultRelays } from '../../lib/transport/relays.js';
import { Lab } from './harness/lab.js';
import { RELAY_A, RELAY_PORTS } from './harness/relays.js';
import { labRuns } from './harness/tools.js';
import { type Contact, contact, contacts, watch } from './harness/watch.js';
import { firewall, home, MASQUERADE, nat } from './topologies/base.js';

const DEMO = join(import.meta.dirname, '../../scripts/demo.js');
/** A fresh clone is built first. */
const START_TIMEOUT_MS = 90_000;

const ROUTER = '192.168.1.1';
const GATEWAY = [
  contact('tcp', ROUTER, 5000),
  contact('udp', ROUTER, 1900),
  contact('udp', ROUTER, 5351),
  contact('udp', '239.255.255.250', 1900),
];

/** Runs the demo in a home, whose names of n0's relays all lead to one machine, and lets its app make a report. */
async function runDemo(...words: readonly string[]): Promise<{ report: LocalReport; written: Contact[] }> {
  const n0 = defaultRelays(await loadBinding()).map(({ url }) => new URL(url).hostname);
  const topology = home(`${nat(MASQUERADE)}\n${firewall()}`);
  const lab = await Lab.start({ ...topology, names: n0.map((host) => `${RELAY_A.ipv4} ${host}`) });
  try {
    await watch(lab, 'cli');
    const program = lab.start('cli', [process.execPath, DEMO, 'express', ...words]);
    const line = await program.says(/Its page\s+http:\S+/, START_TIMEOUT_MS);
    const ask = `const [, url] = process.argv;
      const status = async () => (await fetch(url + 'status')).json();
      while ((await status()).state !== 'online') await new Promise((resolve) => setTimeout(resolve, 100));
      console.log(await (await fetch(url + 'report', { method: 'POST' })).text());`;
    const url = line.replace(/^.*\s/, '');
    const node = [process.execPath, '--input-type=module', '-e', ask, url];
    return { report: JSON.parse(await lab.run('cli', node)), written: await contacts(lab, 'cli') };
  } finally {
    await lab.close();
  }
}

describe.skipIf(!labRuns([]))('npm run demo in a home', () => {
  it('writes to nobody but the gateway', async () => {
    const { report, written } = await runDemo();
    expect(report.settings.relays).toEqual([]);
    expect(written.filter((each) => !GATEWAY.includes(each))).toEqual([]);
    expect(written).toContain(contact('udp', ROUTER, 5351));
  });

  it("asks n0's relays with --online", async () => {
    const { report, written } = await runDemo('--online');
    expect(report.settings.relays.map(({ url }) => url)).toContain('https://euc1-1.relay.n0.iroh.link./');
    expect(written).toContain(contact('udp', RELAY_A.ipv4, RELAY_PORTS.quic));
    expect(written).toContain(contact('tcp', RELAY_A.ipv4, RELAY_PORTS.https));
    // The platform stays on this machine all the same.
    const paths = report.endpoint?.paths.map(({ remoteAddr }) => remoteAddr) ?? [];
    expect(paths).not.toEqual([]);
    expect(paths.filter((path) => !/^(127\.0\.0\.1|\[::1\]):/.test(path))).toEqual([]);
  });
});
