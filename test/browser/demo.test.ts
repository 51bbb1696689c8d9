import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { QUIET_ENV } from '../support/quiet-probes.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `npm run demo` as a user starts it: in a process group of its own, as a terminal would. */
class Demo {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;

  constructor() {
    this.#process = spawn('npm', ['run', 'demo'], {
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
  async url(word: 'Dashboard' | 'App'): Promise<string> {
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

describe.skipIf(!browserAvailable())('npm run demo, in a real browser', () => {
  let demo: Demo;
  let browser: Browser;

  beforeAll(async () => {
    demo = new Demo();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.interrupt();
  });

  it('shows the sample on the dashboard, runs it, and shows its report', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(await demo.url('Dashboard'));
    await page.getByRole('link', { name: 'nest-sample' }).click();
    await page.getByRole('button', { name: 'Run Diagnostics' }).click();
    await page.getByText('Report received').waitFor();
    await page.getByText('127.0.0.1:').first().waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  it("shows the app's own state on the sample's page, without the secret", async () => {
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
