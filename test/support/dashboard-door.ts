/** The one way in that tests use, so that what the door is like is known here alone. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Platform } from '../../platform/index.js';

type Dashboard = Pick<Platform, 'dashboardUrl'>;

/** The bearer token of the platforms that tests start: `dashboard: { token: TOKEN }`. */
export const TOKEN = 'token-of-the-tests-0123456789abcdefghijklmnop';

/** Headers that let a program in. */
export function bearer(token = TOKEN): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** The dashboard's origin. */
export function originOf({ dashboardUrl }: Dashboard): string {
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

/** Signs a browser in without a page. @returns for the `Cookie` header */
export async function signIn(platform: Dashboard): Promise<string> {
  const answer = await postSignIn(platform);
  if (answer.status !== 303) throw new Error(`${answer.status} ${await answer.text()}`);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

/** What the form of the sign-in page sends. */
export function postSignIn(platform: Dashboard, headers: Record<string, string> = {}): Promise<Response> {
  const origin = originOf(platform);
  return fetch(`${origin}/login`, {
    method: 'POST',
    body: new URLSearchParams({ token: TOKEN }),
    headers: { origin, ...headers },
    redirect: 'manual',
  });
}

/** Opens the dashboard in a browser, through the sign-in page. */
export async function openDashboard(page: Page, platform: Dashboard): Promise<void> {
  await page.goto(platform.dashboardUrl ?? '');
  await fillSignIn(page);
  await page.getByRole('link', { name: 'API secrets' }).waitFor();
}

/** Fills the sign-in page that the browser shows. */
export async function fillSignIn(page: Page): Promise<void> {
  await page.getByLabel('Login token').fill(TOKEN);
  await page.getByRole('button', { name: 'Log in' }).click();
}
