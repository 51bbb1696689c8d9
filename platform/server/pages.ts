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

/** Gives a page. `hasLogin`: whether there is something to log out from. */
export type GetPage = (hasLogin: boolean) => string;

/** The list of endpoints, at `/`. */
export const endpointsPage: GetPage = (hasLogin) => (hasLogin ? markup.endpointsWithLogin : markup.endpoints);

/** One endpoint, at `/endpoints/<id>`. */
export const endpointPage: GetPage = (hasLogin) => (hasLogin ? markup.endpointWithLogin : markup.endpoint);

/** The API secrets, at `/secrets`. */
export const secretsPage: GetPage = (hasLogin) => (hasLogin ? markup.secretsWithLogin : markup.secrets);

/** Asks for the login token. `depth`: folders between the page and the root. */
export function loginPage(refusal: string, depth = 0): string {
  const root = rootOf(depth);
  return refusal === ''
    ? fill(markup.login, { root })
    : fill(markup.refusedLogin, { root, message: refusal });
}

/** An error, as a page. */
export function errorPage(status: number, message: string, depth = 0): string {
  return fill(markup.error, { root: rootOf(depth), status: String(status), message });
}

function rootOf(depth: number): string {
  return depth <= 0 ? '.' : Array(depth).fill('..').join('/');
}
