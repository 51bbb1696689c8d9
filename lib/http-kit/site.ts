import type { IncomingHttpHeaders } from 'node:http';

/**
 * Where a request comes from, by headers that browsers set and pages cannot forge: our own pages, pages of others,
 * or `unknown` (no browser, a very old one, or the address bar).
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
  // Both schemes are accepted: behind a TLS proxy the browser uses https, and we see http.
  const isOwn = host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  if (!isOwn) return 'foreign';
  return site === 'none' ? 'unknown' : 'own';
}
