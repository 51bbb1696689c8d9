import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const candidates = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const found = candidates.find((path) => path !== undefined && existsSync(path));

/** Whether browser tests can run; says what to install where they cannot. In CI a missing browser is a failure. */
export function browserAvailable(): boolean {
  if (found !== undefined) return true;
  const advice = 'no Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM to its path';
  if (process.env.CI) throw new Error(`Browser tests cannot run: ${advice}`);
  console.log(`Browser tests are skipped: ${advice}`);
  return false;
}

/** A headless browser that talks to nobody by itself. */
export function launchBrowser(): Promise<Browser> {
  if (found === undefined) throw new Error('no Chromium');
  return chromium.launch({
    executablePath: found,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
