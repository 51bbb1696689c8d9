import { scoped, systemSleep, type WaitOptions, withDeadline } from '../../async/index.js';
import { hasCode, NetDiagnosticsError } from '../../errors.js';
import type { Connection, Endpoint } from '../../transport/index.js';
import { CLIENT_HOST_ALPN, CLOSE_NORMAL, type EndpointAddress, REASON_DIAL_AGAIN } from '../../wire/index.js';
import {
  CONNECT_TIMEOUT_MS,
  FORGET_MS,
  FORGET_QUICKLY_MS,
  REDIAL_MS,
  RELAY_TURN_MS,
  SESSION_PATH_MS,
} from '../constants.js';
import type { EndpointRef } from '../records.js';
import { isDirect, isStranded, type Presence, snapshotAddress } from '../sessions/index.js';
import type { Store } from '../store.js';
import { DialBackError } from './dial-back-error.js';

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
 *
 * iroh sends the handshakes of new connections on the path of the session. Some firewalls drop handshakes and let pass what follows
 * them, on paths that iroh opens within a connection. So if the session lives and nothing else comes up, the relays are tried alone.
 * @throws NetDiagnosticsError as `Endpoint.connect`; {@link DialBackError} if the session lives and no connection comes up
 */
export async function reach(
  context: ReachContext,
  ref: EndpointRef,
  signal: AbortSignal,
): Promise<Connection> {
  const session = context.presence.connection(ref.id);
  const received = datagramsOf(session);
  const isLive = () => received !== null && datagramsOf(session) !== received;
  let wasLive = false;
  try {
    return await withDeadline({ signal }, CONNECT_TIMEOUT_MS, async (rest) => {
      const first = { signal, timeoutMs: SESSION_PATH_MS };
      try {
        return await dialNewest(context, ref, first);
      } catch (error) {
        if (!hasCode(error, 'ERR_TIMEOUT')) throw error;
      }
      wasLive = isLive();
      const relays = wasLive ? await relaysBeside(context, ref) : null;
      const left = { ...rest(), signal };
      return relays === null ? dialNewest(context, ref, left) : dialByRelays(context, relays, left);
    });
  } catch (error) {
    if (!hasCode(error, 'ERR_TIMEOUT')) throw error;
    if (wasLive || isLive()) throw new DialBackError('unreachable', NOTHING_NEW, { cause: error });
    // A live session would have sent three keep-alives in the time of this dial.
    if (received !== null) session?.close(CLOSE_NORMAL, REASON_SILENT);
    throw error;
  }
}

const NOTHING_NEW =
  "The app's session lives, and no new connection to the app comes up: something on the way drops the handshakes of QUIC, as some firewalls do, or the app is too busy to answer them.";

/** What a session has received; `null`: not known. */
function datagramsOf(session: Connection | null): number | null {
  return session?.traffic()?.datagrams ?? null;
}

/** Where and how long to try. */
type Wait = WaitOptions & { signal: AbortSignal };

function dialNewest(context: ReachContext, ref: EndpointRef, wait: Wait): Promise<Connection> {
  const { signal } = wait;
  return withDeadline(wait, CONNECT_TIMEOUT_MS, async (rest) => {
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

/** The address of an app by its relays alone; `null`: none are known, or its session goes through one. */
async function relaysBeside(
  { endpoint, presence }: ReachContext,
  { id }: EndpointRef,
): Promise<EndpointAddress | null> {
  const session = presence.connection(id);
  const address = session !== null && isDirect(session) ? await snapshotAddress(endpoint, session) : null;
  return address === null || address.relayUrls.length === 0 ? null : { ...address, directAddrs: [] };
}

/**
 * iroh takes the direct path of a session as long as that is there, whatever it is told. So the session is closed first. The app
 * comes back at once, by relays, and has found its direct path soon after: now and then the handshake is not done by then.
 */
async function dialByRelays(
  { endpoint, presence }: ReachContext,
  relays: EndpointAddress,
  wait: Wait,
): Promise<Connection> {
  const { signal } = wait;
  return withDeadline(wait, CONNECT_TIMEOUT_MS, async (rest) => {
    for (;;) {
      const session = presence.connection(relays.id);
      if (session !== null && isDirect(session)) {
        presence.close(relays.id, CLOSE_NORMAL, REASON_DIAL_AGAIN);
        await systemSleep(FORGET_QUICKLY_MS, signal);
      }
      const timeoutMs = Math.min(RELAY_TURN_MS, rest().timeoutMs ?? 0);
      try {
        return await endpoint.connect(relays, CLIENT_HOST_ALPN, { signal, timeoutMs });
      } catch (error) {
        if (!hasCode(error, 'ERR_TIMEOUT') || rest().timeoutMs === 0) throw error;
      }
    }
  });
}
