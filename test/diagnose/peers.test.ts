import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { type DiagnoseOptions, diagnose, measuringEndsMs } from '../../lib/diagnose/index.js';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { peerToTry } from '../../lib/net-diagnostics/peer-to-try.js';
import type { PeerToTry } from '../../lib/probes/index.js';
import { type EndpointSnapshot, type LocalReport, toWireReport } from '../../lib/report/index.js';
import { SecretKey } from '../../lib/wire/index.js';
import { loopbackLookup } from '../probes/support/context.js';
import { peerHere } from '../probes/support/peer-here.js';
import { Servers } from '../probes/support/servers.js';
import { Loopback } from '../support/loopback.js';

const net = new Loopback();
const servers = new Servers();
const sockets: Socket[] = [];
afterEach(async () => {
  await net.closeAll();
  await servers.close();
  for (const socket of sockets.splice(0)) socket.close();
});

// Nobody's router is asked.
const environment = { lookup: loopbackLookup, env: {}, gateways: async () => ({}) };
const endpoint: EndpointSnapshot = {
  endpointId: SecretKey.fromBytes(new Uint8Array(32).fill(21)).id,
  directAddrs: [],
  homeRelay: null,
  paths: [],
};
const peerId = SecretKey.fromBytes(new Uint8Array(32).fill(22)).id;

/** A peer that is away: dialling it takes all the time that it may. */
const away: PeerToTry = {
  id: peerId,
  connect: ({ signal, timeoutMs }) =>
    new Promise((_, reject) => {
      const timer = setTimeout(() => reject(new NetDiagnosticsError('ERR_TIMEOUT', 'nothing')), timeoutMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(new NetDiagnosticsError('ERR_ABORTED', 'cancelled'));
      });
    }),
};

/** A relay that takes datagrams and connections, and answers neither. */
async function silentRelay() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'listening');
  return { url: `http://127.0.0.1:${await servers.tcp()}/`, quicPort: socket.address().port };
}

/** What each run but a peer's came to: outcome, code, and how long it took, to a fifth of a second. */
function others({ probes }: LocalReport) {
  return probes
    .filter(({ probe }) => probe !== 'peer')
    .map(({ ref, outcome, error, startedMs, durationMs }) => {
      return [ref, outcome, error?.code, Math.round((startedMs + durationMs) / 300)];
    });
}

describe('a report with peers', () => {
  it('tries a real one, and holds what it saw', async () => {
    const { endpoint: peer } = await peerHere(net);
    const dialler = await net.bind();
    const local = await diagnose({
      peers: [peerToTry(dialler, peer.address())],
      probes: ['route', 'peer'],
      environment,
    });
    expect(local).toMatchObject({ deadlineMs: 10_000, endedBy: 'finished' });
    expect(local.probes.find(({ probe }) => probe === 'peer')).toMatchObject({
      ref: `peer ${peer.id.slice(0, 10)}`,
      outcome: 'ok',
      observation: { peers: [{ peer: peer.id, reached: 'direct' }] },
    });
    expect(local.durationMs).toBeLessThan(3000);
  });

  it('judges a silent relay as fast as without: only the peer is waited for', {
    tags: ['slow'],
  }, async () => {
    const relays = [await silentRelay()];
    const [without, withPeer] = await Promise.all([
      diagnose({ relays, environment }),
      diagnose({ relays, peers: [away], environment }),
    ]);
    expect(others(withPeer)).toEqual(others(without));
    expect(withPeer.probes.at(-1)).toMatchObject({ probe: 'peer', outcome: 'timeout' });
    expect(without.durationMs).toBeLessThan(3200);
    expect(withPeer.durationMs).toBeGreaterThanOrEqual(3990);
    expect(withPeer.durationMs).toBeLessThan(4500);
    expect(withPeer.endedBy).toBe('finished');
    expect({ ...withPeer.verdict, peer: null }).toMatchObject({
      ipv4: { udp: without.verdict.ipv4.udp },
      relays: without.verdict.relays,
    });
  });

  it('tells the platform its part without waiting for peers, and without what they showed', async () => {
    const { endpoint: peer } = await peerHere(net);
    const dialler = await net.bind();
    const told: { ms: number; report: LocalReport }[] = [];
    const startedAt = performance.now();
    const options: DiagnoseOptions = {
      endpoint,
      probes: ['route', 'endpoint', 'peer'],
      environment,
      onWireFinal: (report) => told.push({ ms: performance.now() - startedAt, report }),
    };
    const local = await diagnose({ ...options, peers: [peerToTry(dialler, peer.address())] });
    expect(told).toHaveLength(1);
    expect(told[0]?.ms).toBeLessThan(900);
    expect(told[0]?.report.probes.some(({ probe }) => probe === 'peer')).toBe(false);
    expect(local.probes.at(-1)?.observation?.peers?.[0]?.reached).toBe('direct');
    // Also where the peers are the first to be done.
    told.length = 0;
    const failing: PeerToTry = { id: peerId, connect: async () => Promise.reject(new Error('no')) };
    await diagnose({
      ...options,
      relays: [await silentRelay()],
      probes: ['https', 'peer'],
      deadline: 400,
      peers: [failing],
    });
    expect(told[0]?.report.probes.map(({ probe }) => probe)).toEqual(['https']);
    expect(() => toWireReport(told[0]?.report ?? local)).not.toThrow();
  });

  it('leaves out this endpoint itself, and says so', async () => {
    const own: PeerToTry = { ...away, id: endpoint.endpointId };
    const local = await diagnose({ endpoint, peers: [own], probes: ['endpoint', 'peer'], environment });
    expect(local.probes.map(({ probe }) => probe)).toEqual(['endpoint']);
    expect(local.notes).toHaveLength(1);
    expect(local.notes[0]).toContain('this endpoint itself');
  });

  it('ends at once when it is cancelled', async () => {
    const local = await diagnose({ peers: [away], signal: AbortSignal.timeout(300), environment });
    expect(local.endedBy).toBe('aborted');
    expect(local.durationMs).toBeLessThan(600);
    expect(local.probes.at(-1)).toMatchObject({ probe: 'peer', outcome: 'aborted' });
  });

  it('of a short deadline says that it ended too early', async () => {
    const local = await diagnose({ peers: [away], deadline: 500, probes: ['peer'], environment });
    expect(local.probes[0]).toMatchObject({
      outcome: 'timeout',
      error: { code: 'DEADLINE' },
      observation: { peers: [{ peer: peerId, reached: 'cut' }] },
    });
  });
});

describe('the end of all but peers', () => {
  it.each([
    [10_000, 0, 10_000],
    [10_000, 1, 3_000],
    [3_000, 1, 3_000],
    [500, 1, 500],
    [5_000, 2, 3_000],
    [20_000, 4, 13_000],
  ])('of a deadline of %i ms with %i peers is at %i ms', (deadlineMs, peers, endsMs) => {
    expect(measuringEndsMs(deadlineMs, peers)).toBe(endsMs);
  });
});
