import type { IncomingMessage } from 'node:http';
import { InvalidValue, type Kind } from './kind.js';

/** Who is let in without being asked anything. */
export type HttpAccess = 'loopback' | 'public-without-authentication';

/** Decides over one request; only `true` lets it in. */
export type HttpAuthorize = (request: IncomingMessage) => boolean | PromiseLike<boolean>;

/** The `http` setting, complete. */
export interface HttpSettings {
  /** Where Nest mounts the routes: `/` and at least one segment, no slash at the end. */
  path: string;
  access: HttpAccess | HttpAuthorize;
}

const KEYS = ['path', 'access', 'authorize'];

/** As the Nest guide and the samples use it. */
const DEFAULT_PATH = '/net-diagnostics';

/** Longer ones are a mistake. */
const MAX_PATH = 200;

/** Segments of unreserved characters (RFC 3986, section 2.3): no framework takes them for a pattern. */
const PATH = /^(\/[\w~-][\w.~-]*)+$/;

/** Whether and for whom the routes are open. */
export function httpRoutes(): Kind<HttpSettings> {
  return {
    should: '{ access: "loopback" } or { authorize: (request) => … }, and optionally a path',
    fromValue: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidValue();
      const unknownKey = Object.keys(value).find((key) => !KEYS.includes(key));
      if (unknownKey !== undefined) throw new InvalidValue(`"${unknownKey}" is no key of it`);
      const { path, access, authorize } = value as Record<string, unknown>;
      return { path: pathFrom(path ?? DEFAULT_PATH), access: accessFrom(access, authorize) };
    },
  };
}

function pathFrom(path: unknown): string {
  if (typeof path === 'string' && path.length <= MAX_PATH && PATH.test(path)) return path;
  throw new InvalidValue(`path is like "${DEFAULT_PATH}": a slash before each part, none at the end`);
}

function accessFrom(access: unknown, authorize: unknown): HttpAccess | HttpAuthorize {
  // Both: which one was meant to hold? Neither: a forgotten one must not open anything.
  if ((access ?? null) !== null && (authorize ?? null) !== null) {
    throw new InvalidValue('access and authorize exclude each other');
  }
  if (typeof authorize === 'function') return authorize as HttpAuthorize;
  if ((authorize ?? null) !== null) throw new InvalidValue('authorize is a function');
  if (access === 'loopback' || access === 'public-without-authentication') return access;
  if ((access ?? null) !== null) {
    throw new InvalidValue('access is "loopback" or "public-without-authentication"');
  }
  throw new InvalidValue('access or authorize is missing');
}
