import { afterEach, describe, expect, it } from 'vitest';
import { type NetDiagnosticsOptions, PEER_ALPN, PeerHost } from '../../lib/index.js';
import type { NetDiagnostics } from '../../lib/net-diagnostics/net-diagnostics.js';
import type { LocalReport, PeerSeen } from '../../lib/report/index.js';
import { formatEndpointAddress, SecretKey } from '../../lib/wire/index.js';
import type { TinyPlatform } from '../client/tiny-platform.js';
import { peerHere } from '../probes/support/peer-here.js';
import { until } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';
import { dialBack, Memory, Stage, seenBy } from './stage.js';

const stage = new Stage();
const net = new Loopback();
afterEach(async () => {
  await stage.clear();
  await net.closeAll();
});

const PROBES = ['endpoint', 'peer'] as const;
const key = SecretKey.fromBytes(new Uint8Array(32).fill(77));

/** An app that is online, with peers. */
async function online(platform: TinyPlatform, options: NetDiagnosticsOptions): Promise<NetDiagnostics> {
  const app = stage.start({ apiSecret: platform.apiSecret, deadline: 6_000, probes: PROBES, ...options });
  await app.ready({ timeoutMs: 10_000 });
  return app;
}

const peersOf = ({ probes }: LocalReport): PeerSeen[] =>
  probes.flatMap(({ observation }) => [...(observation?.peers ?? [])]);

describe('an app with peers', () => {
  it('tries them from its own endpoint, and another app may be one', async () => {
    const platform = await stage.platform();
    const other = await online(platform, { probes: ['endpoint'] });
    const visits: unknown[] = [];
    other.handle(
      PEER_ALPN,
      new PeerHost({ isWell: () => true, onVisit: (visit) => visits.push(visit) }).handler,
    );
    const { directAddrs } = await seenBy(platform, other);
    const id = other.status().endpointId ?? '';
    const addrs = directAddrs.map(({ ip, port }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`));
    const app = await online(platform, { peers: [{ id, addrs }] });
    const [seen] = peersOf(await app.run());
    expect(seen).toMatchObject({ peer: id, reached: 'direct', isPeerWell: true });
    await until(() => visits.length === 1, 5_000);
    expect(visits[0]).toMatchObject({ remoteId: app.status().endpointId });
  });

  it('answers a dial-back without waiting for them, and keeps the whole report for itself', async () => {
    const platform = await stage.platform();
    const { endpoint } = await peerHere(net);
    const memory = new Memory();
    const peers = [formatEndpointAddress(endpoint.address())];
    const app = await online(platform, { peers, onEvent: memory.onEvent });
    const pressedAt = performance.now();
    const answer = await dialBack(platform, await seenBy(platform, app));
    expect(answer.ok).toBe(true);
    expect(performance.now() - pressedAt).toBeLessThan(900);
    await until(() => app.lastReport() !== null, 5_000);
    expect(peersOf(app.lastReport() as LocalReport)).toMatchObject([{ reached: 'direct' }]);
  });

  it('leaves itself out: a fleet has one list for all of its machines', async () => {
    const platform = await stage.platform();
    const app = await online(platform, { secretKey: key, peers: [key.id] });
    const local = await app.run();
    expect(peersOf(local)).toEqual([]);
    expect(local.notes.join()).toContain('this endpoint itself');
  });

  it('that has no endpoint yet dials nobody, and waits for nobody', async () => {
    const app = stage.start({ peers: [`${key.id}@127.0.0.1:9`], probes: PROBES, deadline: null });
    const local = await app.run();
    expect(peersOf(local)).toEqual([]);
    expect(local.deadlineMs).toBe(3_000);
  });

  it('can be stopped in the middle of a trial', async () => {
    const platform = await stage.platform();
    const { endpoint } = await peerHere(net);
    const app = await online(platform, { peers: [formatEndpointAddress(endpoint.address())] });
    const running = app.run();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const stoppedAt = performance.now();
    await app.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(2_000);
    expect((await running).endedBy).toBe('aborted');
  });
});
