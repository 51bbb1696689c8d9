import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EndpointId, SecretKey } from '../../lib/wire/index.js';
import { Platform } from '../../platform/index.js';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import { SqlStore } from '../../platform/store/sql-store.js';
import { openSession, tell } from '../platform/stage.js';
import { axeFaults } from '../support/axe.js';
import { browserAvailable, launchBrowser, takePicture } from '../support/browser.js';
import { openDashboard, originOf, TOKEN } from '../support/dashboard-door.js';
import { fillFleet } from '../support/fleet-data.js';
import { madeUpId } from '../support/ids.js';
import { Loopback } from '../support/loopback.js';

const screenshots = join(import.meta.dirname, 'screenshots');
const NOW = Date.now();
/** As `fillFleet` makes the keys of its endpoints. */
const keyOf = (number: number) =>
  SecretKey.fromBytes(createHash('sha256').update(`fleet endpoint ${number}`).digest());

describe.skipIf(!browserAvailable())('a fleet of ten thousand in a real browser', () => {
  const loopback = new Loopback();
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let platform: Platform;
  let store: SqlStore;
  let origin: string;
  const complaints: string[] = [];
  /** Requests to the project's API since the last {@link asked}. */
  const requests: string[] = [];
  const asked = () => requests.splice(0).map((url) => url.replace(/^.*\/projects\/default\//, ''));

  beforeAll(async () => {
    await mkdir(screenshots, { recursive: true });
    const database = await openLibsql(':memory:');
    await fillFleet(database, { identity: madeUpId('f'.repeat(64)), reports: 20_000, now: NOW });
    store = await SqlStore.open(database);
    platform = await Platform.start({ dataDir: ':memory:', dashboard: { port: 0, token: TOKEN } }, { store });
    // Who is online is told by sessions; this many would be too many for a test.
    await store.write((tables) =>
      tables.updateTable('endpoints').set({ is_online: 1 }).where('id', '<', 'a').execute(),
    );
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1100, height: 900 }, deviceScaleFactor: 2 });
    context.setDefaultTimeout(10_000);
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('request', (request) => {
      if (/\/api\/v1\/projects\/default\/(?!events)/.test(request.url())) requests.push(request.url());
    });
    origin = originOf(platform);
    await openDashboard(page, platform);
    await status('The first 50 of 10,000');
    // The page that asks to sign in is a 401, and browsers write that down.
    complaints.length = 0;
  });
  beforeEach(async () => {
    // To load the same page again would be a step back to where it was left.
    await page.goto('about:blank');
    await page.goto(origin);
    await status('The first 50 of 10,000');
    asked();
  });
  afterAll(async () => {
    await browser?.close();
    await loopback.closeAll();
    await platform?.stop();
  });

  const shoot = (name: string) => page.screenshot({ path: join(screenshots, `fleet-${name}.png`) });
  const status = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();
  const rows = () => page.getByRole('list', { name: 'Endpoints' }).getByRole('listitem');
  const choose = (label: string, value: string) =>
    page.getByLabel(label, { exact: true }).selectOption(value);
  const query = () => new URL(page.url()).search;
  const clear = async () => {
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await status('The first 50 of 10,000');
  };
  /** An app with the key of an endpoint of the fleet. */
  const open = async (number: number) => {
    const endpoint = await loopback.bind({ secretKey: keyOf(number) });
    return openSession(endpoint, platform, await platform.createApiSecret());
  };

  it('shows the first fifty, and how many there are of each kind', async () => {
    expect(await rows().count()).toBe(50);
    await page.getByText(/^10,000 endpoints, [56],\d{3} online$/).waitFor();
    const green = page.getByRole('button', { name: /^Direct [1-9],\d{3}$/ });
    expect(await green.getAttribute('aria-pressed')).toBe('false');
    await shoot('light');
    await takePicture(page, 'fleet');
    expect(await axeFaults(page)).toEqual([]);
  });

  it('finds an endpoint while its name is typed', async () => {
    const search = page.getByRole('searchbox');
    await search.pressSequentially('CHECKOUT-0', { delay: 20 });
    await status('match');
    asked();
    await search.fill('00042');
    await status('One matches');
    expect(asked()).toEqual(['endpoints?search=00042&limit=50']);
    expect(query()).toBe('?q=00042');
    await search.fill('%');
    await page.getByRole('heading', { name: 'No endpoint matches' }).waitFor();
    await shoot('none');
    expect(await axeFaults(page)).toEqual([]);
    // The word was one step in the history.
    await page.goBack();
    await status('The first 50 of 10,000');
    expect([query(), await search.inputValue()]).toEqual(['', '']);
  });

  it('keeps its choices in the URL: they can be shared, reloaded, and gone back from', async () => {
    await choose('State', 'true');
    await choose('NAT type', 'Endpoint-Dependent');
    await page.getByRole('button', { name: /^Perhaps relayed/ }).click();
    await choose('Group', 'ci');
    const sorted = page.waitForResponse(/group=ci&sort=name/);
    await choose('Order', 'name');
    await sorted;
    await page.locator('.list[aria-busy="false"]').waitFor();
    const chosen = '?level=orange&nat=Endpoint-Dependent&online=true&group=ci&sort=name';
    expect(query()).toBe(chosen);
    await status('match');
    const first = await rows().first().textContent();
    await page.reload();
    await status('match');
    expect(await rows().first().textContent()).toBe(first);
    expect(await page.getByLabel('Group', { exact: true }).inputValue()).toBe('ci');
    expect(await axeFaults(page)).toEqual([]);
    const other = await context.newPage();
    await other.goto(page.url());
    await other.getByRole('status').filter({ hasText: 'match' }).waitFor();
    expect(await other.getByRole('listitem').first().textContent()).toBe(first);
    await other.close();
    await page.goBack();
    await page.waitForURL(/group=ci$/);
    await page.goBack();
    await page.waitForURL(/online=true$/);
    expect(await page.getByLabel('Group', { exact: true }).inputValue()).toBe('');
    await clear();
  });

  it('filters by a label that is pressed', async () => {
    await page.getByRole('button', { name: 'region=eu-west' }).first().click();
    await status('The first 50 that match');
    await page
      .getByRole('button', { name: /^host=host-/ })
      .first()
      .click();
    await page.waitForURL(/\?q=region%3Deu-west\+host%3Dhost-\d+$/);
    await page
      .getByRole('status')
      .filter({ hasText: /^\d+ match$/ })
      .waitFor();
    await clear();
  });

  it('goes on, and is where it was after a look at an endpoint', async () => {
    for (const count of [100, 150, 200]) {
      await page.getByRole('button', { name: 'Show more' }).click();
      await status(`The first ${count} of 10,000`);
    }
    const row = rows().nth(170);
    await row.scrollIntoViewIfNeeded();
    const name = await row.getByRole('link').textContent();
    await row.getByRole('link').click();
    await page.getByRole('heading', { name: name ?? '', exact: true }).waitFor();
    await page.goBack();
    await status('The first 200 of 10,000');
    await expect.poll(() => rows().nth(170).getByRole('link').isVisible()).toBe(true);
    await expect.poll(() => page.evaluate('scrollY > 5000')).toBe(true);
  });

  it('fetches the row that changes, and no other', async () => {
    await choose('Order', 'name');
    await page.waitForURL(/sort=name/);
    await status('The first 50 of 10,000');
    const name = (await rows().first().getByRole('link').textContent()) ?? '';
    const connection = await open(Number(/\d+$/.exec(name)?.[0]));
    await rows().first().getByText('Online').waitFor();
    await settled();
    asked();
    await tell(connection, { type: 'name-endpoint', name: `${name} renamed` });
    await rows()
      .first()
      .getByRole('link', { name: `${name} renamed` })
      .waitFor();
    await settled();
    const paths = asked();
    expect(paths.filter((path) => path !== 'fleet')).toEqual([
      expect.stringMatching(/^endpoints\?sort=name&ids=[0-9a-f]{64}$/),
    ]);
    expect(paths.length).toBeLessThanOrEqual(2);
  });

  it('counts what changes elsewhere, and says that there is more to see', async () => {
    await choose('Order', 'name');
    await page.waitForURL(/sort=name/);
    await settled();
    expect(await page.getByRole('button', { name: 'Show changes' }).count()).toBe(0);
    asked();
    const shown = new Set<EndpointId>();
    for (const id of await rows().evaluateAll((all) => all.map((row) => row.getAttribute('data-endpoint'))))
      shown.add(madeUpId(id ?? ''));
    const number = [...Array(100).keys()].find((one) => !shown.has(keyOf(one).id)) ?? 0;
    await open(number);
    await page.getByRole('button', { name: 'Show changes' }).waitFor();
    await settled();
    expect(asked().filter((path) => path !== 'fleet')).toEqual([]);
    await page.getByRole('button', { name: 'Show changes' }).click();
    await page.getByRole('button', { name: 'Show changes' }).waitFor({ state: 'detached' });
    expect(asked()).toContain('endpoints?sort=name&limit=50');
  });

  it('changes while it is filtered: who matches comes, who does not goes', async () => {
    const number = 4242;
    await page.goto(`${origin}/projects/default/endpoints?q=0${number}&online=false`);
    const wasOnline = keyOf(number).id < 'a';
    await status(wasOnline ? 'None matches' : 'One matches');
    const connection = await open(number);
    await status('None matches');
    connection.close(0);
    await status('One matches');
    await clear();
  });

  it('bears a storm: a few requests a second, however many messages come', async () => {
    await context.addInitScript(`{
      const Real = EventSource;
      window.EventSource = class extends Real {
        constructor(url) {
          super(url);
          window.source = this;
        }
      };
    }`);
    await page.reload();
    await status('The first 50 of 10,000');
    await settled();
    asked();
    await page.evaluate(`(async () => {
      const ids = [...document.querySelectorAll('[data-endpoint]')].map((row) => row.dataset.endpoint);
      for (let round = 0; round < 300; round += 1) {
        const data = JSON.stringify({ endpointIds: ids });
        source.dispatchEvent(new MessageEvent(round % 2 ? 'many' : 'changed', { data: round % 2 ? '{}' : data }));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })()`);
    await settled();
    const paths = asked();
    expect(paths.filter((path) => path.startsWith('endpoints')).length).toBeLessThanOrEqual(6);
    expect(paths.filter((path) => path === 'fleet').length).toBeLessThanOrEqual(4);
    expect(await rows().count()).toBe(50);
  });

  it('can be used by keyboard alone', async () => {
    const focused = () => page.locator(':focus');
    await page.getByRole('searchbox').focus();
    await page.keyboard.type('group:staging');
    await status('The first 50 that match');
    for (let steps = 0; steps < 12; steps += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement.tagName')) === 'A') break;
    }
    const name = await focused().textContent();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: name ?? '', exact: true }).waitFor();
    await page.getByRole('link', { name: '← Endpoints' }).click();
    await status('The first 50 that match');
    expect(query()).toBe('?q=group%3Astaging');
  });

  it('fits a narrow screen, a dark one, and one with forced colours', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot('dark');
    await page.setViewportSize({ width: 380, height: 900 });
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await shoot('narrow-dark');
    expect(await axeFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
    await shoot('narrow-forced');
    expect(await axeFaults(page)).toEqual([]);
  });

  it('was quiet: no script error, nothing that the Content-Security-Policy refused', () => {
    expect(complaints).toEqual([]);
  });

  /** Nothing is asked for any more. */
  async function settled(): Promise<void> {
    for (let before = -1; before !== requests.length; ) {
      before = requests.length;
      await page.waitForTimeout(2_200);
    }
  }
});
