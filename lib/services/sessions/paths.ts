/** Conclusions from the paths of a session. Pure. */
import type { Connection } from '../../transport/index.js';

/** The part of a session that knows its paths. */
export type Routed = Pick<Connection, 'paths'>;

/** The address to which data are sent now; `null` when nothing is known. */
export function pathInUse(session: Routed): string | null {
  const paths = session.paths();
  return (paths.find(({ isSelected }) => isSelected) ?? paths[0])?.remoteAddr ?? null;
}

/** The addresses of its direct paths. Relay paths are the same for all processes with one identity. */
export function directPaths(session: Routed): string[] {
  return session.paths().flatMap(({ isRelay, remoteAddr }) => (isRelay ? [] : [remoteAddr]));
}

/**
 * Whether two sessions of one endpoint come from one socket, and so from one process: an app may have our session and
 * one of the official client beside it.
 */
export function sharePath(one: Routed, other: Routed): boolean {
  const used = pathInUse(one);
  return used !== null && other.paths().some(({ remoteAddr }) => remoteAddr === used);
}

/**
 * Whether iroh would dial this endpoint at another address than that of its session. iroh uses one path for all
 * connections to an id, and keeps it, even if it is dead, until the last of them has ended.
 */
export function isStranded(session: Routed): boolean {
  const paths = session.paths();
  return paths.length > 0 && !paths.some(({ isSelected }) => isSelected);
}
