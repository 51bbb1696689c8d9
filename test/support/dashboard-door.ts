/** The one way in that tests use, so that what the door is like is known here alone. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Platform } from '../../platform/index.js';

type Dashboard = Pick<Platform, 'dashboardUrl' | 'setUpUrl'>;

/** The bearer token of the platforms that tests start: `dashboard: { token: TOKEN }`. */
export const TOKEN = 'token-of-the-tests-0123456789abcdefghijklmnop';

/** Headers that let a program in. */
export function bearer(token = TOKEN): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** The dashboard's origin. */
export function originOf({ dashboardUrl }: Pick<Platform, 'dashboardUrl'>): string {
  return new URL(dashboardUrl ?? '').origin;
}

/** What `serve` notes for the other commands. @param data - its data folder */
export async function noteOf(data: string): Promise<{ url: URL; token: string }> {
  const { url, token } = JSON.parse(await readFile(join(data, 'running.json'), 'utf8')) as {
    url: string;
    token: string;
  };
  return { url: new URL(url), token };
}

/** The first account of the platforms that tests start. */
export const ADMIN = { name: 'Root', password: 'pink clouds at noon' };

/** Signs the administrator in without a page, and makes the account if there is none. @returns for the `Cookie` header */
export async function signIn(platform: Dashboard): Promise<string> {
  const code = setUpCodeOf(platform);
  const answer =
    code === null || known.has(platform)
      ? await postForm(platform, '/sign-in', ADMIN)
      : await postForm(platform, '/setup', { code, ...ADMIN });
  if (answer.status !== 303) throw new Error(`${answer.status} ${await answer.text()}`);
  known.add(platform);
  return cookieOf(answer);
}

/** What a form of a page sends. */
export function postForm(
  platform: Pick<Platform, 'dashboardUrl'>,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const origin = originOf(platform);
  return fetch(origin + path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { origin, ...headers },
    redirect: 'manual',
  });
}

/** The cookie that an answer sets, for the `Cookie` header. */
export function cookieOf(answer: Response): string {
  return (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
}

/** Opens the dashboard in a browser, through the sign-in page. */
export async function openDashboard(page: Page, platform: Dashboard): Promise<void> {
  if (setUpCodeOf(platform) !== null && !known.has(platform)) await signIn(platform);
  await page.goto(platform.dashboardUrl ?? '');
  await fillSignIn(page);
  await page.getByRole('link', { name: 'API secrets' }).waitFor();
}

/** Fills the sign-in page that the browser shows. */
export async function fillSignIn(page: Page, { name, password } = ADMIN): Promise<void> {
  await page.getByLabel('Name or e-mail').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Those whose first account was made here. */
const known = new WeakSet<Dashboard>();

/** The code of the URL that makes the first account. */
export function setUpCodeOf({ setUpUrl }: Pick<Platform, 'setUpUrl'>): string | null {
  return setUpUrl === null ? null : new URLSearchParams(new URL(setUpUrl).hash.slice(1)).get('code');
}
