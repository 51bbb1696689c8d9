import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../lib/index.js';
import { Platform } from '../../platform/index.js';
import { TestCa } from '../probes/support/test-ca.js';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { ADMIN, fillSignIn, setUpCodeOf } from '../support/dashboard-door.js';
import { MarkdownPage } from '../support/markdown.js';
import { Nginx, nginxAvailable } from '../support/nginx.js';
import { QUIET_PROBES } from '../support/quiet-probes.js';

/** The lines of the guide for the platform, without the place where it is. */
const directives = MarkdownPage.read('docs/guides/configuration.md')
  .fences.filter(({ language }) => language === 'nginx')
  .map(({ code }) =>
    code
      .split('\n')
      .filter((line) => /^\s+proxy_(?!pass)/.test(line))
      .join('\n'),
  );

describe.skipIf(!browserAvailable() || !nginxAvailable())(
  'the dashboard behind a real nginx with TLS',
  () => {
    let ca: TestCa;
    let browser: Browser;
    let platform: Platform | undefined;
    let nginx: Nginx | undefined;
    let app: NetDiagnostics | undefined;
    beforeAll(async () => {
      [ca, browser] = await Promise.all([TestCa.create(), launchBrowser()]);
    });
    afterEach(async () => {
      await app?.stop();
      await nginx?.stop();
      await platform?.stop();
    });
    afterAll(async () => {
      await browser?.close();
      await ca.remove();
    });

    async function open(folder: string): Promise<{ page: Page; base: string; complaints: string[] }> {
      platform = await Platform.start({
        dataDir: ':memory:',
        dashboard: { port: 0, trustProxy: ['loopback'] },
      });
      const { port } = new URL(platform.localUrl ?? '');
      const tls = await ca.issue('proxy', 'IP:127.0.0.1');
      nginx = await Nginx.start(Number(port), directives[0], { tls, folder });
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      return { page, base: nginx.url + folder, complaints };
    }

    it.each([
      ['the root', '/'],
      ['a path', '/ops/fleet/'],
    ])('from set-up to sign-out, with live updates, at %s', async (_where, folder) => {
      const { page, base, complaints } = await open(folder);
      await page.goto(`${base}setup#code=${setUpCodeOf(platform as Platform)}`);
      await page.getByLabel('Name').fill(ADMIN.name);
      await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
      await page.getByRole('button').first().click();
      await page.getByRole('link', { name: 'API secrets' }).waitFor();
      expect(page.url().startsWith(base)).toBe(true);

      const cookies = await page.context().cookies();
      expect(cookies).toMatchObject([{ secure: true, httpOnly: true, sameSite: 'Lax', path: '/' }]);
      expect(cookies[0]?.name).toMatch(/^__Host-/);

      // It is there without a reload: the stream goes through nginx.
      app = NetDiagnostics.start(
        {
          apiSecret: await (platform as Platform).createApiSecret('behind'),
          ...{ name: 'behind-nginx', network: 'minimal', bindAddrs: ['loopback'], probes: QUIET_PROBES },
          logger: false,
        },
        {},
      );
      await page.getByRole('link', { name: 'behind-nginx' }).click({ timeout: 20_000 });
      const button = page.getByRole('button', { name: 'Run Diagnostics' });
      await button.click();
      await page.getByText('just now').first().waitFor({ timeout: 20_000 });

      await page.locator('summary', { hasText: 'Account:' }).click();
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.getByLabel('Name or e-mail').waitFor();
      expect(await page.context().cookies()).toEqual([]);
      await page.goto(base);
      await fillSignIn(page);
      await page.getByRole('link', { name: 'behind-nginx' }).waitFor();
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  },
);
