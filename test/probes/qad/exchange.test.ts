import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Exchanged, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { LabCa } from './support/lab-ca.js';
import { IROH_RELAY, Programs, runsHere } from './support/programs.js';
import { type Relay, startRelay } from './support/relay.js';
import { type Passes, UdpProxy } from './support/udp-proxy.js';

const mayRun = runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');
const HOST = 'relay.test';

/** A packet of 1-RTT, which is what a connection consists of after its handshake. */
const isShort = (datagram: Buffer) => (datagram.readUInt8() & 0x80) === 0;

describe.skipIf(!mayRun)('full-size datagrams to a real iroh-relay', () => {
  const ca = new LabCa();
  const programs = new Programs();
  const root = ca.root('Lab CA');
  const trust = new TrustAnchors([root.cert]);
  let relay: Relay;
  beforeAll(async () => {
    relay = await startRelay(programs, ca, ca.server(root, HOST), 'info');
  });
  afterAll(async () => {
    await programs.close();
    ca.remove();
  });

  /** Over a path that passes what `passes` says. */
  async function exchange(passes: Passes, timeoutMs = 10_000): Promise<{ result: Exchanged; rttMs: number }> {
    const proxy = await UdpProxy.start(relay.quic, passes);
    const socket = await QadSocket.bind(4);
    try {
      const target = { host: HOST, ip: '127.0.0.1', port: proxy.port, socket, trust };
      const session = await connect({ ...target, timeoutMs: 10_000 });
      const result = await session.exchange(timeoutMs);
      session.close();
      return { result, rttMs: session.rttMs };
    } finally {
      await socket.close();
      await proxy.close();
    }
  }

  it('are sustained on an open path, each of 1200 bytes', async () => {
    const full: number[] = [];
    const { result } = await exchange((direction, _, datagram) => {
      if (direction === 'to-server' && isShort(datagram) && datagram.length > 1000)
        full.push(datagram.length);
      return true;
    });
    expect(result).toMatchObject({ end: 'sustained', acknowledged: 8, lost: 0 });
    expect(result.spanMs).toBeGreaterThan(200);
    expect(new Set(full)).toEqual(new Set([1200]));
  });

  it('keep their pace whatever is acknowledged in between', async () => {
    const at: number[] = [];
    await exchange((direction, _, datagram) => {
      if (direction === 'to-server' && isShort(datagram) && datagram.length > 1000)
        at.push(performance.now());
      return true;
    });
    const gaps = at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
    // The quickest of them: a busy machine is late, never early.
    expect(Math.min(...gaps.slice(2))).toBeLessThan(50);
    expect(Math.min(...gaps)).toBeGreaterThan(20);
  });

  it('are sustained where every third datagram is lost', async () => {
    let count = 0;
    const { result } = await exchange(() => count++ % 3 !== 0);
    expect(result.end).toBe('sustained');
    // Those that were on their way at the end are neither acknowledged nor lost.
    expect(result.acknowledged + result.lost).toBeLessThanOrEqual(result.sent);
  });

  it('count those that are lost on the way to the relay, and those alone', async () => {
    let [full, back] = [0, 0];
    const { result } = await exchange((direction, _, datagram) => {
      // An acknowledgement that is lost is made good by the next.
      if (direction === 'to-client') return !isShort(datagram) || back++ % 2 === 0;
      return !isShort(datagram) || datagram.length < 1000 || full++ % 3 !== 1;
    });
    expect(result.end).toBe('sustained');
    expect(result.acknowledged).toBeGreaterThanOrEqual(8);
    expect([3, 4, 5]).toContain(result.lost);
  });

  it('are stalled where the path carries small 1-RTT packets alone', async () => {
    const { result } = await exchange((_, __, datagram) => !isShort(datagram) || datagram.length < 600);
    expect(result).toMatchObject({ end: 'stalled', acknowledged: 0, spanMs: 0 });
  });

  it('are stalled by a limiter that lets the first eight datagrams of a flow pass', async () => {
    const { result } = await exchange((direction, index) => direction === 'to-client' || index < 8);
    expect(result.end).toBe('stalled');
    expect(result.acknowledged).toBeLessThan(8);
  });

  it('no report without our last handshake message: a filter on all but the first datagram', async () => {
    const startedAt = performance.now();
    const first = exchange((direction, index) => direction === 'to-client' || index < 1);
    await expect(first).rejects.toMatchObject({ code: 'QAD_TIMEOUT' });
    // Long before its ten seconds are over: a second handshake beside it is stuck as well.
    expect(performance.now() - startedAt).toBeLessThan(6000);
  }, 20_000);

  it('are cut by the time', async () => {
    expect((await exchange(() => true, 60)).result.end).toBe('cut');
  });
});
