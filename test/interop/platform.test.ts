import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Platform } from '../../platform/index.js';
import { until } from '../support/fake-time.js';
import { buildPeer, interopAvailable, RustClientHost } from './support/index.js';

/** Our platform against the official client, with the crate's own ClientHost behind the button. */
describe.skipIf(!interopAvailable())('Platform and a Rust client', () => {
  let platform: Platform;
  let client: RustClientHost;

  beforeAll(async () => {
    await buildPeer();
    platform = await Platform.start({ dataDir: ':memory:', dashboard: false });
    const secret = await platform.createApiSecret('interop');
    client = await RustClientHost.start({ apiSecret: secret.reveal(), name: 'rust client' });
    await client.peer.next('granted');
  });
  afterAll(async () => {
    await client?.stop();
    await platform?.stop();
  });

  it('knows its name, its grant, and that it is online', async () => {
    await until(async () => (await platform.endpoint(client.ready.id))?.name === 'rust client');
    const view = await platform.endpoint(client.ready.id);
    expect(view).toMatchObject({ isOnline: true, button: { enabled: true } });
    expect(view?.grant?.caps).toEqual(['net-diagnostics:get-any']);
  });

  it('answers its pings and keeps its metrics', async () => {
    expect(await client.ping()).toHaveLength(32);
    await client.pushMetrics();
    await client.pushMetrics();
    await until(async () => ((await platform.metrics(client.ready.id))[0]?.values.length ?? 0) > 20);
  });

  it('dials back into the official ClientHost and keeps its report', async () => {
    console.log('The official host takes 21 s for a report without a relay');
    const record = await platform.dialBack(client.ready.id);
    expect(record).toMatchObject({
      endpointId: client.ready.id,
      source: 'dial-back',
      report: {
        endpointId: client.ready.id,
        netReport: null,
        irohVersion: '1.0.0',
        irohServicesVersion: '1.0.0',
      },
    });
    expect(record.report.directAddrs).toHaveLength(client.ready.addrs.length);
    // Both are on this machine, which says nothing of the Internet.
    expect(record.sighting).toBeNull();
    expect((await platform.reports(client.ready.id)).map(({ id }) => id)).toEqual([record.id]);
  });

  it('says what happened when the host refuses', async () => {
    const view = await platform.endpoint(client.ready.id);
    expect(view?.button).toMatchObject({ enabled: true });
    await client.stop();
    await until(async () => (await platform.endpoint(client.ready.id))?.isOnline === false, 40_000);
    await expect(platform.dialBack(client.ready.id)).rejects.toMatchObject({ code: 'ERR_STATE' });
  });
});
