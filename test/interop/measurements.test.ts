import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Issued, LabCa } from '../probes/qad/support/lab-ca.js';
import { IROH_RELAY, Programs, runsHere } from '../probes/qad/support/programs.js';
import { startRelay } from '../probes/qad/support/relay.js';
import {
  type AddressDiscoveryLine,
  addressDiscoveryArguments,
  buildPeer,
  interopAvailable,
  measurementsOf,
  type NetReportLine,
  netReportArguments,
} from './support/index.js';

const NAME = 'relay.test';
const mayRun =
  interopAvailable() && runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');

describe.skipIf(!mayRun)('what the Rust peer measures', () => {
  let ca: LabCa;
  let root: Issued;
  const programs = new Programs();
  const run = promisify(execFile);
  let peer: string;
  let relay: Awaited<ReturnType<typeof startRelay>>;

  beforeAll(async () => {
    peer = await buildPeer();
    ca = new LabCa();
    root = ca.root('Lab CA');
    const extensions = [`subjectAltName=DNS:${NAME},IP:127.0.0.1`];
    relay = await startRelay(programs, ca, ca.issue(root, NAME, { extensions }), 'info');
  });
  afterAll(async () => {
    await programs.close();
    ca?.remove();
  });

  async function measure<L extends { event: string }>(args: readonly string[]): Promise<L[]> {
    const { stdout } = await run(peer, args, { timeout: 30_000 });
    return measurementsOf<L>(stdout);
  }

  it.each([
    'platform',
    'client-host',
    'net-report',
    'net-diagnostics',
    'address-discovery',
    'pair-accept',
    'pair-dial',
  ])('says what %s takes', async (role) => {
    const { stdout } = await run(peer, [role, '--help']);
    expect(stdout.startsWith(`peer ${role} `)).toBe(true);
  });

  it.each([
    ['CERT', ['--relay', 'not a url'], '--relay not a url'],
    ['/nowhere.pem', [], 'reading /nowhere.pem'],
    ['KEY', [], 'has no certificate'],
    ['CERT', ['--timeout', 'soon'], '--timeout is not a number'],
    ['CERT', ['--timeout', '1', '--timeout', '2'], '--timeout: unknown, or given too often'],
    ['CERT', ['--no-ports'], '--no-ports: unknown, or given too often'],
  ])('refuses --ca %s with %j', async (file, args, complaint) => {
    const ca = { CERT: root.certFile, KEY: root.keyFile }[file] ?? file;
    const failed = await run(peer, ['net-report', '--ca', ca, ...args]).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
    expect(() => measurementsOf(failed)).toThrow(complaint);
  });

  it('takes a net report', async () => {
    const url = `https://127.0.0.1:${relay.https}/`;
    const relays = [{ url, quicPort: relay.quic }];
    const [line] = await measure<NetReportLine>(
      netReportArguments({ relays, caFile: root.certFile, portmap: false }),
    );
    expect(line?.report).toMatchObject({
      udp_v4: true,
      mapping_varies_by_dest_ipv4: null,
      global_v4: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      preferred_relay: url,
      relay_latency: { ipv4: { [url]: { secs: 0 } }, https: { [url]: { secs: 0 } } },
    });
    expect(line?.msWithBind).toBeGreaterThan(line?.ms ?? Number.POSITIVE_INFINITY);
  });

  it('leaves out the address discovery that a relay does not have', async () => {
    const relays = [{ url: `https://127.0.0.1:${relay.https}/`, quicPort: null }];
    const [line] = await measure<NetReportLine>(
      netReportArguments({ relays, caFile: root.certFile, portmap: false }),
    );
    expect(line?.report).toMatchObject({ udp_v4: false, global_v4: null });
  });

  it('takes no report where there is no relay', async () => {
    const args = netReportArguments({ relays: [], caFile: root.certFile, portmap: false, timeoutMs: 300 });
    const [line] = await measure<NetReportLine>(args);
    expect(line?.report).toBeNull();
    expect(line?.ms).toBeGreaterThanOrEqual(300);
  });

  it('discovers its address, run after run', async () => {
    const target = { relay: `127.0.0.1:${relay.quic}`, name: NAME, caFile: root.certFile };
    const lines = await measure<AddressDiscoveryLine>(addressDiscoveryArguments({ ...target, runs: 3 }));
    expect(lines.map((line) => line.run)).toEqual([1, 2, 3]);
    for (const line of lines) {
      if (!line.ok) throw new Error(line.error);
      expect(line.observed).toBe(`127.0.0.1:${line.localPort}`);
      expect(line.ms).toBeGreaterThan(line.rttMs);
    }
  });

  it('tells why it did not', async () => {
    const target = { relay: `127.0.0.1:${relay.quic}`, caFile: root.certFile };
    const named = await measure(addressDiscoveryArguments({ ...target, name: 'other.test' }));
    expect(named).toMatchObject([{ ok: false, error: expect.stringContaining('not valid for name') }]);
    // The port of a TCP server: nobody listens there for UDP.
    const silent = { ...target, relay: `127.0.0.1:${relay.https}`, name: NAME, timeoutMs: 200 };
    expect(await measure(addressDiscoveryArguments(silent))).toMatchObject([
      { ok: false, error: 'timed out' },
    ]);
  });
});
