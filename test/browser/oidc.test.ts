import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Platform } from '../../platform/index.js';
import { axeFaults } from '../support/axe.js';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { originOf } from '../support/dashboard-door.js';
import { OpenIdProvider } from '../support/openid-provider.js';

describe.runIf(browserAvailable())('a browser and a real OpenID provider', () => {
  let real: OpenIdProvider;
  let platform: Platform;
  let folder: string;
  let browser: Browser;
  let page: Page;
  const origin = () => originOf(platform);
  const atProvider = async (login: string) => {
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByPlaceholder('Enter any login').fill(login);
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
  };
  /** Forgets what the browser knows of the provider, so that somebody else can come. */
  const forget = async () => {
    await page.context().clearCookies();
    await page.goto(origin());
  };

  beforeAll(async () => {
    real = await OpenIdProvider.start();
    folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-oidc-'));
    const clientSecretFile = join(folder, 'secret');
    await writeFile(clientSecretFile, real.clientSecret);
    platform = await Platform.start({
      dataDir: ':memory:',
      dashboard: {
        port: 0,
        oidc: {
          ...{ issuer: real.issuer, clientId: real.clientId, clientSecretFile, label: 'Example' },
          administrators: ['admins'],
          roles: [{ group: 'ops', project: 'default', role: 'operator' }],
        },
      },
    });
    real.allow(origin());
    real.people.set('ada', { preferred_username: 'ada', groups: ['ops'] });
    real.people.set('bob', { preferred_username: 'bob', groups: [], email: 'bob@example.com' });
    browser = await launchBrowser();
    page = await (await browser.newContext()).newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
    await real?.stop();
    await rm(folder, { recursive: true });
  });

  it('sign somebody in, to the page that was asked for, and out of both', async () => {
    await page.goto(`${origin()}/projects/default/secrets`);
    await page.getByRole('link', { name: 'Sign in with Example' }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await atProvider('ada');
    await page.waitForURL(`${origin()}/projects/default/secrets`);
    await page.getByRole('heading', { name: 'API secrets' }).waitFor();
    const cookies = await page.context().cookies(origin());
    expect(
      cookies.filter(({ name }) => name.startsWith('net_diagnostics_')).map(({ httpOnly }) => httpOnly),
    ).toEqual([true, true]);
    await page.locator('summary', { hasText: 'Account:' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    // The provider asks on its own page.
    await page.waitForURL(`${real.issuer}/**`);
    await page.getByRole('button', { name: /yes/i }).click();
    await page.waitForURL(`${origin()}/sign-in*`);
    await page.getByRole('link', { name: 'Sign in with Example' }).waitFor();
    expect((await page.goto(`${origin()}/projects/default/secrets`))?.status()).toBe(401);
  });

  it('keep somebody out who has no role, in words', async () => {
    await forget();
    await atProvider('bob');
    await page
      .getByRole('alert')
      .getByText('You are signed in there as bob, but have no role here')
      .waitFor();
    expect(await axeFaults(page)).toEqual([]);
  });

  it('say it when he changes his mind there', async () => {
    await forget();
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByRole('alert').getByText('did not let you in, or you ended it there').waitFor();
  });

  it('leave the way by password open when the provider is away, and say it in words', async () => {
    const alone = await Platform.start({
      dataDir: ':memory:',
      dashboard: { port: 0, oidc: { issuer: 'http://127.0.0.1:9', clientId: 'any', label: 'Example' } },
    });
    await page.goto(originOf(alone));
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByRole('alert').getByText('The identity provider cannot be reached').waitFor();
    await page.getByLabel('Password').waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await alone.stop();
  });
});
