import { MAX_URL_LENGTH } from './constants.js';

/**
 * A URL that a gateway named, if it leads to the gateway itself: plain HTTP, the gateway's own address in digits,
 * no credentials. Null otherwise: nobody sends us elsewhere.
 *
 * @param base - what a relative URL starts from
 */
export function gatewayUrl(text: string, gatewayIp: string, base?: URL): URL | null {
  if (text === '' || text.length > MAX_URL_LENGTH || !URL.canParse(text, base?.href)) return null;
  const url = new URL(text, base?.href);
  const isOwn = url.protocol === 'http:' && url.hostname === gatewayIp && url.port !== '0';
  if (!isOwn || url.username !== '' || url.password !== '' || url.href.length > MAX_URL_LENGTH) return null;
  url.hash = '';
  return url;
}
