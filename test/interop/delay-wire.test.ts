import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/harness/lab.js';
import { labRuns } from '../lab/harness/tools.js';
import { type Issued, LabCa } from '../probes/qad/support/lab-ca.js';
import { IROH_RELAY, Programs, runsHere } from '../probes/qad/support/programs.js';
import {
  type AddressDiscoveryLine,
  addressDiscoveryArguments,
  buildPeer,
  type DelayWireLine,
  delayWireArguments,
  interopAvailable,
  measurementsOf,
  type NetDiagnosticsLine,
  netDiagnosticsArguments,
} from './support/index.js';

const NAME = 'relay.test';
const NEAR = '203.0.113.1';
const FAR = '203.0.113.2';

const relayProgram = 'iroh-relay (cargo install iroh-relay --features server)';
const mayRun = interopAvailable() && labRuns(['bash']) && runsHere(IROH_RELAY, relayProgram);

describe.skipIf(!mayRun)('a wire of 25 ms', () => {
  const programs = new Programs();
  let ca: LabCa;
  let root: Issued;
  let peer: string;
  let lab: Lab;

  beforeAll(async () => {
    peer = await buildPeer();
    ca = new LabCa();
    root = ca.root('Lab CA');
    lab = await Lab.start({ hosts: { near: {}, far: {} }, links: [] });
    const wire = { a: `near/w0:${NEAR}/24`, b: `far/w0:${FAR}/24`, ms: 25, untilKilled: true };
    await lab.start('far', [peer, ...delayWireArguments(wire)]).says(/ready/);
    const server = ca.issue(root, NAME, { extensions: [`subjectAltName=DNS:${NAME},IP:${FAR}`] });
    const config = programs.file(
      'relay.toml',
      [
        `http_bind_addr = "${FAR}:80"`,
        'enable_quic_addr_discovery = true',
        'enable_metrics = false',
        '[tls]',
        `https_bind_addr = "${FAR}:443"`,
        `quic_bind_addr = "${FAR}:7842"`,
        'cert_mode = "Manual"',
        `manual_cert_path = "${server.certFile}"`,
        `manual_key_path = "${server.keyFile}"`,
      ].join('\n'),
    );
    const relay = lab.start('far', [IROH_RELAY ?? '', '--config-path', config], { RUST_LOG: 'info' });
    await relay.says(/QUIC server listening/);
  });
  afterAll(async () => {
    await lab?.close();
    await programs.close();
    ca?.remove();
  });

  it('adds its delay both ways, and little more', async () => {
    const options = { relay: `${FAR}:7842`, name: NAME, caFile: root.certFile, runs: 5 };
    const stdout = await lab.run('near', [peer, ...addressDiscoveryArguments(options)]);
    const lines = measurementsOf<AddressDiscoveryLine>(stdout);
    const rtts = lines.map((line) => (line.ok ? line.rttMs : Number.NaN));
    expect(Math.min(...rtts)).toBeGreaterThan(50);
    expect(Math.min(...rtts)).toBeLessThan(56);
  });

  it("takes the official diagnostics, which ask this world's gateway and not the machine's", async () => {
    const url = `https://${FAR}/`;
    const options = { relays: [{ url }], caFile: root.certFile, repeat: 2 };
    const stdout = await lab.run('near', [peer, ...netDiagnosticsArguments(options)]);
    const lines = measurementsOf<NetDiagnosticsLine>(stdout);
    expect(lines.map((line) => line.run)).toEqual([1, 2]);
    for (const { ms, msWithBind, report } of lines) {
      expect(report.net_report).toMatchObject({
        udp_v4: true,
        preferred_relay: url,
        captive_portal: false,
      });
      expect(report.net_report?.global_v4).toContain(`${NEAR}:`);
      expect(ms).toBeGreaterThan(50);
      expect(msWithBind).toBeGreaterThan(ms);
    }
    expect(lines[0]?.report.endpoint_id).not.toBe(lines[1]?.report.endpoint_id);
  });

  it('loses what it is told to, and takes its devices away when stdin closes', async () => {
    const wire = delayWireArguments({
      a: 'near/w1:192.0.2.1/24',
      b: 'far/w1:192.0.2.2/24',
      ms: 1,
      lossPercent: 100,
    });
    const command = `{ until ip -n near -br link | grep -q w1; do sleep 0.02; done; sleep 0.1
      ip netns exec near bash -c 'for i in 1 2 3 4; do echo hello >/dev/udp/192.0.2.2/9; done'; sleep 0.2
      } | ${[peer, ...wire].join(' ')}; ip -n near -br link; ip -n far -br link`;
    const said = await lab.run('far', ['bash', '-c', command]);
    const [ready, done, ...links] = said.trim().split('\n');
    expect(measurementsOf<DelayWireLine>(`${ready}\n${done}`)).toMatchObject([
      { event: 'ready' },
      { event: 'done', carried: 0, overflowed: 0, refused: 0, lost: expect.toSatisfy((lost) => lost >= 4) },
    ]);
    expect(links.join()).not.toContain('w1');
  });

  it('refuses a namespace that is not there', async () => {
    const wire = delayWireArguments({ a: 'nowhere/w2', b: 'far/w2', ms: 1 });
    const said = await lab.run('far', ['sh', '-c', `${[peer, ...wire].join(' ')} || true`]);
    expect(() => measurementsOf(said)).toThrow('opening /run/netns/nowhere');
  });
});
