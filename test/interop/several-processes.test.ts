import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiSecret, type EndpointId, SERVICES_ALPN } from '../../lib/wire/index.js';
import { IROH_RELAY, runsHere } from '../probes/qad/support/programs.js';
import { until } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';
import { MortalApps } from '../support/mortal-app.js';
import { PlatformFleet, type PlatformProcess } from '../support/platform-fleet.js';
import { postgresAvailable } from '../support/postgres.js';
import { Uploader } from '../support/uploader.js';
import { buildPeer, interopAvailable, RustClient2 } from './support/index.js';

const runs =
  interopAvailable() &&
  postgresAvailable() &&
  runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)') &&
  process.platform === 'linux';

/** The bar: seconds from the death of a process until the button of its endpoints works again. */
const BAR_MS = 15_000;

describe.runIf(runs)('three processes on PostgreSQL', { tags: ['slow'] }, () => {
  const apps = new MortalApps();
  const net = new Loopback();
  let fleet: PlatformFleet;
  let apiSecret: string;
  let ours: EndpointId;
  let official: RustClient2;
  let uploader: Uploader;

  beforeAll(async () => {
    const [started] = await Promise.all([PlatformFleet.start(), buildPeer()]);
    fleet = started;
    const created = await any().ask<{ secret: string }>('/api/v1/projects/default/secrets', {
      label: 'fleet',
    });
    apiSecret = created.secret;
    const relays = [{ url: fleet.relayUrl, quicPort: null }];
    const app = await apps.start({ apiSecret, name: 'ours', relays });
    ours = app.id;
    official = await RustClient2.start({
      apiSecret,
      relay: fleet.relayUrl,
      name: 'official',
      metricsIntervalMs: 60_000,
    });
    await official.do('grant');
    uploader = await Uploader.start(apiSecret, fleet.relayUrl);
  }, 300_000);
  afterAll(async () => {
    await uploader?.stop();
    await official?.stop();
    await apps.close();
    await net.closeAll();
    await fleet?.close();
  });

  const any = (): PlatformProcess => {
    const [first] = fleet.processes;
    if (first === undefined) throw new Error('no process lives');
    return first;
  };
  const other = (than: PlatformProcess): PlatformProcess => {
    const found = fleet.processes.find((one) => one !== than);
    if (found === undefined) throw new Error('no other process lives');
    return found;
  };
  const held = async () => {
    const { process: one, token } = await fleet.holder();
    if (one === null) throw new Error('nobody holds the identity');
    return { holder: one, token };
  };
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const grantedAt = async (id: EndpointId) => (await any().endpoint(id)).grant?.grantedAt;

  /** What was acknowledged is there. */
  const expectNothingLost = async () => {
    const kept = [...uploader.kept];
    const rows = await fleet.database.tables
      .selectFrom('reports')
      .select('iroh_version')
      .where('endpoint_id', '=', uploader.id)
      .execute();
    const stored = new Set(rows.map((row) => row.iroh_version));
    expect(kept.filter((number) => !stored.has(number))).toEqual([]);
    return kept.length;
  };

  it('give secrets that name the relay and no machine, and show the same', async () => {
    expect(ApiSecret.parse(apiSecret).platform).toMatchObject({
      relayUrls: [fleet.relayUrl],
      directAddrs: [],
    });
    const lists = await Promise.all(
      fleet.processes.map((one) =>
        one.ask<{ items: { id: string; isOnline: boolean }[] }>('/api/v1/projects/default/endpoints'),
      ),
    );
    const shown = lists.map(({ items }) => items.map(({ id, isOnline }) => `${id} ${isOnline}`));
    expect(shown[0]).toHaveLength(3);
    for (const list of shown) expect(list).toEqual(shown[0]);
  });

  it('carry out a run that is asked for anywhere, and tell browsers everywhere', async () => {
    const end = new AbortController();
    const told = await Promise.all(fleet.processes.map((one) => one.live(end.signal)));
    const { holder } = await held();
    await other(holder).press(ours);
    for (const messages of told) {
      await until(() => messages.some((message) => message.startsWith('run') && message.includes('"done"')));
      await until(() => messages.some((message) => message.startsWith('changed')));
    }
    end.abort();
  });

  it('when the holder is killed in the middle of a run, carry it out with another', {
    timeout: 120_000,
  }, async () => {
    const granted = await grantedAt(official.id);
    const { holder, token } = await held();
    const asked = other(holder);
    const before = (await asked.endpoint(official.id)).latestReport?.id;
    await asked.ask(`/api/v1/projects/default/endpoints/${official.id}/runs`, {});
    await until(async () => (await asked.endpoint(official.id)).run?.phase === 'running');
    const killedAt = performance.now();
    await fleet.kill(holder);
    const forOurs = asked.press(ours);
    const next = await fleet.nextHolder(token);
    const takenMs = performance.now() - killedAt;
    await until(async () => (await asked.endpoint(official.id)).run === null, 60_000);
    const officialMs = performance.now() - killedAt;
    const { latestReport } = await asked.endpoint(official.id);
    expect(latestReport).toMatchObject({ source: 'dial-back' });
    expect(latestReport?.id).not.toBe(before);
    const oursMs = await forOurs;
    console.info(
      `killed: taken after ${seconds(takenMs)} s; the run under way ended with its report after ${seconds(officialMs)} s; ` +
        `a press on our app brought its report after ${seconds(oursMs)} s`,
    );
    expect(officialMs).toBeLessThan(BAR_MS);
    expect(oursMs).toBeLessThan(BAR_MS);
    expect(next.token).toBeGreaterThan(token);
    expect(await grantedAt(official.id), 'the same grant').toBe(granted);
    await until(() => uploader.kept.length > 0);
    await expectNothingLost();
    await fleet.startProcess();
  });

  it('when the holder is frozen and thaws, let it write nothing', { timeout: 120_000 }, async () => {
    const { holder, token } = await held();
    const ports = holder.udpPorts();
    expect(ports.length).toBeGreaterThan(0);
    const frozenAt = performance.now();
    holder.child.process.kill('SIGSTOP');
    const next = await fleet.nextHolder(token);
    const takenMs = performance.now() - frozenAt;
    const pressedMs = takenMs + (await next.process.press(ours));
    const officialMs = performance.now() - frozenAt + (await next.process.press(official.id));
    console.info(
      `frozen: taken after ${seconds(takenMs)} s; the button worked after ${seconds(pressedMs)} s, that of the official ` +
        `client after ${seconds(officialMs)} s`,
    );
    expect(pressedMs).toBeLessThan(BAR_MS);
    const reports = await fleet.database.tables.selectFrom('reports').select('id').execute();
    holder.child.process.kill('SIGCONT');
    await until(() => holder.log.includes('was taken over by another process'), 10_000);
    // Its own answers to what had waited in its sockets are refused by the database by now.
    await sleep(3_000);
    const late = await fleet.database.tables
      .selectFrom('runs')
      .select(['id', 'token', 'updated_at'])
      .where('token', '=', token)
      .where('state', '=', 'running')
      .execute();
    expect(late).toEqual([]);
    expect(await fleet.holder()).toMatchObject({ token: next.token });
    const stray = await fleet.database.tables
      .selectFrom('reports')
      .select(['id', 'source', 'endpoint_id'])
      .where(
        'id',
        'not in',
        reports.map(({ id }) => id),
      )
      .where('source', '=', 'dial-back')
      .execute();
    expect(stray, 'no report but those of the uploader').toEqual([]);
    // Its endpoint is closed: nobody answers there in the name of the identity.
    const stranger = await net.bind();
    const { id } = ApiSecret.parse(apiSecret).platform;
    for (const port of ports) {
      const at = { id, relayUrls: [], directAddrs: [{ family: 4 as const, ip: '127.0.0.1', port }] };
      await expect(stranger.connect(at, SERVICES_ALPN, { timeoutMs: 2_000 })).rejects.toThrow();
    }
    await expectNothingLost();
    // It lives on as one of three.
    expect(await holder.press(ours)).toBeLessThan(BAR_MS);
  });

  it('when the database is away for half a minute, go on where they were', { timeout: 150_000 }, async () => {
    const { holder, token } = await held();
    const keptBefore = uploader.kept.length;
    await fleet.server.crash();
    await sleep(30_000);
    await fleet.server.resume();
    const pressed = await Promise.all([other(holder).press(ours), other(holder).press(official.id)]);
    console.info(
      `database: the button worked ${seconds(pressed[0])} s after it was back, that of the official client after ${seconds(pressed[1])} s`,
    );
    expect(Math.max(...pressed)).toBeLessThan(BAR_MS);
    expect(await fleet.holder(), 'nobody lost anything').toMatchObject({ token });
    await until(() => uploader.kept.length > keptBefore + 2, 60_000);
    const kept = await expectNothingLost();
    expect(kept, 'it was under way all the time').toBeGreaterThan(10);
    console.info(`acknowledged reports: ${kept}, lost: 0`);
    const secrets = await Promise.all(
      fleet.processes.map((one) => one.ask<{ items: unknown[] }>('/api/v1/projects/default/secrets')),
    );
    for (const { items: list } of secrets) expect(list).toHaveLength(1);
  });

  it('end the sessions of a secret that is revoked at another process', { timeout: 60_000 }, async () => {
    const { holder } = await held();
    const { items: secrets } = await any().ask<{ items: { keyId: string }[] }>(
      '/api/v1/projects/default/secrets',
    );
    await other(holder).ask(`/api/v1/projects/default/secrets/${secrets[0]?.keyId}/revoke`, {});
    await until(async () => !(await any().endpoint(ours)).isOnline, 10_000);
  });
});
