import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { DiagnoseOptions } from '../../lib/diagnose/index.js';
import type { LocalReport } from '../../lib/report/index.js';
import { COMPILED, compile } from '../support/compile.js';
import { LabCa } from './qad/support/lab-ca.js';
import { IROH_RELAY, Programs, runsHere } from './qad/support/programs.js';
import { startRelay } from './qad/support/relay.js';
import { FakeStunServer, honest } from './support/stun-server.js';

const HOST = 'relay.test';
const mayRun = runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');
const run = promisify(execFile);

describe.skipIf(!mayRun)('workers of node:cluster', () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function reports(options: DiagnoseOptions): Promise<LocalReport[]> {
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-cluster-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    await compile(join(import.meta.dirname, 'support', 'cluster-here.ts'), folder);
    const { stdout } = await run(process.execPath, [join(folder, COMPILED), JSON.stringify(options)]);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LocalReport);
  }

  it('get ports of their own, and their own answers', async () => {
    const ca = new LabCa();
    const programs = new Programs();
    ends.push(
      () => programs.close(),
      () => ca.remove(),
    );
    const root = ca.root('Lab CA');
    const relay = await startRelay(programs, ca, ca.server(root, HOST), 'info');
    const servers = [await FakeStunServer.start(honest), await FakeStunServer.start(honest)];
    for (const server of servers) ends.push(() => server.close());
    const made = await reports({
      relays: [{ url: `https://${HOST}:${relay.https}/`, quicPort: relay.quic }],
      stun: servers.map(({ label }) => label),
      probes: ['qad', 'stun'],
      ca: [root.cert],
      deadline: 10_000,
    });
    expect(made).toHaveLength(2);
    const seen = made.flatMap(({ probes }) =>
      probes.flatMap(({ observation }) => observation?.addresses ?? []),
    );
    // One of address discovery and two of STUN servers, twice.
    expect(seen).toHaveLength(6);
    for (const { local, observed } of seen) expect(observed).toBe(local);
    for (const { probes } of made) {
      const ipv4 = probes.filter(({ family }) => family === 4);
      expect(ipv4.map(({ ref, outcome }) => `${ref}: ${outcome}`)).toEqual([
        'qad IPv4: ok',
        'qad IPv4 exchange: ok',
        'stun IPv4 mapping: ok',
        'stun IPv4 filtering: ok',
      ]);
    }
    const locals = made.flatMap(({ probes }) =>
      probes.flatMap(({ observation: { addresses = [], filterings = [] } = {} }) => [
        ...new Set([...addresses, ...filterings].map(({ local }) => local)),
      ]),
    );
    // A socket for address discovery, one for the mapping, one for each server's filtering; none is another worker's.
    expect(new Set(locals).size).toBe(8);
    expect(locals).toHaveLength(8);
  });
});
