import type { IncomingMessage } from 'node:http';

/** A last path segment that is safe in a `Location` (RFC 3986, section 3.3) and is no dot segment. */
const SEGMENT = /^(?!(?:\.|%2e){1,2}$)[\w.~!$&'()*+,;=:@%-]{1,200}$/i;

/**
 * Where to redirect a request for the page without a slash at the end: the page's relative links would be wrong
 * there. The result is relative, since a proxy may have removed the beginning of the path, and never leads to
 * another host, however the address begins. `null`: no redirect, or the address cannot be seen.
 */
export function slashRedirect(request: IncomingMessage & { originalUrl?: unknown }): string | null {
  // The address before Express removed the mount path.
  const url = typeof request.originalUrl === 'string' ? request.originalUrl : (request.url ?? '');
  const [path = '', query] = url.split('?', 2);
  const segment = path.slice(path.lastIndexOf('/') + 1);
  if (!path.startsWith('/') || !SEGMENT.test(segment)) return null;
  return `./${segment}/${query === undefined || !/^[\x21-\x7e]*$/.test(query) ? '' : `?${query}`}`;
}
