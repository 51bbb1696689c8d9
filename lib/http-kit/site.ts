import type { IncomingHttpHeaders } from 'node:http';

/**
 * Where a request comes from, as browsers tell and pages cannot forge: our own pages, other people's, or `unknown`
 * (no browser, a very old one, or the address bar).
 */
export type Site = 'own' | 'foreign' | 'unknown';

/**
 * Tells where a request comes from.
 * @param headers - those of the request
 * @param host - `Host`, or HTTP/2's `:authority`
 */
export function siteOf(headers: IncomingHttpHeaders, host: string | undefined): Site {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'foreign';
  if (origin === undefined) return site === 'same-origin' ? 'own' : 'unknown';
  // Both schemes: behind a TLS proxy ours is not the browser's.
  const isOwn = host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  if (!isOwn) return 'foreign';
  return site === 'none' ? 'unknown' : 'own';
}
