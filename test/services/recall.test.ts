import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/async/index.js';
import { NetDiagnostics } from '../../lib/index.js';
import { Recalls } from '../../lib/services/dial-back/recalls.js';
import { EventBus, MemoryStore, type PlatformEvent, type ServicesHost } from '../../lib/services/index.js';
import { Absences } from '../../lib/services/sessions/absences.js';
import { Presence } from '../../lib/services/sessions/presence.js';
import { LOCAL_OPTIONS } from '../../lib/testing/quick.js';
import type { Endpoint } from '../../lib/transport/index.js';
import { CLOSE_UNAUTHORIZED } from '../../lib/wire/index.js';
import { grantToken, openSession, refOf, Stage, sampleReport, tell } from '../platform/stage.js';
import { FakeTime, until } from '../support/fake-time.js';
import { servicesOnLoopback } from '../support/services-on-loopback.js';

const stage = new Stage();
const hosts: ServicesHost[] = [];
const apps: NetDiagnostics[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()));
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  await stage.close();
});

/** A platform whose process may be another one after a `restart`. */
async function platform() {
  const store = new MemoryStore();
  const endpoint = await stage.endpoint();
  const events: PlatformEvent[] = [];
  const start = () => {
    const host = servicesOnLoopback({ store, endpoint });
    host.subscribe((event) => events.push(event));
    hosts.push(host);
    return host;
  };
  const host = start();
  const restart = async () => {
    await host.stop();
    return start();
  };
  const count = (type: PlatformEvent['type']) => events.filter((event) => event.type === type).length;
  return { store, endpoint, host, restart, count };
}

/** An app of somebody else's, which does not come back by itself. */
async function stubborn(host: ServicesHost, isWilling = () => true): Promise<Endpoint> {
  const endpoint = await stage.clientHost({
    onAuth: (connection) => {
      if (!isWilling()) connection.close(CLOSE_UNAUTHORIZED, 'Unauthorized');
    },
    onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }),
  });
  const session = await openSession(endpoint, host, await host.createApiSecret());
  await tell(session, { type: 'grant-cap', token: grantToken(endpoint, host) });
  return endpoint;
}

describe('a recall', () => {
  it('makes the button work for an app that has no session yet', async () => {
    const { host, restart, count } = await platform();
    const ref = refOf((await stubborn(host)).id);
    const next = await restart();
    expect(await next.endpoint(ref)).toMatchObject({ button: { enabled: false, reason: 'offline' } });
    await next.recall([ref]);
    expect(await next.endpoint(ref)).toMatchObject({ isOnline: true, button: { enabled: true } });
    expect(count('reached')).toBe(1);
    expect(await next.dialBack(ref)).toMatchObject({ endpointId: ref.id, source: 'dial-back' });
  });

  it('leaves an app grey that does not take its grant any more', async () => {
    const { host, restart, count } = await platform();
    let isWilling = true;
    const ref = refOf((await stubborn(host, () => isWilling)).id);
    isWilling = false;
    const next = await restart();
    await next.recall([ref]);
    expect(await next.endpoint(ref)).toMatchObject({ isOnline: false, button: { reason: 'offline' } });
    expect(count('reached')).toBe(0);
  });

  it('leaves an app grey that has given no grant, and one that is not known', async () => {
    const { host, restart } = await platform();
    const endpoint = await stage.endpoint();
    await openSession(endpoint, host, await host.createApiSecret());
    const next = await restart();
    const stranger = await stage.endpoint();
    await next.recall([refOf(endpoint.id), refOf(stranger.id)]);
    expect(await next.endpoint(refOf(endpoint.id))).toMatchObject({ isOnline: false });
    expect(await next.endpoint(refOf(stranger.id))).toBeNull();
  });

  it('counts for nothing once the app is gone: the press shows it', {
    timeout: 40_000,
    tags: ['slow'],
  }, async () => {
    const { host, restart, count } = await platform();
    const endpoint = await stubborn(host);
    const ref = refOf(endpoint.id);
    const next = await restart();
    await next.recall([ref]);
    const closed = count('session-closed');
    await endpoint.close();
    await expect(next.dialBack(ref)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(await next.endpoint(ref)).toMatchObject({ isOnline: false, button: { reason: 'offline' } });
    expect(count('session-closed')).toBe(closed + 1);
  });

  it('ends with the session that the app opens', async () => {
    const { host, restart, count } = await platform();
    const secret = await host.createApiSecret();
    const app = NetDiagnostics.start({ ...LOCAL_OPTIONS, apiSecret: secret.reveal(), logger: false }, {});
    apps.push(app);
    const { endpointId } = await app.ready({ timeoutMs: 10_000 });
    if (endpointId === null) throw new Error('the app has no id');
    const ref = refOf(endpointId);
    const next = await restart();
    await next.recall([ref]);
    await until(() => count('session-opened') === 2);
    const closed = count('session-closed');
    await app.stop();
    await until(() => count('session-closed') === closed + 1);
    expect(await next.endpoint(ref)).toMatchObject({ isOnline: false });
  });

  it('is repeated each minute, so that who has gone meanwhile turns grey', async () => {
    const { store, endpoint, host } = await platform();
    let isWilling = true;
    const ref = refOf((await stubborn(host, () => isWilling)).id);
    await host.stop();
    const [time, presence, events] = [new FakeTime(), new Presence(4), new EventBus()];
    const absences = new Absences({ store, presence, events, clock: systemClock });
    const recalls = new Recalls({
      ...{ endpoint, store, presence, events, absences, clock: systemClock, sleep: time.sleep },
    });
    await recalls.recall([ref]);
    expect(await store.endpoint(ref)).toMatchObject({ isOnline: true });
    isWilling = false;
    await time.advance(60_000);
    await until(async () => (await store.endpoint(ref))?.isOnline === false);
    await recalls.close();
  });
});
