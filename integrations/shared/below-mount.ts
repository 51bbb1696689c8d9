/**
 * The URL below a mount point, from what a router matched with its wildcard: prefixes, versions and proxies before it
 * do not matter then.
 * @param rest - decoded; Express 5 gives the segments
 * @param url - with the query
 */
export function belowMount(rest: string | readonly string[] | undefined, url: string): string {
  const path = typeof rest === 'string' ? rest : (rest ?? []).join('/');
  const query = url.indexOf('?');
  return `/${path}${query < 0 ? '' : url.slice(query)}`;
}
