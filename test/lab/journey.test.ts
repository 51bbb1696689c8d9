import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, keepPicture } from '../support/browser.js';
import { Journey, JourneyTools } from './harness/journey.js';
import { RELAY_PROGRAM, RELAYS } from './harness/relays.js';
import { coturn, gateway, relay } from './harness/services.js';
import { labRuns } from './harness/tools.js';
import {
  DUAL_CLIENT,
  firewall,
  gatewayRules,
  home,
  MASQUERADE,
  nat,
  STUN_ADDRESSES_V6,
  STUN_SERVERS,
  STUN_SERVERS_V6,
} from './topologies/base.js';

const PROGRAMS = ['conntrack', 'turnserver', 'miniupnpd', 'openssl', RELAY_PROGRAM];
const NAME = 'checkout-api';
/** `UPDATE_SCREENSHOT=1` makes the README's pictures anew. */
const TAKES_PICTURES = Boolean(process.env.UPDATE_SCREENSHOT);

/** A machine with more to do than its time lets a gateway's answer come too late. */
const PATIENT = { retry: 5 };

const relays = RELAYS.map((each) => relay(each));
const text = (pattern: RegExp) => expect.stringMatching(pattern);
const OURS_V4 = text(/^203\.0\.113\.66:\d+$/);
const OURS_V6 = text(/^\[2001:db8:1::100\]:\d+$/);

/** The page from its top to the end of a part of it. */
async function picture(page: Page, name: string, last: Locator): Promise<void> {
  if (!TAKES_PICTURES) return;
  await page.evaluate('document.activeElement.blur(); scrollTo(0, 0)');
  await page.mouse.move(0, 0);
  const { y = 0, height = 0 } = (await last.boundingBox()) ?? {};
  const clip = { x: 0, y: 0, width: page.viewportSize()?.width ?? 0, height: Math.ceil(y + height) + 14 };
  await keepPicture(page, name, await page.screenshot({ fullPage: true, clip }));
}

/** A group of a report, by its title. */
function group(page: Page, title: string): Locator {
  return page.locator('section.group', { has: page.getByRole('heading', { name: title, exact: true }) });
}

/** A group as it is written on the page: values by label. */
async function facts(page: Page, title: string): Promise<Record<string, string>> {
  const lines = await group(page, title).locator('.facts > div').all();
  const read = (line: Locator, part: string) => line.locator(part).first().textContent();
  return Object.fromEntries(
    await Promise.all(lines.map(async (line) => [await read(line, 'dt'), await read(line, 'dd')])),
  );
}

/** What a group's values rest on, as it is written on the page. */
function evidence(page: Page, title: string): Promise<string[]> {
  return group(page, title).locator('.why li:visible').allTextContents();
}

/** Each relay's latencies as they are written, by its name, and how long their bars are in percent. */
async function latencies(page: Page): Promise<Record<string, [kind: string, ms: string, bar: string][]>> {
  const rows = await page.locator('.relay').all();
  return Object.fromEntries(
    await Promise.all(
      rows.map(async (row) => {
        const [host] = await row.locator('.name > span').allTextContents();
        const kinds = await row.locator('.kind').allTextContents();
        const ms = await row.locator('.ms').allTextContents();
        const bars = await row
          .locator('rect.fill')
          .evaluateAll((fills) => fills.map((fill) => fill.getAttribute('width')));
        return [host, kinds.map((kind, index) => [kind, ms[index], bars[index]])];
      }),
    ),
  );
}

const EVERY_LATENCY = Object.fromEntries(
  RELAYS.map(({ name }) => [
    name,
    ['IPv4', 'IPv6', 'HTTPS'].map((kind) => [kind, text(/^\d+(\.\d+)? ms$/), text(/^[\d.]+%$/)]),
  ]),
);

/** Presses the dashboard's button, and waits for the report. */
async function runFromDashboard(page: Page): Promise<void> {
  await page.getByRole('link', { name: NAME }).click();
  await page.getByRole('button', { name: 'Run Diagnostics' }).click();
  await page.getByText(/^Report received after [\d.]+ m?s\.$/).waitFor();
  await page.locator('.report .verdict').waitFor();
}

/** Presses the button of the app's own page, as soon as it may be pressed, and waits for the next report. */
async function runFromPage(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Run diagnostics' });
  const measuredAt = () => page.locator('#verdict time').getAttribute('datetime');
  const before = await measuredAt();
  await expect.poll(() => button.getAttribute('aria-disabled'), { timeout: 15_000 }).not.toBe('true');
  await button.click();
  await expect.poll(measuredAt, { timeout: 15_000 }).not.toBe(before);
}

