import { afterEach, describe, expect, it } from 'vitest';
import {
  decodePong,
  encodeServicesRequest,
  type MetricsSchema,
  type MetricValue,
} from '../../lib/wire/index.js';
import type { EndpointQuery } from '../../platform/index.js';
import { until } from '../support/fake-time.js';
import {
  ask,
  clientToken,
  connect,
  grantToken,
  newId,
  openSession,
  Stage,
  sampleReport,
  tell,
} from './stage.js';

const stage = new Stage();
afterEach(() => stage.close());

const SCHEMA: MetricsSchema = {
  items: [
    { type: 'counter', name: 'recv', prefixes: ['net'], labels: [['path', 'direct']] },
    { type: 'gauge', name: 'peers', prefixes: [], labels: [] },
  ],
  help: ['Datagrams received', 'Peers'],
};
const values = (recv: bigint, peers: bigint): MetricValue[] => [
  { type: 'counter', value: recv },
  { type: 'gauge', value: peers },
];

describe('a session with the platform', () => {
  it('takes a client token, then name, ping, report, grant and metrics', async () => {
    const platform = await stage.platform();
    const secret = await platform.createApiSecret('test');
    const endpoint = await stage.endpoint();
    const connection = await connect(endpoint, platform);

    expect(await ask(connection, { type: 'auth', token: clientToken(secret, endpoint) })).toHaveLength(0);
    const id = newId();
    expect(decodePong(await ask(connection, { type: 'ping', id }))).toEqual(id);
    const ok = { ok: true, value: undefined };
    expect(await tell(connection, { type: 'name-endpoint', name: 'my app' })).toEqual(ok);
    expect(await tell(connection, { type: 'set-group', group: 'staging' })).toEqual(ok);
    const attributes = { region: 'eu', tier: '' };
    expect(await tell(connection, { type: 'set-attributes', attributes: { old: 'x' } })).toEqual(ok);
    expect(await tell(connection, { type: 'set-attributes', attributes })).toEqual(ok);
    const report = sampleReport(endpoint.id);
    expect(await tell(connection, { type: 'put-network-diagnostics', report })).toEqual(ok);
    expect(await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) })).toEqual(ok);
    const sessionId = newId();
    const first = { schema: SCHEMA, values: values(1n, -2n) };
    expect(await tell(connection, { type: 'put-metrics', sessionId, update: first })).toEqual(ok);
    const second = { schema: null, values: values(2n ** 63n, 5n) };
    expect(await tell(connection, { type: 'put-metrics', sessionId, update: second })).toEqual(ok);

    const view = await platform.endpoint(endpoint.id);
    expect(view).toMatchObject({ name: 'my app', isOnline: true, button: { enabled: true } });
    expect([view?.group, view?.attributes]).toEqual(['staging', attributes]);
    const idsOf = async (query: Partial<EndpointQuery>) =>
      (await platform.endpoints(query)).endpoints.map((one) => one.id);
    expect(await idsOf({ group: 'staging', attributes: { region: 'eu' } })).toEqual([endpoint.id]);
    expect(await idsOf({ attributes: { tier: '' } })).toEqual([endpoint.id]);
    expect(await idsOf({ group: 'production' })).toEqual([]);
    expect(await idsOf({ attributes: { region: 'us' } })).toEqual([]);
    expect(await idsOf({ attributes: { constructor: 'eu' } })).toEqual([]);
    expect(view?.address?.directAddrs.length).toBeGreaterThan(0);
    expect((await platform.reports(endpoint.id)).map((record) => [record.source, record.report])).toEqual([
      ['upload', report],
    ]);
    expect(await platform.metrics(endpoint.id)).toMatchObject([{ schema: SCHEMA, values: second.values }]);
  });

  it.each([-1, 1.5, Number.NaN])('has no reports(id, %s): a limit is a count', async (limit) => {
    const platform = await stage.platform();
    const endpoint = await stage.endpoint();
    await expect(platform.reports(endpoint.id, { limit })).rejects.toMatchObject({
      code: 'ERR_SETTING',
      message: expect.stringContaining('limit'),
    });
    expect(await platform.reports(endpoint.id, { limit: 0 })).toEqual([]);
  });

  it('is offline when its last connection is gone, and keeps its address', async () => {
    const platform = await stage.platform();
    const secret = await platform.createApiSecret();
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, secret);
    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
    connection.close(0);
    await until(() => stage.events.some(({ type }) => type === 'session-closed'));
    const view = await platform.endpoint(endpoint.id);
    expect(view).toMatchObject({ isOnline: false, button: { enabled: false, reason: 'offline' } });
    expect(view?.address?.directAddrs.length).toBeGreaterThan(0);
  });

  it('serves a reconnect without Auth, as the official client does, while its token is good', async () => {
    const platform = await stage.platform();
    const secret = await platform.createApiSecret();
    const endpoint = await stage.endpoint();
    (await openSession(endpoint, platform, secret)).close(0);
    const again = await connect(endpoint, platform);
    expect(await tell(again, { type: 'name-endpoint', name: 'again' })).toMatchObject({ ok: true });

    await platform.revokeApiSecret(secret.keyId);
    expect(await again.closed()).toMatchObject({ by: 'peer', code: 401 });
    const third = await connect(endpoint, platform);
    await expect(ask(third, { type: 'ping', id: newId() })).rejects.toMatchObject({
      closeReason: { code: 400, reason: 'Expected initial auth message' },
    });
  });

  it('keeps the schema of a refused update, and takes values whose schema it does not know', async () => {
    const platform = await stage.platform();
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    const unknown = { schema: null, values: values(1n, 1n) };
    expect(
      await tell(connection, { type: 'put-metrics', sessionId: newId(), update: unknown }),
    ).toMatchObject({ ok: true });
    expect(await platform.metrics(endpoint.id)).toEqual([]);

    const sessionId = newId();
    const misfit = { schema: SCHEMA, values: values(1n, 1n).slice(1) };
    expect(await tell(connection, { type: 'put-metrics', sessionId, update: misfit })).toMatchObject({
      ok: false,
    });
    const fit = { schema: null, values: values(7n, 8n) };
    expect(await tell(connection, { type: 'put-metrics', sessionId, update: fit })).toMatchObject({
      ok: true,
    });
    expect(await platform.metrics(endpoint.id)).toMatchObject([{ schema: SCHEMA, values: fit.values }]);
  });

  it('keeps sessions of several connections of one endpoint apart from its presence', async () => {
    const platform = await stage.platform();
    const secret = await platform.createApiSecret();
    const endpoint = await stage.endpoint();
    const first = await openSession(endpoint, platform, secret);
    const second = await openSession(endpoint, platform, secret);
    first.close(0);
    await first.closed();
    await ask(second, { type: 'ping', id: newId() });
    expect(await platform.endpoint(endpoint.id)).toMatchObject({ isOnline: true });
    expect(stage.events.filter(({ type }) => type === 'session-closed')).toEqual([]);
  });

  it('serves streams concurrently: a silent one does not hold up the others', async () => {
    const platform = await stage.platform();
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    const silent = await connection.openStream();
    const frame = encodeServicesRequest({ type: 'ping', id: newId() });
    await silent.write(Uint8Array.of(frame.length));
    const id = newId();
    expect(decodePong(await ask(connection, { type: 'ping', id }))).toEqual(id);
    await silent.write(frame);
    await silent.finish();
    expect(await silent.readToEnd(100)).toHaveLength(17);
  });
});
