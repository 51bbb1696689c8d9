import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs, scoped } from '../../async/index.js';
import { type DiagnoseOptions, diagnose } from '../../diagnose/index.js';
import { AnsweringRelays } from '../../net-diagnostics/index.js';
import { PeerHost, type PeerVisitEvent } from '../../peer/index.js';
import { isGoodPeer, type LocalReport } from '../../report/index.js';
import { bindEndpoint, type Endpoint, Router } from '../../transport/index.js';
import {
  type EndpointAddress,
  PEER_ALPN,
  type Relay,
  type SecretKey,
  type StunServer,
} from '../../wire/index.js';

/** How long to wait for a relay before the user is told, in milliseconds; a slow one answers within three seconds. */
const ONLINE_WAIT_MS = 10_000;
/** How often it is looked whether there is a home relay, in milliseconds. */
const LOOK_MS = 250;
/** Networks seldom change, and each report asks the relays. In milliseconds. */
const REPORT_EVERY_MS = 5 * 60_000;
/** A report that cannot tell may have met a busy moment. Until there is a better one, visitors learn less. In milliseconds. */
const AGAIN_MS = 30_000;

/** What happens at a running peer. */
export type PeerEvent =
  /** It can be reached, at this address from now on. */
  | { type: 'online'; address: EndpointAddress }
  /** It had no relay for the first ten seconds; it goes on trying. A relay that is lost later, its own report tells. */
  | { type: 'not-online' }
  /** Its own report, and what it tells visitors from now on. */
  | { type: 'report'; report: LocalReport; isWell: boolean | null }
  | { type: 'visit'; visit: PeerVisitEvent };

/** What a peer needs to run. */
export interface PeerRun {
  secretKey: SecretKey;
  /** Where it can be found, and what its own report asks. */
  relays: readonly Relay[];
  stun: readonly StunServer[];
  /** Ends it. */
  signal: AbortSignal;
  onEvent(event: PeerEvent): void;
  /** For its own report, where the Internet is another one. */
  surroundings?: Pick<DiagnoseOptions, 'ca' | 'isPublicAddress' | 'environment'>;
}

/**
 * Runs an endpoint that reports of others may try, until `signal` fires.
 * @throws NetDiagnosticsError `ERR_BINDING_UNAVAILABLE`, `ERR_BIND`, `ERR_ABORTED` (before it was bound)
 */
export async function runPeer(run: PeerRun): Promise<void> {
  const { secretKey, relays, onEvent } = run;
  const bind = { secretKey, network: 'minimal', relays, alpns: [] } as const;
  const endpoint = await bindEndpoint(bind, { signal: run.signal });
  const own: { isWell: boolean | null } = { isWell: null };
  const host = new PeerHost({
    isWell: () => own.isWell,
    onVisit: (visit) => onEvent({ type: 'visit', visit }),
  });
  const router = new Router(endpoint);
  try {
    router.handle(PEER_ALPN, host.handler);
    router.start();
    await scoped(run.signal, ({ signal }) =>
      Promise.all([
        tellAddress(endpoint, relays, onEvent, signal),
        ownReports(endpoint, { ...run, signal }, (report) => {
          own.isWell = isGoodPeer(report.verdict);
          onEvent({ type: 'report', report, isWell: own.isWell });
          return pauseAfter(own.isWell);
        }),
      ]),
    );
  } finally {
    await router.close();
    await endpoint.close();
  }
}

/** Tells at which address `endpoint` can be found, and before that once that it cannot be for now. */
export async function tellAddress(
  endpoint: Pick<Endpoint, 'address'>,
  relays: readonly Relay[],
  onEvent: PeerRun['onEvent'],
  signal: AbortSignal,
): Promise<void> {
  let isTrouble = false;
  const startedAt = monotonicMs();
  do {
    const { id, relayUrls } = endpoint.address();
    const [home] = relayUrls;
    if (home !== undefined) {
      // All of them, since iroh moves to another one when that is faster; the home relay comes first. Without its own
      // addresses: whoever dials shall find it as peers are found.
      const all = new Set([home, ...relays.map(({ url }) => url)]);
      onEvent({ type: 'online', address: { id, relayUrls: [...all], directAddrs: [] } });
      return;
    }
    if (!isTrouble && monotonicMs() - startedAt >= ONLINE_WAIT_MS) {
      isTrouble = true;
      onEvent({ type: 'not-online' });
    }
  } while (await pause(LOOK_MS, signal));
}

async function ownReports(
  endpoint: Endpoint,
  { relays, stun, signal, surroundings }: PeerRun,
  note: (report: LocalReport) => number,
): Promise<void> {
  let pauseMs: number;
  const answering = new AnsweringRelays();
  // A report that comes too early would not know the relay.
  await endpoint.online({ signal, timeoutMs: ONLINE_WAIT_MS }).catch(() => {});
  do {
    const { id, relayUrls, directAddrs } = endpoint.address();
    const seen = { endpointId: id, directAddrs, homeRelay: relayUrls[0] ?? null, paths: [] };
    const answeredBefore = answering.urls;
    const report = await diagnose({ ...surroundings, relays, stun, answeredBefore, endpoint: seen, signal });
    // One that was cut off says less than the one before.
    if (signal.aborted) return;
    answering.note(report);
    pauseMs = note(report);
  } while (await pause(pauseMs, signal));
}

/** Milliseconds from a report that told visitors this until the next one. */
export function pauseAfter(isWell: boolean | null): number {
  return isWell === null ? AGAIN_MS : REPORT_EVERY_MS;
}

/** @returns whether the whole pause has passed. Its timer keeps the process alive. */
function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return delay(ms, true, { signal }).catch(() => false);
}
