import type { IncomingMessage } from 'node:http';

/** A last path segment that is safe in a `Location` (RFC 3986, section 3.3) and is no dot segment. */
const SEGMENT = /^(?!(?:\.|%2e){1,2}$)[\w.~!$&'()*+,;=:@%-]{1,200}$/i;

/**
 * Where the page has to be sent when it was asked for without a slash at the end: its relative links would lead
 * astray. Relative, since a proxy may have cut something off the front; never to another host, however the address
 * begins. `null`: nowhere, or the address cannot be seen.
 */
export function slashRedirect(request: IncomingMessage & { originalUrl?: unknown }): string | null {
  // What Express saw before it cut the mount path off.
  const url = typeof request.originalUrl === 'string' ? request.originalUrl : (request.url ?? '');
  const [path = '', query] = url.split('?', 2);
  const segment = path.slice(path.lastIndexOf('/') + 1);
  if (!path.startsWith('/') || !SEGMENT.test(segment)) return null;
  return `./${segment}/${query === undefined || !/^[\x21-\x7e]*$/.test(query) ? '' : `?${query}`}`;
}
