import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalReport } from '../../lib/index.js';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { QUIET_ENV } from '../support/quiet-probes.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `npm run demo` as a user starts it: in a process group of its own, as a terminal would. */
class Demo {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;

  /** @param args - of `npm run demo` */
  constructor(...args: readonly string[]) {
    this.#process = spawn('npm', ['run', 'demo', '--', ...args], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, IROH_SERVICES_API_SECRET: '', ...QUIET_ENV },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    }
  }

  get groupId(): number {
    return this.#process.pid ?? 0;
  }

  /** The URL behind a word of the printed table. */
  async url(word: 'Dashboard' | 'App' | 'Its page'): Promise<string> {
    const ends = Date.now() + 60_000;
    for (;;) {
      const line = this.lines.find((text) => text.trimStart().startsWith(word));
      const url = line?.match(/http\S+/)?.[0];
      if (url) return url;
      if (Date.now() > ends) throw new Error(`the demo printed no ${word}:\n${this.lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What Ctrl-C does: the signal goes to the whole group. Resolves when nothing of the group is left. */
  async interrupt(): Promise<void> {
    if (isAlive(-this.groupId)) process.kill(-this.groupId, 'SIGINT');
    const ends = Date.now() + 10_000;
    while (isAlive(-this.groupId)) {
      if (Date.now() > ends) throw new Error('the demo left processes behind');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!browserAvailable())('in a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  describe.each([
    ['npm run demo', 'nest-sample', []],
    ['npm run demo -- express', 'express-sample', ['express']],
    ['npm run demo -- fastify', 'fastify-sample', ['fastify']],
  ])('%s', (_, name, args) => {
    let demo: Demo;
    beforeAll(() => {
      demo = new Demo(...args);
    });
    afterAll(() => demo?.interrupt());

    /** Opens a page, and fails when the browser had something to complain about. */
    async function visit(url: string, use: (page: Page) => Promise<void>): Promise<void> {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await page.goto(url);
      await use(page);
      expect(errors).toEqual([]);
      await page.close();
    }

    // Once in a while a dial-back on a busy machine comes to nothing; the button is there to be pressed again.
    it('shows the sample on the dashboard, runs it, and shows its report', async () => {
      await visit(await demo.url('Dashboard'), async (page) => {
        await page.getByRole('link', { name }).click();
        await page.getByRole('button', { name: 'Run Diagnostics' }).click();
        await page.getByText('Report received').waitFor();
        await page.getByText('127.0.0.1:').first().waitFor();
      });
    });

    it("shows the app's own page, runs from there, and shows that report", async () => {
      const url = await demo.url('Its page');
      await visit(url, async (page) => {
        const [answer] = await Promise.all([
          page.waitForResponse((response) => response.request().method() === 'POST'),
          page.getByRole('button', { name: /^run/i }).click(),
        ]);
        expect(answer.status()).toBe(200);
        // Not `answer.finished()`: it may never settle for a stream of events.
        await page
          .getByText(/^Done\./)
          .first()
          .waitFor();
        const { summary } = (await (await fetch(`${url}report`)).json()) as LocalReport;
        await page.getByText(summary.sentence).first().waitFor();
      });
    });

    it("shows the app's own state on the sample's route, without the secret", async () => {
      const response = await fetch(await demo.url('App'));
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(text).toContain('granted');
      expect(text + demo.lines.join('\n')).not.toMatch(/servicesa[a-z2-7]{40}/);
    });

    it('ends by Ctrl-C and leaves no process behind', async () => {
      await demo.interrupt();
      expect(isAlive(-demo.groupId)).toBe(false);
    });
  });
});
