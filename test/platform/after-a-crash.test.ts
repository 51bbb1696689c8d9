import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { TestPlatform } from '../../lib/testing/index.js';
import type { EndpointId } from '../../lib/wire/index.js';
import { Platform, type PlatformEvent, type PlatformOptions } from '../../platform/index.js';
import { IROH_RELAY, Programs, runsHere } from '../probes/qad/support/programs.js';
import { until } from '../support/fake-time.js';
import { freePort } from '../support/free-port.js';
import { MortalApps } from '../support/mortal-app.js';

const mayRelay = runsHere(IROH_RELAY, 'iroh-relay (cargo install iroh-relay --features server)');
const apps = new MortalApps();
const programs = new Programs();
const platforms: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await apps.close();
  await Promise.all(platforms.splice(0).map((platform) => platform.stop()));
  await programs.close();
});

/** The bar, from the new session on; a busy machine gets as much again. */
const BAR_MS = 2_000 + 2_000;

async function open(options: Partial<PlatformOptions> = {}) {
  const events: PlatformEvent[] = [];
  const platform = await Platform.start({
    ...{ dataDir: ':memory:', dashboard: false, port: 0, onEvent: (event) => events.push(event) },
    ...options,
  });
  platforms.push(platform);
  return { platform, events, apiSecret: (await platform.createApiSecret()).reveal() };
}

async function press(platform: Platform, id: EndpointId): Promise<number> {
  const startedAt = performance.now();
  await platform.dialBack(id);
  return performance.now() - startedAt;
}

/** A real one, on loopback, over plain HTTP. */
async function relay(): Promise<string> {
  const port = await freePort();
  const config = [
    `http_bind_addr = "127.0.0.1:${port}"`,
    'enable_quic_addr_discovery = false',
    'enable_metrics = false',
  ];
  await programs.start(
    IROH_RELAY ?? '',
    ['--dev', '--config-path', programs.file('relay.toml', config.join('\n'))],
    /relay: serving on|listening|serving/i,
    { RUST_LOG: 'info', NO_COLOR: '1' },
  );
  return `http://127.0.0.1:${port}/`;
}

describe('after a crash of the app, the button', () => {
  it('works within 2 s of the new session, again and again', { timeout: 120_000 }, async () => {
    const { platform, apiSecret } = await open();
    let app = await apps.start({ apiSecret });
    await press(platform, app.id);
    for (let round = 0; round < 3; round += 1) {
      await app.crash();
      app = await apps.start({ apiSecret });
      expect(await press(platform, app.id)).toBeLessThan(BAR_MS);
      // The press may have cost the app its session: it is back by itself, and the button with it.
      await until(async () => (await platform.endpoint(app.id))?.button.enabled === true, 5_000);
    }
  });

  it('works when the app comes back at another address', { timeout: 60_000 }, async () => {
    const { platform, apiSecret } = await open();
    const before = await apps.start({ apiSecret, bindAddrs: ['127.0.0.1:0', '[::1]:0'] });
    await press(platform, before.id);
    await before.crash();
    const after = await apps.start({ apiSecret, bindAddrs: ['127.0.0.2:0', '[::1]:0'] });
    expect(await press(platform, after.id)).toBeLessThan(BAR_MS);
  });

  it.skipIf(!mayRelay)('works with a relay in between', { timeout: 120_000 }, async () => {
    const url = await relay();
    const { platform, apiSecret } = await open({ relays: [{ url, quicPort: null }] });
    let app = await apps.start({ apiSecret, relays: [url] });
    await press(platform, app.id);
    for (let round = 0; round < 3; round += 1) {
      await app.crash();
      app = await apps.start({ apiSecret, relays: [url] });
      expect(await press(platform, app.id)).toBeLessThan(BAR_MS);
    }
  });

  it('does not close the session that lives, where its path is the one in use', {
    timeout: 60_000,
  }, async () => {
    const { platform, events, apiSecret } = await open();
    const app = await apps.start({ apiSecret });
    await press(platform, app.id);
    await press(platform, app.id);
    expect(events.filter(({ type }) => type === 'session-opened')).toHaveLength(1);
  });

  it('works for a TestPlatform', { timeout: 60_000 }, async () => {
    const platform = await TestPlatform.start();
    platforms.push(platform);
    const options = { ...platform.options(), network: 'minimal', bindAddrs: ['loopback'] } as const;
    const before = await apps.start(options);
    await platform.dialBack();
    await before.crash();
    await apps.start(options);
    const startedAt = performance.now();
    await platform.dialBack();
    expect(performance.now() - startedAt).toBeLessThan(BAR_MS);
  });

  it('goes grey with the first press, while nobody has come back', {
    timeout: 60_000,
    tags: ['slow'],
  }, async () => {
    const { platform, apiSecret } = await open();
    const app = await apps.start({ apiSecret });
    await press(platform, app.id);
    await app.crash();
    await expect(press(platform, app.id)).rejects.toMatchObject({ kind: 'unreachable' });
    await until(async () => (await platform.endpoint(app.id))?.isOnline === false, 2_000);
    expect((await platform.endpoint(app.id))?.button).toMatchObject({ enabled: false, reason: 'offline' });
  });

  it('works for a press that came before the new session', { timeout: 60_000 }, async () => {
    const { platform, events, apiSecret } = await open();
    const before = await apps.start({ apiSecret });
    await press(platform, before.id);
    await before.crash();
    const pressed = press(platform, before.id);
    pressed.catch(() => {});
    await apps.start({ apiSecret });
    expect(events.filter(({ type }) => type === 'session-opened').length).toBeGreaterThan(1);
    const sessionAt = performance.now();
    await pressed;
    expect(performance.now() - sessionAt).toBeLessThan(BAR_MS);
  });
});

describe('after a sleep of the laptop that was longer than the idle time-out', () => {
  it('the app is back within seconds, and the button with it', {
    timeout: 170_000,
    tags: ['slow'],
  }, async () => {
    const { platform, events, apiSecret } = await open();
    const app = await apps.start({ apiSecret });
    await press(platform, app.id);
    app.child.process.kill('SIGSTOP');
    await until(() => events.some(({ type }) => type === 'session-closed'), 60_000);
    await sleep(2_000);
    const seen = events.length;
    app.child.process.kill('SIGCONT');
    // By itself it would look after the connection in up to half a minute, and then wait for an answer for 20 s more.
    await until(() => events.slice(seen).some(({ type }) => type === 'session-opened'), 15_000);
    expect(await press(platform, app.id)).toBeLessThan(BAR_MS);
  });
});
