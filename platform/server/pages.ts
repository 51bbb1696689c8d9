/** The pages' markup, built from `web/dashboard`: pages without data, which their script fills. */
import { BUILT } from './built.js';
import { fill } from './html.js';

const { markup } = BUILT;

/** A file that the pages load. */
export interface Asset {
  /** For `Content-Type`. */
  type: string;
  body: string;
}

/** The files that the pages load, by name; they are served under `assets/`. A name contains a hash of the content. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map(
  BUILT.assets.map(({ name, type, body }) => [name, { type, body }]),
);

/** A page that shows data: its script fetches them. */
export type PageName = Exclude<keyof typeof markup, 'signIn' | 'setUp' | 'link' | 'error'>;

/**
 * A page that shows data.
 * @param project - the project that it is about; empty: none
 * @param depth - folders between the page and the root
 */
export function dataPage(name: PageName, { project = '', depth = 0 } = {}): string {
  return fill(markup[name], { root: rootOf(depth), project });
}

/** What the sign-in page says and asks. */
export interface SignInTexts {
  /** What was refused; empty: nothing was. */
  refusal?: string;
  /** The name that was given, so that it need not be typed again. */
  name?: string;
  /** Where to go afterwards: a path of the dashboard. */
  to?: string;
  /** What the provider of single sign-on is called; empty: there is none. */
  oidc?: string;
  /** Folders between the page and the root. */
  depth?: number;
}

/** Asks for name and password, at `/sign-in`, or where somebody has to sign in first. */
export function signInPage({
  refusal = '',
  name = '',
  to = '',
  oidc = '',
  depth = 0,
}: SignInTexts = {}): string {
  const texts = { refusal, name, to, toQuery: encodeURIComponent(to), oidc };
  return fill(markup.signIn, { root: rootOf(depth), ...texts });
}

/** Makes the first administrator, at `/setup`. */
export function setUpPage({ refusal = '', code = '', name = '' } = {}): string {
  return fill(markup.setUp, { root: '.', refusal, code, name });
}

/** Takes a one-time link, at `/link`. */
export function linkPage({ refusal = '' } = {}): string {
  return fill(markup.link, { root: '.', refusal });
}

/** An error, as a page. */
export function errorPage(status: number, message: string, depth = 0): string {
  return fill(markup.error, { root: rootOf(depth), status: String(status), message });
}

function rootOf(depth: number): string {
  return depth <= 0 ? '.' : Array(depth).fill('..').join('/');
}
