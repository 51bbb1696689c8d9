import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnose } from '../../../lib/diagnose/index.js';
import { discover, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { type Issued, LabCa } from './support/lab-ca.js';
import { IROH_RELAY, Programs, runsHere } from './support/programs.js';
import { type Relay, startRelay } from './support/relay.js';

const HOST = 'relay.test';

const mayRun = runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');

describe.skipIf(!mayRun)('a real iroh-relay', () => {
  const ca = new LabCa();
  const programs = new Programs();
  const root = ca.root('Lab CA');
  const trust = new TrustAnchors([root.cert]);
  let relay: Relay;

  const startWith = (server: Issued) => startRelay(programs, ca, server, 'debug');

  beforeAll(async () => {
    relay = await startWith(ca.server(root, HOST));
  });
  afterAll(async () => {
    await programs.close();
    ca.remove();
  });

  it('tells our address', async () => {
    const socket = await QadSocket.bind(4);
    try {
      const options = { host: HOST, ip: '127.0.0.1', port: relay.quic, socket, trust, timeoutMs: 3000 };
      const first = await discover(options);
      expect(first.observed).toEqual({ family: 4, ip: '127.0.0.1', port: socket.port });
      expect(first.rttMs).toBeGreaterThan(0);
      expect(first.rttMs).toBeLessThan(500);
      // Again from the same socket, and ten at a time.
      const answers = await Promise.all(Array.from({ length: 10 }, () => discover(options)));
      for (const { observed } of answers) expect(observed).toEqual(first.observed);
    } finally {
      await socket.close();
    }
  });

  it('makes a report of it: UDP works, no NAT, latencies of both kinds', async () => {
    const asked = { url: `https://${HOST}:${relay.https}/`, quicPort: relay.quic };
    const report = await diagnose({
      relays: [asked],
      probes: ['route', 'qad', 'https'],
      ca: [root.cert],
      // Loopback plays the Internet.
      isPublicAddress: () => true,
      environment: { lookup: async () => [{ ip: '127.0.0.1', family: 4 }], env: {} },
    });
    expect(report.verdict).toMatchObject({
      ipv4: { udp: { value: 'yes' }, mapping: { value: 'none' } },
      natType: { value: 'No NAT', family: 4 },
      relays: [{ url: asked.url, ipv4Ms: expect.any(Number), httpsMs: expect.any(Number) }],
    });
    expect(report.summary.colour).toBe('green');
    expect(report.durationMs).toBeLessThan(2000);
  });

  it('sees us close as its own client does', async () => {
    const socket = await QadSocket.bind(4);
    await discover({ host: HOST, ip: '127.0.0.1', port: relay.quic, socket, trust, timeoutMs: 3000 });
    await socket.close();
    await expect.poll(relay.output, { timeout: 2000 }).toMatch(/peer disconnected/);
  });

  it.each(['rsa:2048', 'P-384'] as const)('with a %s certificate', async (key) => {
    const other = await startWith(ca.server(root, HOST, { key }));
    const socket = await QadSocket.bind(4);
    try {
      const { observed } = await discover({
        host: `${HOST}.`,
        ip: '127.0.0.1',
        port: other.quic,
        socket,
        trust,
        timeoutMs: 3000,
      });
      expect(observed.port).toBe(socket.port);
    } finally {
      await socket.close();
    }
  });
});
