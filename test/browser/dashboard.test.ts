import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NetDiagnostics, type NetDiagnosticsOptions } from '../../lib/index.js';
import { Platform } from '../../platform/index.js';
import { axeFaults } from '../support/axe.js';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { fillSignIn, openDashboard, originOf, TOKEN } from '../support/dashboard-door.js';
import { HttpRelay } from '../support/http-relay.js';
import { madeUpId } from '../support/ids.js';
import { QUIET_PROBES } from '../support/quiet-probes.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const screenshots = join(root, 'test', 'browser', 'screenshots');

describe.skipIf(!browserAvailable())('the dashboard in a real browser', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let platform: Platform;
  let app: NetDiagnostics;
  const relays: HttpRelay[] = [];
  const complaints: string[] = [];

  const start = async (options: NetDiagnosticsOptions & { name: string }) => {
    const secret = await platform.createApiSecret(options.name);
    return NetDiagnostics.start(
      {
        ...options,
        apiSecret: secret,
        network: 'minimal',
        bindAddrs: ['loopback'],
        probes: QUIET_PROBES,
        relays: relays.map(({ url }) => ({ url, quicPort: null })),
        logger: false,
      },
      {},
    );
  };
  const isUnauthorized = (text: string) =>
    text.endsWith('the server responded with a status of 401 (Unauthorized)');
  const runButton = () => page.getByRole('button', { name: 'Run Diagnostics' });
  const signOut = async () => {
    await page.locator('summary', { hasText: 'Account:' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  };
  const shoot = (name: string) => page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });

  beforeAll(async () => {
    await mkdir(screenshots, { recursive: true });
    for (const delayMs of [4, 38]) relays.push(await HttpRelay.start(delayMs));
    platform = await Platform.start({ dataDir: ':memory:', dashboard: { port: 0, token: TOKEN } });
    const attributes = { region: 'eu', version: '1.0.3' };
    app = await start({ grant: false, name: 'checkout-api', group: 'shop', attributes });
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1100, height: 760 }, deviceScaleFactor: 2 });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    await platform?.stop();
    await Promise.all(relays.map((relay) => relay.stop()));
  });

  it('lets nobody in without a sign-in', async () => {
    expect((await fetch(originOf(platform), { redirect: 'manual' })).status).not.toBe(200);
    await openDashboard(page, platform);
    // The page that asks who comes is answered with 401, and browsers write that down.
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !isUnauthorized(text)));
    await page.getByRole('link', { name: 'checkout-api' }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
  });

  it('lists endpoints by group and attributes', async () => {
    const card = page.getByRole('link', { name: 'checkout-api' });
    const filter = page.getByRole('searchbox');
    await page.getByRole('button', { name: 'region=eu' }).click();
    expect(await filter.inputValue()).toBe('region=eu');
    await page.getByText('One matches').waitFor();
    expect(await card.isVisible()).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
    await filter.fill('group:shop check');
    await page.waitForURL(/q=group%3Ashop\+check$/);
    await page.getByText('One matches').waitFor();
    expect(await card.isVisible()).toBe(true);
    for (const other of ['region=e', 'group:sho', 'nobody']) {
      await filter.fill(other);
      await page.getByText('No endpoint matches').waitFor();
      expect(await card.count()).toBe(0);
    }
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await card.waitFor();
    expect([await filter.inputValue(), new URL(page.url()).search]).toEqual(['', '']);
  });

  it('shows the button grey before the grant, and says why', async () => {
    await page.getByRole('link', { name: 'checkout-api' }).click();
    await page.getByText('No grant').waitFor();
    expect(await runButton().isDisabled()).toBe(true);
    await shoot('1-grey');
    expect(await axeFaults(page)).toEqual([]);
  });

  it('enables the button when the grant arrives, without a reload', async () => {
    app.grant();
    await expect.poll(() => runButton().isEnabled()).toBe(true);
    await shoot('2-enabled');
  });

  it('runs the diagnostics and shows the report', async () => {
    await runButton().click();
    await page.getByText('Report received').waitFor();
    for (const { url } of relays) await page.getByText(new URL(url).host).first().waitFor();
    await page.getByText('127.0.0.1:').first().waitFor();
    expect(await runButton().isEnabled()).toBe(true);
    await shoot('3-report');
    expect(await axeFaults(page)).toEqual([]);
    expect(await platform.reports(madeUpId(app.status().endpointId ?? ''))).toHaveLength(1);
  });

  it('can be run by keyboard alone', async () => {
    await runButton().focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(async () => (await platform.reports(madeUpId(app.status().endpointId ?? ''))).length)
      .toBe(2);
  });

  it('shows the newest report, or the one that was picked until a newer one comes', async () => {
    const rows = page.getByRole('region', { name: 'History' }).getByRole('button');
    const pressed = () =>
      rows.evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-pressed')));
    await expect.poll(pressed).toEqual(['true', 'false']);
    await rows.nth(1).click();
    await expect.poll(pressed).toEqual(['false', 'true']);
    // A load leaves it as it is.
    await app.setName('checkout-api 2');
    await page.getByRole('heading', { name: 'checkout-api 2' }).waitFor();
    expect(await pressed()).toEqual(['false', 'true']);
    await runButton().click();
    await expect.poll(pressed).toEqual(['true', 'false', 'false']);
    await app.setName('checkout-api');
    await page.getByRole('heading', { name: 'checkout-api', exact: true }).waitFor();
  });

  it('fits a narrow, dark screen', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    await shoot('4-narrow-dark');
  });

  it('turns grey when the app goes away', async () => {
    await app.stop();
    await page.getByText('Offline').first().waitFor();
    expect(await runButton().isDisabled()).toBe(true);
  });

  it('makes an API secret, shows it once, and an app can use it', async () => {
    await page.setViewportSize({ width: 1100, height: 760 });
    await page.getByRole('link', { name: 'API secrets' }).click();
    await page.getByLabel('Label').fill('from the browser');
    await page.getByRole('button', { name: /Create/ }).click();
    const shown = page.getByText(/services[a-z2-7]{60,}/).first();
    await shown.waitFor();
    const secret = (await shown.textContent())?.match(/services[a-z2-7]+/)?.[0] ?? '';
    await shoot('5-secrets');
    expect(await axeFaults(page)).toEqual([]);
    await page.reload();
    expect(await page.content()).not.toContain(secret);
    const other = NetDiagnostics.start(
      { apiSecret: secret, network: 'minimal', bindAddrs: ['loopback'], logger: false },
      {},
    );
    expect((await other.ready({ timeoutMs: 10_000 })).grant.state).toBe('granted');
    await other.stop();
  });

  it('revokes an API secret by keyboard, and asks first', async () => {
    const revoke = page.getByRole('button', { name: 'Revoke from the browser' });
    const focused = () => page.locator(':focus').textContent();
    await revoke.focus();
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Keep');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Revoke');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    const row = page.getByRole('listitem').filter({ hasText: 'from the browser' });
    await row.getByText('Revoked').waitFor();
    expect(await row.getByRole('button').count()).toBe(0);
    expect(await axeFaults(page)).toEqual([]);
  });

  it('keeps what signs in out of the URLs that are sent, and lets one log out', async () => {
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.url()));
    await page.goto(originOf(platform));
    await page.getByRole('link', { name: 'checkout-api' }).waitFor();
    await signOut();
    await fillSignIn(page);
    await page.getByRole('link', { name: 'checkout-api' }).waitFor();
    expect(sent.filter((url) => url.includes(TOKEN))).toEqual([]);
    await signOut();
    await page.getByLabel('Name or e-mail').waitFor();
    expect(
      (await page.request.get(new URL('/api/v1/projects/default/endpoints', page.url()).href)).status(),
    ).toBe(401);
    expect(await axeFaults(page)).toEqual([]);
    // What was under way when the session ended is answered so, and browsers write that down.
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !isUnauthorized(text)));
  });

  it('was quiet: no script error, nothing that the Content-Security-Policy refused', () => {
    expect(complaints).toEqual([]);
  });
});
