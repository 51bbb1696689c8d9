import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Platform } from '../../platform/index.js';
import { axeFaults } from '../support/axe.js';
import { browserAvailable, launchBrowser } from '../support/browser.js';
import { originOf } from '../support/dashboard-door.js';

const screenshots = join(import.meta.dirname, 'screenshots');
const [ANA, BO] = ['correct horse battery', 'staple of the second user'];
/** Turns the writing around, is no name, and would be markup: each a label that somebody may give. */
const HOSTILE = '<img src=x onerror=alert(1)>\u202egnp.exe {{root}}';

describe.skipIf(!browserAvailable())('people in a real browser', () => {
  let browser: Browser;
  let platform: Platform;
  let origin: string;
  let ana: Page;
  let bo: Page;
  /** The token that Ana makes. */
  let token = '';
  const complaints: string[] = [];

  const open = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
    const context: BrowserContext = await browser.newContext({
      viewport: { width: 1100, height: 760 },
      ...options,
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    return page;
  };
  const goTo = (page: Page, path: string) => page.goto(`${origin}${path}`);
  /** A page as it is seen: by those who see little, in the dark, on a telephone. */
  const look = async (page: Page, name: string) => {
    const shoot = (how: string) =>
      page.screenshot({ path: join(screenshots, `people-${name}-${how}.png`), fullPage: true });
    expect(await axeFaults(page)).toEqual([]);
    await shoot('light');
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot('narrow-dark');
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
    await shoot('forced-colors');
    await page.emulateMedia({ forcedColors: 'none' });
    await page.setViewportSize({ width: 1100, height: 760 });
  };
  const signIn = async (page: Page, name: string, password: string) => {
    await page.getByLabel('Name or e-mail').fill(name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  const rowOf = (page: Page, text: string) => page.getByRole('listitem').filter({ hasText: text });
  const menu = (page: Page, label: string) => page.locator('summary', { hasText: `${label}:` });
  const navigation = (page: Page) => page.getByRole('navigation').getByRole('link').allTextContents();

  beforeAll(async () => {
    await mkdir(screenshots, { recursive: true });
    platform = await Platform.start({ dataDir: ':memory:', dashboard: { port: 0 } });
    origin = originOf(platform);
    browser = await launchBrowser();
    ana = await open();
  });
  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  });

  it('set the platform up: the code goes from the URL into the form, and into no log', async () => {
    const sent: string[] = [];
    ana.on('request', (request) => sent.push(request.url()));
    await ana.goto(platform.setUpUrl ?? '');
    await expect.poll(() => ana.url()).toBe(`${origin}/setup`);
    expect(await ana.getByLabel('Set-up code').inputValue()).not.toBe('');
    expect(sent.filter((url) => url.includes('code'))).toEqual([]);
    await look(ana, 'set-up');
    await ana.getByLabel('Your name').fill('Ana Müller');
    await ana.getByLabel('Password').fill('1234567890');
    await ana.getByRole('button', { name: 'Create the administrator' }).click();
    await ana
      .getByRole('alert')
      .filter({ hasText: /password/i })
      .waitFor();
    // What was typed is still there, but not the password.
    expect(await ana.getByLabel('Your name').inputValue()).toBe('Ana Müller');
    await ana.getByLabel('Password').fill(ANA);
    await ana.getByRole('button', { name: 'Create the administrator' }).click();
    await ana.waitForURL(`${origin}/projects/default/endpoints`);
    await ana.getByRole('heading', { name: 'No endpoint yet' }).waitFor();
    expect(
      platform.setUpUrl === null || (await (await fetch(`${origin}/setup`)).text()).includes('Sign in'),
    ).toBe(true);
  });

  it('have no switch between projects while there is one', async () => {
    expect(await ana.getByText('Project:').count()).toBe(0);
    expect(await navigation(ana)).toEqual([
      'Endpoints',
      'API secrets',
      'Members',
      'API tokens',
      'Audit log',
      'Usage',
      'Settings',
    ]);
  });

  it('make a second project; what is wrong is said beside the field', async () => {
    await goTo(ana, '/platform/projects');
    await ana.getByLabel('Name', { exact: true }).fill('Shop & checkout');
    await ana.getByLabel('Id').fill('Shop!');
    await ana.getByRole('button', { name: 'Add project' }).click();
    await ana.locator('#id-fault').filter({ hasText: 'lower-case' }).waitFor();
    expect(await ana.locator(':focus').getAttribute('id')).toBe('id');
    expect(await ana.getByLabel('Name', { exact: true }).inputValue()).toBe('Shop & checkout');
    await ana.getByLabel('Id').fill('shop');
    await ana.getByRole('button', { name: 'Add project' }).click();
    await rowOf(ana, 'Shop & checkout').waitFor();
    expect(await ana.getByLabel('Id').inputValue()).toBe('');
    // From two on one can choose, at once.
    await menu(ana, 'Project').waitFor();
    await look(ana, 'projects');
  });

  it('rename a project, and the bar calls it so at once', async () => {
    await rowOf(ana, 'Shop & checkout').getByRole('link', { name: 'Rename Shop & checkout' }).click();
    await ana.waitForURL(`${origin}/projects/shop/settings`);
    const name = ana.getByLabel('Name', { exact: true });
    await expect.poll(() => name.inputValue()).toBe('Shop & checkout');
    await name.fill(' ');
    await ana.getByRole('button', { name: 'Rename' }).click();
    await ana.locator('#name-fault').filter({ hasText: 'missing' }).waitFor();
    await name.fill('Shop');
    await ana.getByRole('button', { name: 'Rename' }).click();
    await ana.getByText('Renamed.').waitFor();
    expect(await name.inputValue()).toBe('Shop');
    await menu(ana, 'Project').filter({ hasText: 'Shop' }).waitFor();
    await expect.poll(() => menu(ana, 'Project').textContent()).not.toContain('checkout');
    await look(ana, 'settings');
    await goTo(ana, '/projects/shop/audit');
    await rowOf(ana, 'Ana Müller renamed the project Shop').waitFor();
  });

  it('add a user, who signs in by a link that is good once', async () => {
    await goTo(ana, '/platform/users');
    await ana.getByLabel('Name', { exact: true }).fill('bo');
    await ana.getByRole('button', { name: 'Add, and make a sign-in link' }).click();
    const link = (await ana.getByRole('region', { name: 'One-time link' }).textContent()) ?? '';
    expect(link).toMatch(/\/link#code=/);
    await look(ana, 'users');
    bo = await open();
    await bo.goto(link);
    await expect.poll(() => bo.url()).toBe(`${origin}/link`);
    await look(bo, 'link');
    await bo.getByRole('button', { name: 'Sign in' }).click();
    await bo.waitForURL(`${origin}/account`);
    const late = await open();
    await late.goto(link);
    await late.getByRole('button', { name: 'Sign in' }).click();
    await late.getByRole('alert').filter({ hasText: 'used up' }).waitFor();
    await late.context().close();
  });

  it('see that they are in no project yet', async () => {
    await goTo(bo, '/');
    await bo.getByRole('heading', { name: 'You are a member of no project yet' }).waitFor();
    await look(bo, 'no-project');
  });

  it('become members of a project by their name', async () => {
    await goTo(ana, '/projects/shop/members');
    await ana.getByLabel('Name or e-mail of a user').fill('nobody');
    await ana.getByRole('button', { name: 'Add', exact: true }).click();
    await ana
      .locator('#name-fault')
      .filter({ hasText: /no such user/ })
      .waitFor();
    await look(ana, 'members-refused');
    await ana.getByLabel('Name or e-mail of a user').fill('BO');
    await ana.getByLabel('Role', { exact: true }).selectOption('viewer');
    await ana.getByRole('button', { name: 'Add', exact: true }).click();
    await rowOf(ana, 'bo').waitFor();
    await ana.getByLabel('Role of bo').selectOption('operator');
    await expect.poll(() => ana.getByLabel('Role of bo').inputValue()).toBe('operator');
    await look(ana, 'members');
  });

  it('see their own project, and no other', async () => {
    await goTo(bo, '/');
    await bo.waitForURL(`${origin}/projects/shop/endpoints`);
    await expect.poll(() => navigation(bo)).toEqual(['Endpoints', 'API secrets', 'Members', 'Usage']);
    await goTo(bo, '/projects/default/endpoints');
    await bo.getByRole('heading', { name: 'Error 404' }).waitFor();
    await look(bo, 'error');
    await goTo(bo, '/projects/shop/tokens');
    await bo.getByRole('heading', { name: 'Error 403' }).waitFor();
    await goTo(bo, '/platform/users');
    await bo.getByRole('heading', { name: 'Error 403' }).waitFor();
  });

  it('are offered nothing that they may not do', async () => {
    await goTo(bo, '/projects/shop/members');
    await rowOf(bo, 'bo (you)').waitFor();
    expect(await bo.getByRole('main').getByRole('button').count()).toBe(0);
    await goTo(bo, '/projects/shop/secrets');
    await bo.getByText('None yet.').waitFor();
    expect(await bo.getByRole('main').getByRole('button').count()).toBe(0);
  });

  it('make an API token, which a program uses as far as it goes', async () => {
    await goTo(ana, '/projects/shop/tokens');
    await ana.getByLabel('Label').fill('a program');
    await ana.getByLabel(/^See which API secrets/).check();
    await ana.getByRole('button', { name: 'Create API token' }).click();
    token = (await ana.getByRole('region', { name: 'API token' }).textContent()) ?? '';
    expect(await ana.getByRole('region', { name: 'Command' }).textContent()).toContain(
      `${origin}/api/v1/projects/shop/endpoints`,
    );
    await look(ana, 'tokens');
    await ana.reload();
    await rowOf(ana, 'a program').waitFor();
    expect(await ana.content()).not.toContain(token);
    const ask = async (path: string, method = 'GET') => {
      const answer = await fetch(`${origin}/api/v1/projects/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(method === 'GET' ? {} : { body: '{}' }),
      });
      return answer.status;
    };
    expect([
      await ask('shop/endpoints'),
      await ask('shop/secrets'),
      await ask('shop/secrets', 'POST'),
      await ask('default/endpoints'),
    ]).toEqual([200, 200, 403, 404]);
  });

  it('read who did what, and filter it', async () => {
    await goTo(ana, '/projects/shop/audit');
    await rowOf(ana, 'Ana Müller made the API token').waitFor();
    await rowOf(ana, 'Ana Müller added the member bo').waitFor();
    await ana.getByLabel('What').selectOption('member.changed');
    await rowOf(ana, 'changed the role of').waitFor();
    await expect.poll(() => rowOf(ana, 'API token').count()).toBe(0);
    await ana.getByRole('button', { name: 'Ana Müller' }).first().click();
    await ana.getByRole('button', { name: 'Only Ana Müller' }).waitFor();
    await look(ana, 'audit');
    await goTo(ana, '/platform/audit');
    await rowOf(ana, 'added the user bo').waitFor();
    await look(ana, 'platform-audit');
  });

  it('may give labels of any kind: they are shown as text, and change nothing', async () => {
    for (const [path, button] of [
      ['/projects/shop/tokens', 'Create API token'],
      ['/projects/shop/secrets', 'Create API secret'],
    ] as const) {
      await goTo(ana, path);
      await ana.getByLabel('Label').fill(HOSTILE);
      await ana.getByRole('button', { name: button }).click();
      await rowOf(ana, '<img src=x').waitFor();
      expect(await ana.locator('img').count()).toBe(0);
      await look(ana, `hostile-${path.split('/').pop()}`);
    }
    await goTo(ana, '/platform/projects');
    await ana.getByLabel('Name', { exact: true }).fill(HOSTILE);
    await ana.getByLabel('Id').fill('hostile');
    await ana.getByRole('button', { name: 'Add project' }).click();
    await rowOf(ana, '<img src=x').waitFor();
    await goTo(ana, '/projects/hostile/usage');
    await menu(ana, 'Project').click();
    await ana.getByRole('link', { name: /<img src=x/ }).waitFor();
    await look(ana, 'hostile-menu');
  });

  it('switch between projects by keyboard', async () => {
    await goTo(ana, '/projects/default/usage');
    await ana.getByText('Endpoints', { exact: true }).last().waitFor();
    await look(ana, 'usage');
    await menu(ana, 'Project').click();
    await ana.keyboard.press('Escape');
    expect(await ana.getByRole('link', { name: /^Shop/ }).isVisible()).toBe(false);
    await ana.keyboard.press('Enter');
    await ana.getByRole('link', { name: /^Shop/ }).focus();
    await ana.keyboard.press('Enter');
    await ana.waitForURL(`${origin}/projects/shop/endpoints`);
    // The start leads to the project that was looked at last.
    await goTo(ana, '/');
    await ana.waitForURL(`${origin}/projects/shop/endpoints`);
  });

  it('choose a password after a one-time link, and sign in with it', async () => {
    await goTo(bo, '/account');
    await bo.getByLabel('New password').fill(BO);
    await bo.getByRole('button', { name: /password/ }).click();
    await bo.getByText('Changed.').waitFor();
    await look(bo, 'account');
    await menu(bo, 'Account').click();
    await bo.getByRole('button', { name: 'Sign out', exact: true }).click();
    await bo.waitForURL(`${origin}/sign-in`);
    await look(bo, 'sign-in');
    expect((await bo.request.get(`${origin}/api/v1/me`)).status()).toBe(401);
    await goTo(bo, '/projects/shop/members');
    await signIn(bo, 'bo', 'not the password');
    await bo.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
    await look(bo, 'sign-in-refused');
    await signIn(bo, 'bo', BO);
    // Where he wanted to go.
    await bo.waitForURL(`${origin}/projects/shop/members`);
  });

  it('sign in without scripts, too', async () => {
    const page = await open({ javaScriptEnabled: false });
    await goTo(page, '/projects/shop/usage');
    await signIn(page, 'bo', BO);
    await page.waitForURL(`${origin}/projects/shop/usage`);
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    await page.context().close();
  });

  it('see where they are signed in, and end that', async () => {
    const other = await open();
    await goTo(other, '/sign-in');
    await signIn(other, 'bo', BO);
    await other.waitForURL(`${origin}/projects/shop/endpoints`);
    await goTo(bo, '/account');
    expect(await bo.getByText('This browser').count()).toBe(1);
    await bo.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await expect.poll(() => bo.getByRole('button', { name: /^End/ }).count()).toBe(0);
    // The page that is open there notices by itself.
    await other.waitForURL(/\/sign-in/);
    await other.context().close();
  });

  it('lose what they are no longer a member of at once', async () => {
    await goTo(bo, '/projects/shop/endpoints');
    await bo.getByRole('heading', { name: 'No endpoint yet' }).waitFor();
    await goTo(ana, '/projects/shop/members');
    const row = rowOf(ana, 'bo');
    await row.getByRole('button', { name: 'Remove bo' }).click();
    await row.getByRole('button', { name: 'Remove from the project' }).click();
    await expect.poll(() => row.count()).toBe(0);
    await goTo(bo, '/projects/shop/endpoints');
    await bo.getByRole('heading', { name: 'Error 404' }).waitFor();
  });

  it('revoke a token, and it is good for nothing', async () => {
    await goTo(ana, '/projects/shop/tokens');
    await ana.getByRole('button', { name: 'Revoke a program' }).click();
    await ana.getByRole('button', { name: 'Revoke for good' }).click();
    await rowOf(ana, 'a program').getByText('Revoked').waitFor();
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${origin}/api/v1/projects/shop/endpoints`, { headers })).status).toBe(401);
  });

  it('disable a user, who is signed out by that', async () => {
    await goTo(ana, '/platform/users');
    const row = rowOf(ana, 'bo');
    await row.getByRole('button', { name: 'Disable bo' }).click();
    await row.getByRole('button', { name: /^Disable, and end/ }).click();
    await row.getByText('Disabled').waitFor();
    await goTo(bo, '/account');
    await bo.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('become administrators only after a second click, and come in by a new link then', async () => {
    await goTo(ana, '/platform/users');
    await ana.getByLabel('Name', { exact: true }).fill('carla');
    await ana.getByRole('button', { name: 'Add, and make a sign-in link' }).click();
    const made = ana.getByRole('region', { name: 'One-time link' });
    const first = (await made.textContent()) ?? '';
    const carla = await open();
    await carla.goto(first);
    await carla.getByRole('button', { name: 'Sign in' }).click();
    await carla.waitForURL(`${origin}/account`);
    const row = rowOf(ana, 'carla');
    await row.getByRole('button', { name: 'Make administrator carla' }).click();
    // What is harmless has the focus.
    await expect.poll(() => ana.locator(':focus').textContent()).toBe('Keep');
    await look(ana, 'promotion');
    await ana.keyboard.press('Enter');
    await expect
      .poll(() => ana.locator(':focus').getAttribute('aria-label'))
      .toBe('Make administrator carla');
    expect(await row.getByText('Administrator', { exact: true }).count()).toBe(0);
    await ana.keyboard.press('Enter');
    await row.getByRole('button', { name: 'Make administrator, and end password and sign-ins' }).click();
    await row.getByText('Administrator', { exact: true }).waitFor();
    // Her first link had made her a sign-in: that has ended.
    await goTo(carla, '/account');
    await carla.getByRole('heading', { name: 'Sign in' }).waitFor();
    const second = (await made.textContent()) ?? '';
    expect(second).not.toBe(first);
    await carla.goto(second);
    await carla.getByRole('button', { name: 'Sign in' }).click();
    await carla.waitForURL(`${origin}/account`);
    await goTo(carla, '/platform/users');
    await rowOf(carla, 'carla (you)').waitFor();
    await carla.context().close();
    await row.getByRole('button', { name: 'No longer administrator: carla' }).click();
    await expect.poll(() => row.getByText('Administrator', { exact: true }).count()).toBe(0);
  });

  it('are found among many, and change far down in the list without losing their place', async () => {
    for (let number = 100; number < 170; number += 1)
      await ana.request.post(`${origin}/api/v1/users`, {
        headers: { origin },
        data: { name: `many ${number}`, email: `m${number}@example.org` },
      });
    await goTo(ana, '/platform/users');
    const list = ana.getByRole('list', { name: 'All users' }).getByRole('listitem');
    await expect.poll(() => list.count()).toBe(50);
    await ana.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => list.count()).toBe(73);
    await ana.getByRole('button', { name: 'Sign-in link for many 165' }).click();
    const made = ana.getByRole('region', { name: 'One-time link' });
    await made.waitFor();
    // The link is in sight, and the list is as long as it was.
    await expect.poll(() => ana.evaluate('scrollY')).toBeLessThan(700);
    expect(await list.count()).toBe(73);
    const search = ana.getByLabel('Search a name or an e-mail address');
    await search.fill('M16');
    await expect.poll(() => ana.getByRole('listitem').count()).toBe(10);
    await ana.getByText('10 match').waitFor();
    await search.fill('y 161');
    await rowOf(ana, 'many 161').waitFor();
    await ana.getByText('One matches').waitFor();
    await search.fill('nobody at all');
    await ana.getByText('None matches').waitFor();
    await look(ana, 'users-none-found');
    await search.fill('');
    await expect.poll(() => list.count()).toBe(50);
    await look(ana, 'users-many');
  });

  it('leave the last administrator in place', async () => {
    await goTo(ana, '/platform/tokens');
    await ana.getByRole('heading', { name: 'New token' }).waitFor();
    await look(ana, 'platform-tokens');
    await menu(ana, 'Account').click();
    await look(ana, 'account-menu');
    await ana.getByRole('button', { name: 'Sign out', exact: true }).click();
    await ana.waitForURL(`${origin}/sign-in`);
  });

  it('were told of no script error, and of nothing that the content policy refused', () => {
    // What is refused on purpose is answered so, and browsers write that down.
    const isAnswer = (text: string) => /the server responded with a status of 4\d\d/.test(text);
    expect(complaints.filter((text) => !isAnswer(text))).toEqual([]);
  });
});
