/** Conclusions from the paths of a session. Pure. */
import type { Connection } from '../../transport/index.js';

/** The part of a session that knows its paths. */
export type Routed = Pick<Connection, 'paths'>;

/** The addresses of its direct paths. Relay paths are the same for all processes with one identity. */
export function directPaths(session: Routed): string[] {
  return session.paths().flatMap(({ isRelay, remoteAddr }) => (isRelay ? [] : [remoteAddr]));
}

/** Whether two sessions of one endpoint come from one socket, and so from one process. */
export function shareSocket(one: Routed, other: Routed): boolean {
  const paths = directPaths(other);
  return directPaths(one).some((path) => paths.includes(path));
}

/**
 * Whether the newer of two sessions of one endpoint comes from another socket than the older one. A path that is not
 * known (yet) does not count as another one.
 */
export function isElsewhere(newer: Routed, older: Routed): boolean {
  const used = pathInUse(older);
  const paths = newer.paths();
  if (used === null || paths.length === 0 || shareSocket(newer, older)) return false;
  return !paths.some(({ remoteAddr }) => remoteAddr === used);
}

/**
 * Whether one of two sessions has only IPv4 and the other only IPv6. Both may be of one process: when it changes from one
 * to the other, iroh may not notice it for a session, as long as that lives.
 */
export function isOfOtherFamily(one: Routed, other: Routed): boolean {
  const [some, others] = [one, other].map((session) => directPaths(session).map(isIpv6));
  return some?.[0] !== undefined && others?.[0] !== undefined && !some.some((is) => others.includes(is));
}

function isIpv6(path: string): boolean {
  return path.startsWith('[');
}

/** The address to which data are sent; `null` when nothing is known. None is selected if iroh has selected one of another session. */
function pathInUse(session: Routed): string | null {
  const selected = session.paths().find(({ isSelected }) => isSelected)?.remoteAddr;
  return selected ?? directPaths(session)[0] ?? session.paths()[0]?.remoteAddr ?? null;
}

/**
 * Whether iroh would dial this endpoint at another address than that of its session. iroh uses one path for all
 * connections to an id, and keeps it, even if it is dead, until the last of them has ended.
 */
export function isStranded(session: Routed): boolean {
  const paths = session.paths();
  return paths.length > 0 && !paths.some(({ isSelected }) => isSelected);
}

/** Whether data of a session goes directly. */
export function isDirect(session: Routed): boolean {
  return session.paths().some(({ isSelected, isRelay }) => isSelected && !isRelay);
}
