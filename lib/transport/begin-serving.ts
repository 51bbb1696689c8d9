import { setMaxListeners } from 'node:events';
import { NetDiagnosticsError } from '../errors.js';
import type { Connection } from './types.js';

/**
 * What a host does with each connection before it serves it: it has to be one of its protocol, which has no one-way streams.
 *
 * @param who - for the error, e.g. `the client host`
 * @param signal - of the app's stop; each connection that is served listens to it, and many listeners are not a leak
 * @throws NetDiagnosticsError `ERR_ALPN` for a connection of another protocol
 */
export function beginServing(
  connection: Pick<Connection, 'alpn' | 'refuseUniStreams'>,
  { alpn, who, signal }: { alpn: string; who: string; signal: AbortSignal },
): void {
  if (connection.alpn !== alpn) throw new NetDiagnosticsError('ERR_ALPN', `${who} only serves ${alpn}`);
  connection.refuseUniStreams();
  setMaxListeners(0, signal);
}
