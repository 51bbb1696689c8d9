import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPeer, interopAvailable, RustClientHost, RustPlatform } from './support/index.js';

/** The peers against each other: when this fails, the fault is not in our own parts. */
describe.skipIf(!interopAvailable())('the Rust peers among themselves', () => {
  const seed = '11'.repeat(32);
  let platform: RustPlatform;
  let client: RustClientHost;

  beforeAll(async () => {
    await buildPeer();
    platform = await RustPlatform.start();
    client = await RustClientHost.start({ apiSecret: platform.ready.api_secret, name: 'smoke', seed });
    await client.peer.next('granted');
  });

  afterAll(async () => {
    await Promise.all([client?.stop(), platform?.stop()]);
  });

  it('takes auth, name and grant as what they are', async () => {
    const auth = await platform.peer.next('auth');
    expect(auth).toMatchObject({ answer: 'ok', problem: null, remote: client.ready.id });
    expect(auth.token).toMatchObject({
      issuer: platform.ready.secret_id,
      audience: client.ready.id,
      origin: 'issuer',
      caps: ['client'],
    });
    expect(await platform.peer.next('name')).toMatchObject({ name: 'smoke', answer: 'ok' });
    expect((await platform.peer.next('grant_cap')).token).toMatchObject({
      issuer: client.ready.id,
      audience: platform.ready.id,
      caps: ['net-diagnostics:get-any'],
    });
  });

  it('answers pings', async () => {
    const id = await client.ping();
    expect((await platform.peer.next('ping')).id).toBe(id);
  });

  it('takes metrics, the schema with the first push alone', async () => {
    await client.pushMetrics();
    await client.pushMetrics();
    const first = await platform.peer.next('put_metrics');
    const second = await platform.peer.next('put_metrics');
    expect(first.names).toContain('socket_send_ipv4');
    expect(first.names).toHaveLength(first.count);
    expect(first.values).toHaveLength(first.count);
    expect(second).toMatchObject({ names: null, count: first.count, session: first.session });
  });

  it.concurrent('dials back with the grant and decodes the report', async () => {
    const back = await platform.dialBack();
    expect(back).toMatchObject({ ok: true, closed: null });
    expect(back.steps.map((step) => step.step)).toEqual(['auth', 'run']);
    expect(back.steps[1]?.report).toMatchObject({
      endpoint_id: client.ready.id,
      direct_addrs: client.ready.addrs,
      net_report: null,
      iroh_version: '1.0.0',
      iroh_services_version: '1.0.0',
    });
  });

  it.concurrent('uploads a report', async () => {
    const report = await client.netDiagnostics(true);
    expect((await platform.peer.next('put_network_diagnostics')).report).toEqual(report);
  });

  it.each([
    ['self-made', { token: {} }],
    [
      'for another audience',
      {
        token: {
          issuer_seed: seed,
          audience: '3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29',
        },
      },
    ],
    [
      'delegated',
      {
        token: {
          issuer_seed: seed,
          delegated_from: '3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29',
        },
      },
    ],
  ])('sees the official host refuse a token that is %s', async (_, o) => {
    const back = await platform.dialBack({ ...o, steps: ['auth'] });
    expect(back).toMatchObject({ ok: false, closed: { by: 'peer', code: 401, reason: 'Unauthorized' } });
  });

  it.each(['signature', 'payload'] as const)(
    'sees it drop the connection over a broken %s',
    async (tamper) => {
      const back = await platform.dialBack({ tamper, steps: ['auth'] });
      expect(back).toMatchObject({ ok: false, closed: { by: 'peer', code: 0 } });
    },
  );

  it('sees it close over a wrong order of messages', async () => {
    const early = await platform.dialBack({ steps: ['run'] });
    expect(early.closed).toMatchObject({ code: 400, reason: 'Expected initial auth message' });
    const twice = await platform.dialBack({ steps: ['auth', 'auth'] });
    expect(twice.closed).toMatchObject({ code: 400, reason: 'Unexpected auth message' });
  });

  it('never gets the official answer to a missing capability: the host hangs up before it is sent', async () => {
    const token = { issuer_seed: seed, caps: ['metrics:put-any'] };
    const back = await platform.dialBack({ token });
    expect(back.steps.map((step) => step.error === undefined)).toEqual([true, false]);
    expect(back.closed).toMatchObject({ by: 'peer', code: 0 });
  });

  it('sees it close over a frame that is too long', async () => {
    const back = await platform.dialBack({ steps: [{ raw: '8180800800', finish: false }] });
    expect(back.closed).toMatchObject({ code: 1 });
  });

  it('refuses on command, and hands the refusal on', async () => {
    await platform.answer('put_metrics', 'missing-capability', { times: 1, caps: ['metrics:put-any'] });
    await expect(client.pushMetrics()).rejects.toThrow('Missing capability: metrics:put-any');
    await expect(client.pushMetrics()).resolves.toBeUndefined();
  });

  it('shows that the official client reconnects without Auth', async () => {
    await platform.closeConnections();
    // The first may still go into the dying connection; the second finds it closed and makes a new one.
    await expect(client.ping()).rejects.toThrow('Internal server error');
    await expect(client.ping()).rejects.toThrow('Internal server error');
    await platform.peer.next('disconnected', (line) => line.error === 'expected initial auth message');
    await platform.strict(false);
    await client.ping();
    expect(platform.peer.lines.filter((line) => line.event === 'auth')).toHaveLength(1);
  });

  it('comes back at its old address, and refuses a client whose secret it no longer knows', async () => {
    const before = await RustPlatform.start({ seed: '33'.repeat(32) });
    const [portV4, portV6] = before.ready.addrs.map((addr) => Number(addr.split(':').at(-1)));
    await before.stop();
    const after = await RustPlatform.start({
      seed: '33'.repeat(32),
      ...(portV4 === undefined ? {} : { portV4 }),
      ...(portV6 === undefined ? {} : { portV6 }),
    });
    const stranger = await RustClientHost.start({ apiSecret: before.ready.api_secret, grant: false });
    try {
      expect(after.ready).toMatchObject({ id: before.ready.id, addrs: before.ready.addrs });
      await expect(stranger.ping()).rejects.toThrow('Unauthorized');
      const auth = await after.peer.next('auth');
      expect(auth).toMatchObject({ answer: 'close', problem: 'issuer is not the API secret' });
    } finally {
      await Promise.all([stranger.stop(), after.stop()]);
    }
  });
});
