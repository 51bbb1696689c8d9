import { scoped, systemSleep, withDeadline } from '../../async/index.js';
import { hasCode, NetDiagnosticsError } from '../../errors.js';
import type { Connection, Endpoint } from '../../transport/index.js';
import {
  CLIENT_HOST_ALPN,
  CLOSE_NORMAL,
  type EndpointAddress,
  type EndpointId,
  REASON_DIAL_AGAIN,
} from '../../wire/index.js';
import { CONNECT_TIMEOUT_MS, FORGET_MS, REDIAL_MS } from '../constants.js';
import { isStranded, type Presence, snapshotAddress } from '../sessions/index.js';
import type { Store } from '../store.js';

/** What reaching an endpoint takes. */
export interface ReachContext {
  endpoint: Endpoint;
  store: Pick<Store, 'endpoint'>;
  presence: Presence;
}

/** Reason with `CLOSE_NORMAL`, should the app hear it after all. */
const REASON_SILENT = 'No sign of life';

/** Where to dial. */
interface Target {
  address: EndpointAddress;
  /** Whether iroh was made to forget a path just now. */
  isFresh: boolean;
}

/**
 * Connects to the app behind the endpoint's newest session; one that begins meanwhile is dialled instead. A
 * session that shows no sign of life all the while is void: its app has crashed, and the button goes grey.
 * @throws NetDiagnosticsError as `Endpoint.connect`
 */
export async function reach(context: ReachContext, id: EndpointId, signal: AbortSignal): Promise<Connection> {
  const session = context.presence.connection(id);
  const received = session?.received() ?? null;
  try {
    return await dialNewest(context, id, signal);
  } catch (error) {
    // In as long as a dial takes a live one would have sent three signs of life.
    const isSilent = received !== null && session?.received() === received;
    if (hasCode(error, 'ERR_TIMEOUT') && isSilent) session?.close(CLOSE_NORMAL, REASON_SILENT);
    throw error;
  }
}

function dialNewest(context: ReachContext, id: EndpointId, signal: AbortSignal): Promise<Connection> {
  return withDeadline({ signal }, CONNECT_TIMEOUT_MS, async (rest) => {
    let known: EndpointAddress | null = null;
    for (;;) {
      const { address, isFresh } = await aim(context, id, known, signal);
      known = address;
      const connection = await scoped(signal, (turn) => {
        const moved = context.presence.next(id, turn.signal).then(() => null);
        const dial = context.endpoint.connect(address, CLIENT_HOST_ALPN, { ...rest(), signal: turn.signal });
        const late = isFresh ? [systemSleep(REDIAL_MS, turn.signal).then(() => null)] : [];
        return Promise.race([dial, moved, ...late]);
      });
      if (connection !== null) return connection;
      if (signal.aborted) throw new NetDiagnosticsError('ERR_ABORTED', 'the dial-back was cancelled');
    }
  });
}

/** The live session knows best, then what was known before it ended; what was written down at the grant fills in. */
async function aim(
  { endpoint, store, presence }: ReachContext,
  id: EndpointId,
  known: EndpointAddress | null,
  signal: AbortSignal,
): Promise<Target> {
  const session = presence.connection(id);
  const live = session === null ? null : await snapshotAddress(endpoint, session);
  const isFresh = session !== null && isStranded(session);
  if (isFresh) {
    // Only then does iroh forget the dead path: a dial tries all addresses, and the app is back within a second.
    presence.close(id, CLOSE_NORMAL, REASON_DIAL_AGAIN);
    await systemSleep(FORGET_MS, signal);
  }
  const address = live ?? known ?? (await store.endpoint(id))?.address;
  return { address: address ?? { id, relayUrls: [], directAddrs: [] }, isFresh };
}