describe.skipIf(!labRuns(PROGRAMS) || !browserAvailable())('from the button to the report', () => {
  let tools: JourneyTools;
  beforeAll(async () => {
    tools = await JourneyTools.build();
  });
  afterAll(() => tools?.remove());

  describe('an app in a home with a real gateway', () => {
    let journey: Journey;
    let page: Page;
    beforeAll(async () => {
      const services = [...relays, gateway(), coturn(STUN_ADDRESSES_V6)];
      const stun = [...STUN_SERVERS, ...STUN_SERVERS_V6];
      const topology = home(gatewayRules(), DUAL_CLIENT);
      journey = await Journey.start({ name: NAME, topology, services, stun }, tools);
    });
    afterAll(() => journey?.close());

    it('answers the dashboard through its NAT, with a value in every section', PATIENT, async () => {
      page = await journey.openDashboard();
      await runFromDashboard(page);
      const verdict = page.locator('.report .verdict.green');
      await verdict.getByRole('heading', { name: 'Endpoint-Independent' }).waitFor();
      await verdict.getByText('direct connections should work').waitFor();
      const family = { UDP: 'Works', 'NAT mapping': 'Endpoint-Independent' };
      expect(await facts(page, 'IPv4')).toEqual({ ...family, 'Public address': OURS_V4 });
      expect(await facts(page, 'IPv6')).toEqual({ ...family, 'Public address': OURS_V6 });
      const network = { 'Captive portal': 'None', 'Port mapping': 'UPnP, PCP, NAT-PMP' };
      expect(await facts(page, 'Network')).toEqual(network);
      const versions = { iroh: text(/^\d+\.\d+\.\d+$/), 'iroh-services': text(/^\d+\.\d+\.\d+$/) };
      expect(await facts(page, 'Versions')).toEqual(versions);
      expect(await latencies(page)).toEqual(EVERY_LATENCY);
      expect(await page.locator('.relay').getByText('Preferred').count()).toBe(1);
      expect(await page.locator('.report .addresses').allTextContents()).toEqual([
        text(/192\.168\.1\.100:\d+/),
      ]);
      expect(await page.locator('.report').getByText('Unknown').count()).toBe(0);
      await picture(page, 'dashboard', page.locator('.report .groups'));
    });

    it("shows on the app's own page the report that the platform got", async () => {
      page = await journey.openPage();
      await page.getByRole('heading', { name: 'Green: direct' }).waitFor();
      await page.getByRole('heading', { name: 'The platform’s button is ready' }).waitFor();
      expect(await facts(page, 'IPv4')).toMatchObject({ 'Public address': OURS_V4 });
    });

    it('measures from there as well, and says why it thinks so', PATIENT, async () => {
      await runFromPage(page);
      const family = { UDP: 'Works', 'NAT filtering': 'Address- and Port-Dependent' };
      const ipv4 = { ...family, 'NAT mapping': 'Endpoint-Independent', 'Public address': OURS_V4 };
      expect(await facts(page, 'IPv4')).toEqual(ipv4);
      const ipv6 = { ...family, 'NAT mapping': 'No NAT', 'Public address': OURS_V6 };
      expect(await facts(page, 'IPv6')).toEqual(ipv6);
      expect(await facts(page, 'Network')).toEqual({
        'NAT type': 'Endpoint-Independent',
        'A relay to use': 'Yes',
        'Other UDP ports': 'Pass',
        'Port mapping': 'UPnP, PCP, NAT-PMP',
        // That the gateway names the address which others see is not enough.
        'Second NAT': 'Unknown',
        'Captive portal': 'None',
        'TLS to the relays': 'Intact',
      });
      expect(await latencies(page)).toEqual(EVERY_LATENCY);
      await page.getByText(/^\d+ probes: \d+ ok/).waitFor();
      await picture(page, 'app-page', page.getByRole('region', { name: 'Relay latency' }));
      const folded = page.locator('.why:not([open]) > summary');
      while ((await folded.count()) > 0) await folded.first().click();
      expect(await evidence(page, 'IPv4')).toContain('Address discovery IPv4');
      expect(await evidence(page, 'IPv6')).toContain('Address discovery IPv6');
      const portals = RELAYS.map(({ name }) => `Captive portal ${name}`);
      const reasons = ['UPnP', 'PCP', 'NAT-PMP', ...portals];
      expect(await evidence(page, 'Network')).toEqual(expect.arrayContaining(reasons));
    });

    it('has pages that no browser complains about', () => {
      expect(journey.complaints).toEqual([]);
    });
  });

  it('says on the dashboard that a symmetric NAT is one', async () => {
    const topology = home(`${nat(`${MASQUERADE} fully-random`)}\n${firewall()}`);
    const journey = await Journey.start({ name: NAME, topology, services: relays }, tools);
    try {
      const page = await journey.openDashboard();
      await runFromDashboard(page);
      const verdict = page.locator('.report .verdict.orange');
      await verdict.getByRole('heading', { name: 'Endpoint-Dependent' }).waitFor();
      await verdict.getByText('connections are often relayed').waitFor();
      expect(await facts(page, 'IPv4')).toEqual({
        ...{ UDP: 'Works', 'NAT mapping': 'Endpoint-Dependent' },
        'Public address': OURS_V4,
      });
      expect(journey.complaints).toEqual([]);
    } finally {
      await journey.close();
    }
  });
});
