import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

const candidates = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const found = candidates.find((path) => path !== undefined && existsSync(path));

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether browser tests can run; says what to install where they cannot. In CI a missing browser is a failure. */
export function browserAvailable(): boolean {
  if (found !== undefined) return true;
  const advice = 'no Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM to its path';
  if (process.env.CI) throw new Error(`Browser tests cannot run: ${advice}`);
  console.log(`Browser tests are skipped: ${advice}`);
  return false;
}

/**
 * A headless browser that talks to nobody by itself.
 * @param enter - the command line that enters the namespaces where it is to run. Default: here
 */
export async function launchBrowser(enter: readonly string[] = []): Promise<Browser> {
  if (found === undefined) throw new Error('no Chromium');
  if (enter.length === 0) return chromium.launch({ executablePath: found, args: ARGUMENTS });
  const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-browser-'));
  const script = join(folder, 'chromium');
  const command = [...enter, found].map((word) => `'${word}'`).join(' ');
  try {
    await writeFile(script, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o700 });
    return await chromium.launch({ executablePath: script, args: ARGUMENTS });
  } finally {
    // Once the browser runs, nobody needs the script.
    await rm(folder, { recursive: true });
  }
}

/** Takes a picture of a page as it is seen, or of a part of it, for docs/, when `npm run docs:screenshots` asks for it. */
export async function takePicture(of: Page | Locator, name: string): Promise<void> {
  const page = 'page' in of ? of.page() : of;
  if (process.env.UPDATE_SCREENSHOT) await keepPicture(page, name, await of.screenshot());
}

/**
 * Puts a picture into docs/, as WebP: the package carries docs/, and a PNG of a page is three times as big.
 * @param png - as the browser took it
 */
export async function keepPicture(from: Page, name: string, png: Buffer): Promise<void> {
  const browser = from.context().browser();
  if (browser === null) throw new Error('The page has no browser any more');
  // A page without a content policy, in a context of its own: that of `browser.newPage()` takes no second one.
  const page = await browser.newPage();
  try {
    const url = await page.evaluate<string>(`(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${png.toString('base64')}';
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.8);
    })()`);
    const [, bytes = ''] = url.split(',');
    await writeFile(join(resolve(import.meta.dirname, '../..'), 'docs', `${name}.webp`), bytes, 'base64');
  } finally {
    await page.close();
  }
}
