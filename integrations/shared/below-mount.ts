/**
 * The URL below a mount point, made from what the router's wildcard matched. So prefixes, versions and proxies do
 * not matter.
 * @param rest - what the wildcard matched, decoded; Express 5 gives the segments
 * @param url - of the request, with its query
 */
export function belowMount(rest: string | readonly string[] | undefined, url: string): string {
  const segments = typeof rest === 'string' ? rest.split('/') : (rest ?? []);
  // Encoded again: a decoded question mark would begin a query that no proxy before the app has seen.
  const path = segments.map(encodeURIComponent).join('/');
  const query = url.indexOf('?');
  return `/${path}${query < 0 ? '' : url.slice(query)}`;
}
