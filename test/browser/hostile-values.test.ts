import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Caps } from '../../lib/wire/index.js';
import type { Platform } from '../../platform/index.js';
import { grantToken, openSession, Stage, tell } from '../platform/stage.js';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { openDashboard, originOf } from '../support/dashboard-door.js';

/** Unix seconds that the wire can carry, and no `Date` can: ours end in the year 275760. */
const FAR = Number.MAX_SAFE_INTEGER;

describe.skipIf(!browserAvailable())('one hostile value', () => {
  const stage = new Stage();
  let browser: Browser;
  let page: Page;
  let platform: Platform;
  const complaints: string[] = [];

  beforeEach(async () => {
    platform = await stage.platform({ dashboard: { port: 0 } });
    browser = await launchBrowser();
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await browser.close();
    await stage.close();
    complaints.length = 0;
  });

  /** An endpoint with a name, and with a grant until `expiresAt`. */
  async function granted(name: string, expiresAt: number): Promise<string> {
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'name-endpoint', name });
    const token = grantToken(endpoint, platform, Caps.of('net-diagnostics:get-any'), expiresAt);
    expect(await tell(connection, { type: 'grant-cap', token })).toMatchObject({ ok: true });
    return endpoint.id;
  }

  it('in a grant (a far expiry) neither empties the list for all nor breaks its own page', async () => {
    const id = await granted('far-away', FAR);
    await granted('as usual', Math.floor(Date.now() / 1000) + 3600);
    await openDashboard(page, platform);
    await page.getByRole('link', { name: 'as usual' }).waitFor();
    await page.getByRole('link', { name: 'far-away' }).waitFor();
    await page.getByText('practically without end').waitFor();
    expect(await page.locator('#error').isHidden()).toBe(true);
    await page.goto(`${originOf(platform)}/projects/default/endpoints/${id}`);
    await page.getByText(/^Granted practically without end/).waitFor();
    expect(await page.locator('#error').isHidden()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('that nobody thought of costs its own row alone, and as long as it is there', async () => {
    const broken = await granted('broken', Math.floor(Date.now() / 1000) + 3600);
    await granted('as usual', Math.floor(Date.now() / 1000) + 3600);
    let isBroken = true;
    await page.route(/\/endpoints\?/, async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { items: { id: string; button: unknown }[] };
      for (const endpoint of answer.items) if (isBroken && endpoint.id === broken) endpoint.button = null;
      await route.fulfill({ response, json: answer });
    });
    await openDashboard(page, platform);
    await page.getByRole('link', { name: 'as usual' }).waitFor();
    await page.getByText('cannot be shown').waitFor();
    isBroken = false;
    // A change makes the page load the list again.
    await granted('a third', Math.floor(Date.now() / 1000) + 3600);
    await page.getByRole('link', { name: 'broken' }).waitFor();
    await page.getByRole('link', { name: 'a third' }).waitFor();
    expect(await page.getByText('cannot be shown').count()).toBe(0);
    expect(await page.getByRole('listitem').count()).toBe(3);
  });
});
