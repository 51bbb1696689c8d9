import { MIN_PATH_DATAGRAMS } from '../constants.js';
import type { PathSeen } from '../observation.js';
import type { ProbeRecord } from '../types.js';
import { type Seen, seen } from './seen.js';

/** The endpoint's direct paths that have carried data, and not only a handshake. */
export function directPaths(records: readonly ProbeRecord[]): Seen<PathSeen>[] {
  return seen(records, 'paths').filter(
    ({ part }) => !part.isRelay && (part.received ?? MIN_PATH_DATAGRAMS) >= MIN_PATH_DATAGRAMS,
  );
}
