import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/async/index.js';
import { NetDiagnosticsError } from '../../lib/errors.js';
import { NetDiagnostics } from '../../lib/index.js';
import { RECALLS_AT_ONCE } from '../../lib/services/constants.js';
import { Recalls } from '../../lib/services/dial-back/recalls.js';
import { EventBus, MemoryStore, type PlatformEvent, type ServicesHost } from '../../lib/services/index.js';
import { Absences } from '../../lib/services/sessions/absences.js';
import { KnownSecrets } from '../../lib/services/sessions/known-secrets.js';
import { Presence } from '../../lib/services/sessions/presence.js';
import { LOCAL_OPTIONS } from '../../lib/testing/quick.js';
import type { Endpoint } from '../../lib/transport/index.js';
import { type ApiSecret, CLOSE_UNAUTHORIZED } from '../../lib/wire/index.js';
import { grantToken, openSession, refOf, Stage, sampleReport, tell } from '../platform/stage.js';
import { FakeTime, until } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';
import { servicesOnLoopback } from '../support/services-on-loopback.js';

const stage = new Stage();
const hosts: ServicesHost[] = [];
const apps: NetDiagnostics[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()));
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  await stage.close();
});

/** A store that can be away in the moment when an endpoint is there. */
class UnsteadyStore extends MemoryStore {
  isAway = false;

  override async sessionOpened(...what: Parameters<MemoryStore['sessionOpened']>): Promise<void> {
    if (this.isAway) throw new NetDiagnosticsError('ERR_STORE', 'The database is away.');
    await super.sessionOpened(...what);
  }
}

/** A platform whose process may be another one after a `restart`. */
async function platform() {
  const store = new UnsteadyStore();
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
async function stubborn(host: ServicesHost, secret: ApiSecret, isWilling = () => true): Promise<Endpoint> {
  const endpoint = await stage.clientHost({
    onAuth: (connection) => {
      if (!isWilling()) connection.close(CLOSE_UNAUTHORIZED, 'Unauthorized');
    },
    onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }),
  });
  const session = await openSession(endpoint, host, secret);
  await tell(session, { type: 'grant-cap', token: grantToken(endpoint, host) });
  return endpoint;
}

describe('a recall', () => {
  it('makes the button work for an app that has no session yet', async () => {
    const { host, restart, count } = await platform();
    const ref = refOf((await stubborn(host, await host.createApiSecret())).id);
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
    const ref = refOf((await stubborn(host, await host.createApiSecret(), () => isWilling)).id);
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

  it('of a fleet lets others have their turn between its calls, and asks the store nothing for who is back', async () => {
    const { host, restart, store } = await platform();
    const back = await stage.endpoint();
    const secret = await host.createApiSecret();
    const next = await restart();
    await openSession(back, next, secret);
    await until(async () => (await next.endpoint(refOf(back.id)))?.isOnline === true);
    const asked: string[] = [];
    const read = store.endpoint.bind(store);
    store.endpoint = (ref) => {
      asked.push(ref.id);
      return read(ref);
    };
    const unknown = Array.from({ length: 40 * RECALLS_AT_ONCE }, (_, at) => refOf(madeUpId(`app ${at}`)));
    let isOver = false;
    const recalling = next.recall([refOf(back.id), ...unknown]).then(() => {
      isOver = true;
    });
    // A store in this process answers at once: all calls together took a quarter of a second, in which nobody else was heard.
    let turns = 0;
    for (; !isOver; turns += 1) await turn();
    await recalling;
    expect(turns).toBeGreaterThanOrEqual(40);
    expect(asked).toHaveLength(unknown.length);
    expect(asked).not.toContain(back.id);
  });

  it('counts for nothing once the app is gone: the press shows it', {
    timeout: 40_000,
    tags: ['slow'],
  }, async () => {
    const { host, restart, count } = await platform();
    const endpoint = await stubborn(host, await host.createApiSecret());
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

  it('leaves an app grey whose API secret is revoked, before the call or after it', async () => {
    const { host, restart, count } = await platform();
    const [before, after] = [await host.createApiSecret(), await host.createApiSecret()];
    const refs = [await stubborn(host, before), await stubborn(host, after)].map(({ id }) => refOf(id));
    const next = await restart();
    await next.revokeApiSecret(before.keyId);
    await next.recall(refs);
    const areOnline = () => Promise.all(refs.map(async (ref) => (await next.endpoint(ref))?.isOnline));
    expect(await areOnline()).toEqual([false, true]);
    expect(count('reached')).toBe(1);
    await next.revokeApiSecret(after.keyId);
    await until(async () => (await areOnline())[1] === false);
  });

  /** The calls of a process that comes after the first one, with a time of their own. */
  async function calls() {
    const { store, endpoint, host } = await platform();
    let isWilling = true;
    let asked = 0;
    const ref = refOf(
      (
        await stubborn(host, await host.createApiSecret(), () => {
          asked += 1;
          return isWilling;
        })
      ).id,
    );
    await host.stop();
    const [time, presence, events] = [new FakeTime(), new Presence(4), new EventBus()];
    const warnings: string[] = [];
    events.subscribe((event) => {
      if (event.type === 'warning') warnings.push(event.message);
    });
    const absences = new Absences({ identity: endpoint.id, store, presence, events, clock: systemClock });
    const recalls = new Recalls({
      ...{ endpoint, store, presence, events, absences, clock: systemClock, sleep: time.sleep },
      secrets: new KnownSecrets(store, systemClock),
    });
    const refuse = () => {
      isWilling = false;
    };
    return { store, ref, time, presence, recalls, warnings, refuse, asked: () => asked };
  }

  it('is repeated each minute, so that who has gone meanwhile turns grey', async () => {
    const { store, ref, time, recalls, refuse } = await calls();
    await recalls.recall([ref]);
    expect(await store.endpoint(ref)).toMatchObject({ isOnline: true });
    refuse();
    await time.advance(60_000);
    await until(async () => (await store.endpoint(ref))?.isOnline === false);
    await recalls.close();
  });

  it('that could not be stored is stored with the next one, and told once', async () => {
    const { store, ref, time, recalls, warnings } = await calls();
    store.isAway = true;
    await recalls.recall([ref, ref]);
    expect(await store.endpoint(ref)).toMatchObject({ isOnline: false });
    expect(warnings).toEqual(['A recall failed: The database is away.']);
    store.isAway = false;
    await time.advance(60_000);
    await until(async () => (await store.endpoint(ref))?.isOnline === true);
    await recalls.close();
  });

  it('is not repeated for who had a session meanwhile that has ended', async () => {
    const { ref, time, presence, recalls, asked } = await calls();
    await recalls.recall([ref]);
    expect(asked()).toBe(1);
    presence.notReached(ref.id, ref.project);
    await time.advance(60_000);
    // A call on loopback takes a few milliseconds.
    await sleep(300);
    await recalls.close();
    expect(asked()).toBe(1);
  });
});
