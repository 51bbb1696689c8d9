import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentSecurityPolicy } from 'helmet';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpHandler, type HttpHandler, type HttpTarget } from '../../lib/http/index.js';
import { type LocalReport, type Logger, NetDiagnostics } from '../../lib/index.js';
import { Platform } from '../../platform/index.js';
import { FULL_REPORT } from '../report/support/full-report.js';
import { axeFaults } from '../support/axe.js';
import { browserAvailable, launchBrowser, takePicture } from '../support/browser.js';
import { HttpRelay } from '../support/http-relay.js';
import { QUIET_PROBES } from '../support/quiet-probes.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const screenshots = join(root, 'test', 'browser', 'screenshots');

/** The page asks for the status every few seconds. */
const PATIENT = { timeout: 15_000 };

const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** Our routes on a port of this machine. */
class Host {
  private constructor(
    readonly url: string,
    private readonly server: Server,
    private readonly handler: HttpHandler,
  ) {}

  static async open(target: HttpTarget): Promise<Host> {
    const handler = createHttpHandler(target, { path: '/', access: 'loopback' }, { logger: SILENT });
    const server = createServer((request, response) => handler.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Host(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server, handler);
  }

  async close(): Promise<void> {
    this.handler.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe.skipIf(!browserAvailable())("the app's own page in a real browser", () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let platform: Platform;
  let app: NetDiagnostics;
  let host: Host;
  const relays: HttpRelay[] = [];
  const complaints: string[] = [];

  const runButton = () => page.getByRole('button', { name: 'Run diagnostics' });
  const said = () => page.locator('#announce').textContent();
  const shoot = (name: string) =>
    page.screenshot({ path: join(screenshots, `app-${name}.png`), fullPage: true });
  const clipboard = () => page.evaluate('navigator.clipboard.readText()') as Promise<string>;
  const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');

  beforeAll(async () => {
    await mkdir(screenshots, { recursive: true });
    for (const delayMs of [180, 600]) relays.push(await HttpRelay.start(delayMs));
    platform = await Platform.start({ dataDir: ':memory:', dashboard: false });
    app = NetDiagnostics.start(
      {
        name: 'checkout-api',
        apiSecret: await platform.createApiSecret('app page'),
        grant: false,
        network: 'minimal',
        bindAddrs: ['loopback'],
        probes: QUIET_PROBES,
        relays: relays.map(({ url }) => ({ url, quicPort: null })),
        logger: false,
      },
      {},
    );
    host = await Host.open(app);
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1100, height: 760 }, deviceScaleFactor: 2 });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  });
  afterAll(async () => {
    await browser?.close();
    await host?.close();
    await app?.stop();
    await platform?.stop();
    await Promise.all(relays.map((relay) => relay.stop()));
  });

