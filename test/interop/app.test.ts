import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NetDiagnostics, type NetDiagnosticsOptions } from '../../lib/index.js';
import { until } from '../support/fake-time.js';
import { QUIET_PROBES } from '../support/quiet-probes.js';
import { buildPeer, type DialBackOptions, interopAvailable, RustPlatform } from './support/index.js';

const OTHER_SEED = '33'.repeat(32);
const HOUR = 3600;
const nowSeconds = () => Math.floor(Date.now() / 1000);

/** Our app against a platform made of the official crates. */
describe.skipIf(!interopAvailable())('NetDiagnostics and a Rust platform', () => {
  let platform: RustPlatform;
  let app: NetDiagnostics;
  let id: string;

  const start = (options: NetDiagnosticsOptions = {}) =>
    NetDiagnostics.start(
      {
        apiSecret: platform.ready.api_secret,
        network: 'minimal',
        bindAddrs: ['loopback'],
        logger: false,
        reuse: 0,
        probes: QUIET_PROBES,
        ...options,
      },
      {},
    );

  beforeAll(async () => {
    await buildPeer();
    platform = await RustPlatform.start();
    app = start({ name: 'interop 👋', reportOnStart: true });
    const status = await app.ready({ timeoutMs: 10_000 });
    expect(status).toMatchObject({ state: 'online', grant: { state: 'granted' } });
    id = status.endpointId ?? '';
  });
  afterAll(async () => {
    await app?.stop();
    await platform?.stop();
  });

  it("opens its session with a client token, in the crate's own types", async () => {
    const auth = await platform.peer.next('auth');
    expect(auth).toMatchObject({ answer: 'ok', problem: null, remote: id });
    expect(auth.token).toMatchObject({
      issuer: platform.ready.secret_id,
      audience: id,
      origin: 'issuer',
      caps: ['client'],
    });
    expect(auth.token.expires_at).toBeGreaterThan(nowSeconds() + 29 * 24 * HOUR);
  });

  it('names itself, grants get-any, and pushes metrics with their schema', async () => {
    expect(await platform.peer.next('name')).toMatchObject({ name: 'interop 👋' });
    expect((await platform.peer.next('grant_cap')).token).toMatchObject({
      issuer: id,
      audience: platform.ready.id,
      origin: 'issuer',
      caps: ['net-diagnostics:get-any'],
    });
    const metrics = await platform.peer.next('put_metrics');
    expect(metrics.names).toContain('socket_send_ipv4');
    expect(metrics.values).toHaveLength(metrics.names?.length ?? 0);
  });

  it('uploads a report that the crate decodes', async () => {
    const { report } = await platform.peer.next('put_network_diagnostics', undefined, 20_000);
    expect(report).toMatchObject({ endpoint_id: id, iroh_services_version: '2.0.0' });
  });

  it("answers the crate's ClientHostClient with a report that it decodes", async () => {
    const back = await platform.dialBack({ to: id });
    expect(back).toMatchObject({ ok: true, remote: id });
    const report = back.steps[1]?.report;
    expect(report).toMatchObject({
      endpoint_id: id,
      net_report: null,
      portmap_probe: { upnp: false, pcp: false, nat_pmp: false },
      iroh_version: '1.0.0',
      iroh_services_version: '2.0.0',
    });
    expect(report?.direct_addrs).toHaveLength(platform.ready.addrs.length);
    expect(back.total_ms).toBeLessThan(5_000);
  });

  it('refuses a token that the caller signed itself', async () => {
    expect(await platform.dialBack({ to: id, token: { issuer_seed: OTHER_SEED } })).toMatchObject({
      ok: false,
      closed: { by: 'peer', code: 401, reason: 'Unauthorized' },
    });
  });

  it('refuses a tampered token, by signature and by payload', async () => {
    for (const tamper of ['signature', 'payload'] as const) {
      const back = await platform.dialBack({ to: id, tamper });
      expect(back).toMatchObject({ ok: false, closed: { by: 'peer', code: 401 } });
    }
  });

  it('refuses a request without Auth before it, and Auth twice', async () => {
    expect(await platform.dialBack({ to: id, steps: ['run'] })).toMatchObject({
      ok: false,
      closed: { by: 'peer', code: 400, reason: 'Expected initial auth message' },
    });
    expect(await platform.dialBack({ to: id, steps: ['auth', 'auth'] })).toMatchObject({
      ok: false,
      closed: { by: 'peer', code: 400, reason: 'Unexpected auth message' },
    });
  });

  it('survives 200 silent connections at once, and answers afterwards', async () => {
    const flood = await platform.flood({ connections: 200, hold_ms: 500, to: id });
    expect(flood.wanted).toBe(200);
    expect(flood.still_open).toBeLessThanOrEqual(16);
    await until(async () => (await platform.dialBack({ to: id, timeout_ms: 5_000 })).ok, 20_000);
  });

  it('comes back by itself when the platform closed the connection', async () => {
    await platform.closeConnections();
    await platform.peer.next('grant_cap', undefined, 15_000);
    expect(await platform.dialBack({ to: id })).toMatchObject({ ok: true });
  });

  it('answers no more after revoke(), and again after grant()', async () => {
    await app.revoke();
    expect(await platform.dialBack({ to: id })).toMatchObject({ ok: false, closed: { code: 401 } });
    app.grant();
    await platform.peer.next('grant_cap', undefined, 15_000);
    expect(await platform.dialBack({ to: id })).toMatchObject({ ok: true });
  });

  describe('with tokens that its own key signed', () => {
    // Only the endpoint itself can sign these: so this one's key is known to the test.
    let known: NetDiagnostics;
    let to: string;

    beforeAll(async () => {
      known = start({ secretKey: OTHER_SEED });
      to = (await known.ready({ timeoutMs: 10_000 })).endpointId ?? '';
    });
    afterAll(() => known?.stop());
    afterEach(async () => {
      expect(await platform.dialBack({ to })).toMatchObject({ ok: true });
    });

    const dialWith = (token: DialBackOptions['token']) =>
      platform.dialBack({ to, token: { issuer_seed: OTHER_SEED, ...token } });
    const refused = { ok: false, closed: { by: 'peer', code: 401, reason: 'Unauthorized' } };

    it('takes one that it never sent', async () => {
      expect(await dialWith({})).toMatchObject({ ok: true });
    });
    it('refuses one for another audience', async () => {
      expect(await dialWith({ audience: id })).toMatchObject(refused);
    });
    it('refuses an expired one', async () => {
      expect(await dialWith({ expires_at: nowSeconds() - 2 })).toMatchObject(refused);
    });
    it('refuses one that never expires', async () => {
      expect(await dialWith({ expires_at: 'never' })).toMatchObject(refused);
    });
    it('refuses a delegated one', async () => {
      expect(await dialWith({ delegated_from: id })).toMatchObject(refused);
    });
    it('names the capability that is missing', async () => {
      const back = await dialWith({ caps: ['metrics:put-any'] });
      expect(back.ok).toBe(false);
      expect(back.steps[1]?.remote_error).toEqual({
        kind: 'missing-capability',
        caps: ['net-diagnostics:get-any'],
      });
    });
    it('takes what permits get-any: client and all', async () => {
      for (const cap of ['client', 'all'])
        expect(await dialWith({ caps: [cap] })).toMatchObject({ ok: true });
    });
  });
});
