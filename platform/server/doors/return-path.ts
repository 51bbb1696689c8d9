/** Where a browser is to go after its sign-in: a path of this site, whatever it was told. */

/** Longer ones are of no page of ours. */
const MAX_PATH = 2_048;
/** Takes the place of our own origin, which a path has to stay on. */
const HERE = 'http://here.invalid';

/**
 * A path with its query, as it begins at the root of the site, with a `/`. Whatever leads elsewhere, or could be read so
 * by a browser, becomes `/`.
 */
export function returnPath(to: unknown): string {
  if (typeof to !== 'string' || to.length > MAX_PATH || !/^\/(?![/\\])[!-~]*$/.test(to)) return '/';
  // The browsers' own rules, among them those for `\` and `..`.
  const url = URL.canParse(to, HERE) ? new URL(to, HERE) : null;
  if (url === null || url.origin !== HERE || url.pathname.startsWith('//')) return '/';
  return url.pathname + url.search;
}

/**
 * A path of {@link returnPath} for `Location`. It is relative, since a proxy may have the platform in a folder that is not
 * known here.
 * @param from - the path of the request
 */
export function relativePath(to: string, from: string): string {
  const depth = (from.split('?')[0] ?? '').split('/').length - 2;
  return `${depth <= 0 ? '.' : Array(depth).fill('..').join('/')}${to}`;
}
