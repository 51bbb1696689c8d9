import type { IncomingMessage } from 'node:http';
import { callback, group, type Kind, oneOf, option, textKind } from '../settings/index.js';
import { InvalidValue } from '../wire/index.js';

/** Who is let in without authentication. */
export type HttpAccess = 'loopback' | 'public-without-authentication';

/** Decides over one request; only `true` lets it in. */
export type HttpAuthorize = (request: IncomingMessage) => boolean | PromiseLike<boolean>;

/** The `http` setting, complete. */
export interface HttpSettings {
  /** Where Nest mounts the routes: `/` and at least one segment, no slash at the end. */
  path: string;
  access: HttpAccess | HttpAuthorize;
}

/** The path in the Nest guide and in the samples. */
const DEFAULT_PATH = '/net-diagnostics';

/** A longer path is a mistake. */
const MAX_PATH = 200;

/** Segments of unreserved characters (RFC 3986, section 2.3), which no framework reads as a pattern. */
const PATH = /^(\/[\w~-][\w.~-]*)+$/;

const HTTP = group('{ access: "loopback" } or { authorize: (request) => … }, and optionally a path', {
  path: option(
    textKind(`like "${DEFAULT_PATH}": a slash before each part, none at the end`, (path) => {
      if (path.length > MAX_PATH || !PATH.test(path)) throw new InvalidValue();
      return path;
    }),
    DEFAULT_PATH,
  ),
  access: option(oneOf('loopback', 'public-without-authentication'), null),
  authorize: option(callback<HttpAuthorize>(), null),
});

/** For whom the routes are open. */
export function httpRoutes(): Kind<HttpSettings> {
  return {
    should: HTTP.should,
    fromValue: (value) => {
      const { path, access, authorize } = HTTP.fromValue(value);
      // With both, it is not clear which one counts. With neither, one may have been forgotten: that must not open the routes.
      if (access !== null && authorize !== null)
        throw new InvalidValue('access and authorize exclude each other');
      const open = access ?? authorize;
      if (open === null) throw new InvalidValue('access or authorize is missing');
      return { path, access: open };
    },
  };
}
