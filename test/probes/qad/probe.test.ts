import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  HeadStart,
  type LookupHost,
  type ProbeContext,
  planRuns,
  ReportEnded,
  Resolver,
  runProbe,
  tlsTrust,
} from '../../../lib/probes/index.js';
import { TrustAnchors } from '../../../lib/probes/qad/index.js';
import { qadProbe } from '../../../lib/probes/qad.js';
import type { ProbeRecord } from '../../../lib/report/index.js';
import { derOf, LabCa } from './support/lab-ca.js';
import { observedAddress, QadServer, type ServerScript } from './support/qad-server.js';

const IPS: Record<string, string> = { 'a.test': '127.0.0.1', 'b.test': '127.0.0.2', 'c.test': '127.0.0.2' };

describe('the probe', () => {
  const ca = new LabCa();
  const root = ca.root('Lab CA');
  const trust = new TrustAnchors([root.cert]);
  const servers: QadServer[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
  afterAll(() => ca.remove());

  async function relay(host: string, script: ServerScript = {}) {
    const leaf = ca.server(root, host);
    const server = await QadServer.start([derOf(leaf)], leaf.key, script, IPS[host]);
    servers.push(server);
    return { url: `https://${host}/`, quicPort: server.port, server };
  }

  const lookup: LookupHost = async (host) => {
    const ip = IPS[host];
    if (ip === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    return [{ ip, family: 4 }];
  };

  async function run(
    relays: readonly { url: string; quicPort: number }[],
    deadlineMs = 2000,
  ): Promise<ProbeRecord[]> {
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(new ReportEnded('deadline')), deadlineMs);
    const startedAt = performance.now();
    const elapsed = () => performance.now() - startedAt;
    const context: ProbeContext = {
      signal: end.signal,
      elapsed,
      remaining: () => Math.max(0, deadlineMs - elapsed()),
      resolver: new Resolver(lookup, end.signal),
      headStart: new HeadStart(),
      firstAnswerMs: new Map(),
      lastTlsAnswerMs: new Map(),
      tls: tlsTrust([], [], async () => []),
      gateways: async () => ({}),
      gatewayPorts: { portMapping: 5351, ssdp: 1900 },
      portalPort: 80,
    };
    try {
      const known = relays.map((relay) => ({ ...relay, isQuicPortKnown: true }));
      const targets = { relays: known, endpoint: null, stunServers: [], peers: [], env: {} };
      return await Promise.all(
        planRuns(
          qadProbe(() => trust),
          targets,
        ).map((planned) => runProbe(planned, context)),
      );
    } finally {
      clearTimeout(timer);
    }
  }
  const sees = (port: number) => ({
    applicationFrames: () => observedAddress({ address: '192.0.2.1', port }),
  });

  it.each([[[]], [[{ url: 'https://relay.test/', quicPort: null, isQuicPortKnown: true }]]])(
    'plans nothing without a relay that offers it',
    (relays) => {
      expect(
        qadProbe(() => trust).plan({ relays, endpoint: null, stunServers: [], peers: [], env: {} }),
      ).toEqual([]);
    },
  );

  it('asks all relays of a family from one socket', async () => {
    const [a, b] = [await relay('a.test'), await relay('b.test')];
    const [v4, , v6] = await run([a, b]);
    expect(v4).toMatchObject({ ref: 'qad IPv4', family: 4, outcome: 'ok' });
    const addresses = v4?.observation?.addresses ?? [];
    expect(addresses.map(({ destinationIp }) => destinationIp)).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(new Set(addresses.map(({ observed }) => observed)).size).toBe(1);
    expect(addresses[0]?.local).toBe(addresses[0]?.observed);
    expect(addresses[0]).not.toHaveProperty('again');
    expect(v4?.observation?.latencies).toMatchObject([
      { kind: 'ipv4', relayUrl: a.url },
      { kind: 'ipv4', relayUrl: b.url },
    ]);
    expect(v6).toMatchObject({ family: 6, outcome: 'skipped', error: { code: 'NO_ADDRESS' } });
  });

  it('asks the first again when the answers differ', async () => {
    const relays = [await relay('a.test', sees(1)), await relay('b.test', sees(2))];
    const [v4] = await run(relays);
    expect(v4?.observation?.addresses).toMatchObject([
      { observed: '192.0.2.1:1', again: '192.0.2.1:1' },
      { observed: '192.0.2.1:2' },
    ]);
  });

  it('a silent relay beside one that answers', async () => {
    const relays = [await relay('a.test', { deafAfter: 0 }), await relay('b.test')];
    const [v4] = await run(relays, 4000);
    expect(v4).toMatchObject({
      outcome: 'ok',
      observation: { silences: [{ family: 4, relayUrl: relays[0]?.url }] },
    });
    expect(v4?.durationMs).toBeLessThan(4000);
  });

  it('nobody answers; too little time is no silence', async () => {
    const relays = [await relay('a.test', { deafAfter: 0 })];
    const [v4] = await run(relays, 1500);
    expect(v4).toMatchObject({
      outcome: 'timeout',
      error: { code: 'QAD_SILENT' },
      observation: { silences: [{ family: 4 }] },
    });
    const [short] = await run(relays, 500);
    expect(short).toMatchObject({
      outcome: 'failed',
      error: { code: 'QAD_SILENT' },
      observation: { silences: [] },
    });
  });

  it('a dead relay holds back neither the end nor the question whether the first repeats itself', async () => {
    const dead = { url: 'https://c.test/', quicPort: (await relay('b.test', { deafAfter: 0 })).quicPort };
    const [v4] = await run([await relay('a.test', sees(1)), dead, await relay('b.test', sees(2))], 20_000);
    expect(v4?.observation?.addresses?.[0]?.again).toBe(v4?.observation?.addresses?.[0]?.observed);
    expect(v4?.observation?.silences).toMatchObject([{ relayUrl: dead.url }]);
    expect(v4?.durationMs).toBeLessThan(10_000);
  });

  it('no discovery is named beside what QUIC reached', async () => {
    const parameters = (right: ReadonlyMap<bigint, Buffer>) =>
      new Map([...right].filter(([id]) => id !== 0x9f81a176n));
    const [v4, exchange] = await run([
      await relay('a.test', { parameters, applicationFrames: () => Buffer.of(1) }),
    ]);
    expect(v4).toMatchObject({ outcome: 'failed', error: { code: 'QAD_NOT_OFFERED' } });
    expect(v4?.observation?.quic).toMatchObject([{ reached: 'established', code: 'QAD_NOT_OFFERED' }]);
    expect(exchange).toMatchObject({ error: { code: 'QAD_NOT_OFFERED' }, observation: { quic: [] } });
  });

  it('one relay’s errors stand beside the other’s answer', async () => {
    const wrong = { ...(await relay('a.test')), url: 'https://b.test/' };
    const relays = [{ url: 'https://nowhere.test/', quicPort: 1 }, await relay('b.test'), wrong];
    const [v4] = await run(relays, 4000);
    expect(v4?.outcome).toBe('ok');
    expect(v4?.observation?.addresses).toHaveLength(1);
    expect(v4?.observation?.details).toMatchObject({
      'https://nowhere.test/ nowhere.test': 'ENOTFOUND: not found',
    });
  });

  it('a certificate that is not to be trusted is the error', async () => {
    const other = ca.server(ca.root('Other CA'), 'a.test');
    const server = await QadServer.start([derOf(other)], other.key);
    servers.push(server);
    const [v4] = await run([{ url: 'https://a.test/', quicPort: server.port }]);
    expect(v4).toMatchObject({ outcome: 'failed', error: { code: 'QAD_CERT_UNTRUSTED' } });
  });
});
