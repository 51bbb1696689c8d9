import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../support/browser.js';
import type { AppHere, AppReady } from './app-here.js';
import { Compiled } from './compiled.js';
import { Lab } from './lab.js';
import type { PlatformHere, PlatformReady } from './platform-here.js';
import { RELAY_NAMES, RELAYS, RelayCa } from './relays.js';
import type { Service } from './services.js';
import type { Topology } from './topology.js';

/** Where the platform is on the Internet. */
export const PLATFORM_ADDRESS = '203.0.113.10';

/** As large as the pictures in docs/ are. */
const VIEW = { viewport: { width: 1100, height: 760 }, deviceScaleFactor: 2 };

/** What is the same in all journeys: made once, `remove` when they are over. */
export class JourneyTools {
  private constructor(
    readonly ca: RelayCa,
    readonly platform: Compiled,
    readonly app: Compiled,
  ) {}

  static async build(): Promise<JourneyTools> {
    const programs = await Promise.all([Compiled.build('platform-here.ts'), Compiled.build('app-here.ts')]);
    return new JourneyTools(new RelayCa(), ...programs);
  }

  async remove(): Promise<void> {
    this.ca.remove();
    await Promise.all([this.platform.remove(), this.app.remove()]);
  }
}

/** A platform on the Internet, an app on `cli` that it has the grant of, and somebody with a browser before each. */
export class Journey {
  /** What the browsers had to complain about. */
  readonly complaints: string[] = [];
  readonly #lab: Lab;
  readonly #browsers: Browser[] = [];

  private constructor(
    lab: Lab,
    readonly dashboardUrl: string,
    readonly pageUrl: string,
  ) {
    this.#lab = lab;
  }

  /** @param stun - STUN servers that the app asks besides the relays */
  static async start(
    wanted: { topology: Topology; services: readonly Service[]; stun?: readonly string[]; name: string },
    { ca, platform, app }: JourneyTools,
  ): Promise<Journey> {
    const { topology, services, stun = [], name } = wanted;
    const lab = await Lab.start({ names: RELAY_NAMES, ...topology });
    try {
      await Promise.all(services.map((service) => service.start(lab, ca)));
      const told: PlatformHere = { address: PLATFORM_ADDRESS };
      const { dashboardUrl, apiSecret } = await ready<PlatformReady>(lab, 'inet', platform.command(told));
      const relays = RELAYS.map(({ url }) => url);
      const shop: AppHere = { name, apiSecret, relays, stun, roots: [ca.pem] };
      const { pageUrl } = await ready<AppReady>(lab, 'cli', app.command(shop));
      return new Journey(lab, dashboardUrl, pageUrl);
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** The dashboard, in a browser on the machine that the platform is on. */
  openDashboard(): Promise<Page> {
    return this.#open('inet', this.dashboardUrl);
  }

  /** The app's own page, in a browser on the app's machine. */
  openPage(): Promise<Page> {
    return this.#open('cli', this.pageUrl);
  }

  async close(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.close()));
    await this.#lab.close();
  }

  async #open(host: string, url: string): Promise<Page> {
    const browser = await launchBrowser(this.#lab.enter(host));
    this.#browsers.push(browser);
    const page = await browser.newPage(VIEW);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()));
    await page.goto(url);
    return page;
  }
}

/** Starts a program that says in a line of JSON that it is ready. */
async function ready<Said>(lab: Lab, host: string, command: readonly string[]): Promise<Said> {
  return JSON.parse(await lab.start(host, command).says(/^\{.*\}\n/m)) as Said;
}
