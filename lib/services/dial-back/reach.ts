import { scoped, systemSleep, withDeadline } from '../../async/index.js';
import { hasCode, NetDiagnosticsError } from '../../errors.js';
import type { Connection, Endpoint } from '../../transport/index.js';
import { CLIENT_HOST_ALPN, CLOSE_NORMAL, type EndpointAddress, REASON_DIAL_AGAIN } from '../../wire/index.js';
import { CONNECT_TIMEOUT_MS, FORGET_MS, REDIAL_MS } from '../constants.js';
import type { EndpointRef } from '../records.js';
import { isStranded, type Presence, snapshotAddress } from '../sessions/index.js';
import type { Store } from '../store.js';

/** What {@link reach} needs. */
export interface ReachContext {
  endpoint: Endpoint;
  store: Pick<Store, 'endpoint'>;
  presence: Presence;
}

/** Reason with `CLOSE_NORMAL`, in case the app still receives it. */
const REASON_SILENT = 'No sign of life';

/** Where to dial. */
interface Target {
  address: EndpointAddress;
  /** Whether iroh was just made to forget a path. */
  isFresh: boolean;
}

/**
 * Connects to the app with the endpoint's newest session; if a newer session begins meanwhile, dials its app instead. A
 * session that sends nothing in this time is closed: its app has crashed, and the button becomes grey.
 * @throws NetDiagnosticsError as `Endpoint.connect`
 */
export async function reach(
  context: ReachContext,
  ref: EndpointRef,
  signal: AbortSignal,
): Promise<Connection> {
  const session = context.presence.connection(ref.id);
  const received = session?.traffic()?.datagrams ?? null;
  try {
    return await dialNewest(context, ref, signal);
  } catch (error) {
    // A live session would have sent three keep-alives in the time of this dial.
    const isSilent = received !== null && session?.traffic()?.datagrams === received;
    if (hasCode(error, 'ERR_TIMEOUT') && isSilent) session?.close(CLOSE_NORMAL, REASON_SILENT);
    throw error;
  }
}

function dialNewest(context: ReachContext, ref: EndpointRef, signal: AbortSignal): Promise<Connection> {
  return withDeadline({ signal }, CONNECT_TIMEOUT_MS, async (rest) => {
    let known: EndpointAddress | null = null;
    for (;;) {
      const { address, isFresh } = await aim(context, ref, known, signal);
      known = address;
      const connection = await scoped(signal, (turn) => {
        const moved = context.presence.next(ref.id, turn.signal).then(() => null);
        const dial = context.endpoint.connect(address, CLIENT_HOST_ALPN, { ...rest(), signal: turn.signal });
        const late = isFresh ? [systemSleep(REDIAL_MS, turn.signal).then(() => null)] : [];
        return Promise.race([dial, moved, ...late]);
      });
      if (connection !== null) return connection;
      if (signal.aborted) throw new NetDiagnosticsError('ERR_ABORTED', 'the dial-back was cancelled');
    }
  });
}

/** Prefers the address of the live session, then the one known before it ended, then the stored one. */
async function aim(
  { endpoint, store, presence }: ReachContext,
  ref: EndpointRef,
  known: EndpointAddress | null,
  signal: AbortSignal,
): Promise<Target> {
  const { id } = ref;
  const session = presence.connection(id);
  const live = session === null ? null : await snapshotAddress(endpoint, session);
  const isFresh = session !== null && isStranded(session);
  if (isFresh) {
    // Only then iroh forgets the dead path, so that a dial tries all addresses. The app reconnects within a second.
    presence.close(id, CLOSE_NORMAL, REASON_DIAL_AGAIN);
    await systemSleep(FORGET_MS, signal);
  }
  const address = live ?? known ?? (await store.endpoint(ref))?.address;
  return { address: address ?? { id, relayUrls: [], directAddrs: [] }, isFresh };
}
