/**
 * The URL below a mount point, from what a router matched with its wildcard: prefixes, versions and proxies before it
 * do not matter then.
 * @param rest - decoded; Express 5 gives the segments
 * @param url - with the query
 */
export function belowMount(rest: string | readonly string[] | undefined, url: string): string {
  const segments = typeof rest === 'string' ? rest.split('/') : (rest ?? []);
  // Encoded again: a decoded question mark would begin a query that no proxy before the app has seen.
  const path = segments.map(encodeURIComponent).join('/');
  const query = url.indexOf('?');
  return `/${path}${query < 0 ? '' : url.slice(query)}`;
}