  it('says on the first visit that nothing was measured yet, and asks for nothing that is not there', async () => {
    await page.goto(host.url);
    await page.getByText('No report yet').waitFor();
    await page.getByRole('heading', { name: 'checkout-api' }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await shoot('1-first');
  });

  it('says why the button of the platform is grey, and what to do', async () => {
    await page.getByRole('heading', { name: /Why is the platform’s button grey/ }).waitFor();
    const missing = page.getByRole('listitem').filter({ hasText: 'Missing: ' });
    await expect.poll(() => missing.allTextContents()).toEqual([expect.stringContaining('call grant()')]);
  });

  it('runs by keyboard, shows the progress, then the report, and leaves the focus where it was', async () => {
    await runButton().focus();
    await page.keyboard.press('Enter');
    await page.getByText(/^HTTPS [01] of 2$/).waitFor();
    const total = await page.getByRole('progressbar').getAttribute('max');
    await shoot('2-running');
    await expect.poll(said, PATIENT).toMatch(/^Done\. /);
    expect(Number(total)).toBe(app.lastReport()?.probes.length);
    for (const { url } of relays) await page.getByText(new URL(url).host, { exact: true }).first().waitFor();
    expect(await page.locator('#run:focus').count()).toBe(1);
    expect(await page.locator('#verdict time').getAttribute('datetime')).toBe(app.lastReport()?.startedAt);
    expect(await axeFaults(page)).toEqual([]);
    await shoot('3-report');
    await takePicture(page.locator('#button'), 'grey-button');
  });

  it('keeps what is unfolded and the focus when another report comes', async () => {
    const why = page.locator('summary', { hasText: 'Evidence for IPv4' });
    await why.focus();
    await page.keyboard.press('Enter');
    const before = app.lastReport()?.startedAt;
    await app.run();
    await expect.poll(() => page.locator('#verdict time').getAttribute('datetime'), PATIENT).not.toBe(before);
    expect(await page.locator('details[open] > summary:focus').textContent()).toContain('Evidence for IPv4');
  });

  it('copies the report redacted, or as it is when told so', async () => {
    const { host: relayHost } = new URL(relays[0]?.url ?? '');
    const copied = page.locator('#copied');
    await page.getByRole('button', { name: 'Copy as text' }).click();
    await expect.poll(() => copied.textContent()).toMatch(/^Copied the redacted text: \d+ characters\.$/);
    expect(await clipboard()).toContain('NAT type');
    expect(await clipboard()).not.toContain(relayHost);
    await page.getByLabel('Redact').uncheck();
    expect(await page.getByRole('link', { name: 'Open as JSON' }).getAttribute('href')).toBe('./report');
    await page.getByRole('button', { name: 'Copy as JSON' }).click();
    await expect.poll(() => copied.textContent()).toMatch(/^Copied the JSON, with all addresses/);
    expect(JSON.parse(await clipboard())).toEqual(app.lastReport());
  });

  it('tells of the grant without a reload', async () => {
    app.grant();
    await page.getByRole('heading', { name: 'The platform’s button is ready' }).waitFor();
    expect(await page.locator('#checklist time').getAttribute('datetime')).toMatch(/Z$/);
    expect(await axeFaults(page)).toEqual([]);
  });

  it('fits a screen of 320 pixels, in dark, and in forced colours', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(await axeFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot('4-narrow-dark');
    await page.emulateMedia({ forcedColors: 'active' });
    await shoot('5-forced-colours');
    await page.emulateMedia({ forcedColors: 'none', colorScheme: 'light' });
    await page.setViewportSize({ width: 1100, height: 760 });
  });

  it('works under the content policy that helmet sets by default', async () => {
    const policy = Object.entries(contentSecurityPolicy.getDefaultDirectives())
      .map(([name, values]) => [name, ...values].join(' '))
      .join(';');
    const strict = await context.newPage();
    strict.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await strict.route('**/*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        headers: { ...response.headers(), 'content-security-policy': policy },
      });
    });
    await strict.goto(host.url);
    await strict.getByRole('heading', { name: 'Relay latency' }).waitFor();
    await strict.close();
  });

  it('shows a report with something everywhere, and takes what strangers wrote for text', async () => {
    const trap = '<img src=x onerror="document.title=1"><b id="trap">';
    const hostile = JSON.parse(
      JSON.stringify(FULL_REPORT).replaceAll('because', trap.replaceAll('"', '\\"')),
    ) as LocalReport;
    const other = await Host.open({
      status: () => ({
        ...app.status(),
        name: trap,
        lastError: { code: 'E', message: trap, at: hostile.startedAt },
        lastReportAt: hostile.startedAt,
      }),
      run: async () => hostile,
      lastReport: () => hostile,
    });
    await page.goto(other.url);
    await page.getByRole('heading', { name: 'Timings' }).waitFor();
    const folded = page.locator('details:not([open]) > summary');
    while ((await folded.count()) > 0) await folded.first().click();
    await page.getByText(trap).first().waitFor();
    expect(await page.locator('#trap, main img').count()).toBe(0);
    expect(await axeFaults(page)).toEqual([]);
    await shoot('6-full');
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1100, height: 760 });
    await other.close();
  });

  it('says what went wrong when a run or a copy fails', async () => {
    const other = await Host.open({
      status: () => app.status(),
      run: () => Promise.reject(new Error('inside')),
      lastReport: () => app.lastReport(),
    });
    await page.addInitScript('Object.defineProperty(navigator, "clipboard", { value: undefined })');
    await page.goto(other.url);
    await page.getByRole('button', { name: 'Copy as text' }).click();
    await page.getByText('Not copied: the browser does not let this page copy.').waitFor();
    await runButton().click();
    await expect.poll(said).toBe("The diagnostics failed. The app's log says why.");
    await expect.poll(() => runButton().getAttribute('aria-disabled')).toBe('false');
    expect(await axeFaults(page)).toEqual([]);
    await other.close();
  });

  it('was quiet: no script error, nothing that a content policy refused', () => {
    expect(complaints).toEqual([]);
  });

  it('says when it may run again after runs too often', async () => {
    await page.goto(host.url);
    for (let runs = 0; runs < 5 && !(await said())?.startsWith('That was often'); runs += 1) {
      await runButton().click();
      await expect.poll(said, PATIENT).toMatch(/^(Done|That was often)/);
    }
    await page.getByText(/^Can run again in \d+ s\.$/).waitFor();
    expect(await runButton().getAttribute('aria-disabled')).toBe('true');
    await shoot('7-often');
    expect(await axeFaults(page)).toEqual([]);
  });

  it('says when the app does not answer any more, and keeps the report', async () => {
    await host.close();
    await page.getByText('The app does not answer').waitFor();
    await page.getByText('Not up to date').waitFor();
    expect(await page.getByRole('heading', { name: 'Relay latency' }).count()).toBe(1);
    expect(await axeFaults(page)).toEqual([]);
  });
});
