import { afterEach, describe, expect, it } from 'vitest';
import type { NetDiagnostics } from '../../lib/index.js';
import { SYSTEM_PARTS } from '../../lib/net-diagnostics/parts.js';
import { Platform } from '../../platform/index.js';
import { until } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';
import { Memory, Stage } from './stage.js';

const stage = new Stage();
const platforms: Platform[] = [];
afterEach(async () => {
  await stage.clear();
  await Promise.all(platforms.splice(0).map((platform) => platform.stop()));
});

const DAY_MS = 86_400_000;

/** The patience of real networks, and a clock that can be set. */
async function start(skewMs: number) {
  const platform = await Platform.start({ dataDir: ':memory:', dashboard: false, port: 0 });
  platforms.push(platform);
  const clock = { skewMs, now: () => Date.now() + clock.skewMs };
  const memory = new Memory();
  const apiSecret = (await platform.createApiSecret()).reveal();
  const app = stage.start({ apiSecret, logger: memory }, { ...SYSTEM_PARTS, clock });
  return { platform, clock, memory, app };
}

const isRefused = (app: NetDiagnostics) => () => app.status().state === 'unauthorized';

describe('a clock that is 40 days behind at the start', () => {
  it('is named when the platform refuses the token', async () => {
    const { memory, app } = await start(-40 * DAY_MS);
    await until(isRefused(app));
    expect(app.status().lastError?.message).toMatch(/clock is 40 days behind the platform's/);
    expect(memory.lines.join('\n')).toMatch(/error: .*clock is 40 days behind the platform's/);
  });

  it('is asked about in the log when the platform says nothing but 401', async () => {
    const platform = await stage.platform();
    platform.behave = () => ({ close: 401, reason: 'Unauthorized' });
    const memory = new Memory();
    const clock = { now: () => Date.UTC(2020, 0, 1) };
    const app = stage.start({ apiSecret: platform.apiSecret, logger: memory }, { ...SYSTEM_PARTS, clock });
    await until(isRefused(app));
    expect(memory.lines.join('\n')).toMatch(/error: .*clock.*2020-01-01/);
  });

  it('costs no quarter of an hour once it is set right: online and granted within seconds', async () => {
    const { clock, app } = await start(-40 * DAY_MS);
    await until(isRefused(app));
    clock.skewMs = 0;
    await until(() => app.status().grant.state === 'granted', 15_000);
    expect(app.status()).toMatchObject({ state: 'online', retryAt: null });
  });
});

describe('a clock that is set while the app waits for its platform', () => {
  it('moves retryAt along', { tags: ['slow'] }, async () => {
    const platform = await stage.absentPlatform();
    const clock = { skewMs: 0, now: () => Date.now() + clock.skewMs };
    const limits = { ...SYSTEM_PARTS.clientLimits, connectTimeoutMs: 300, reconnectMinMs: 120_000 };
    const app = stage.start(
      { apiSecret: platform.apiSecret },
      { ...SYSTEM_PARTS, clock, clientLimits: { ...limits, reconnectMaxMs: 120_000 } },
    );
    await until(() => app.status().retryAt !== null);
    for (const skewMs of [40 * DAY_MS, -40 * DAY_MS]) {
      clock.skewMs = skewMs;
      await until(() => {
        const { retryAt } = app.status();
        return retryAt !== null && Math.abs(Date.parse(retryAt) - clock.now()) < 200_000;
      }, 15_000);
    }
  });
});

describe('a clock that runs ahead while the app is online', () => {
  it('costs the grant nothing: a fresh one goes out at once', async () => {
    const { platform, clock, app } = await start(0);
    const { endpointId } = await app.ready({ timeoutMs: 10_000 });
    clock.skewMs = 40 * DAY_MS;
    expect(app.status().grant.state).toBe('ungranted');
    await until(() => app.status().grant.state === 'granted', 15_000);
    expect(await platform.dialBack(madeUpId(endpointId ?? ''))).toMatchObject({ source: 'dial-back' });
  });
});
