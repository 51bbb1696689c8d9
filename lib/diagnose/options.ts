import type { Clock } from '../async/index.js';
import type {
  GatewayFinder,
  GatewayPorts,
  LookupHost,
  MachineRoots,
  PeerToTry,
  ProbeName,
} from '../probes/index.js';
import type { EndpointSnapshot, LocalReport, ProbeRecord, Summary } from '../report/index.js';
import type { IsPublicAddress, RelayOption, StunServerOption } from '../wire/index.js';

/** Milliseconds that a report may take by default. */
export const DEFAULT_DEADLINE_MS = 3_000;

/** The same where peers are tried: iroh tries a second time to open a direct path after five seconds. */
export const PEER_DEADLINE_MS = 10_000;

/** The deadline of a report for which none was said. */
export function usualDeadlineMs(peers: number): number {
  return peers > 0 ? PEER_DEADLINE_MS : DEFAULT_DEADLINE_MS;
}

/**
 * When everything but peers ends. They alone need the last seven seconds of the deadline: without this, a relay that is
 * silent would be waited for as long as a peer.
 */
export function measuringEndsMs(deadlineMs: number, peers: number): number {
  if (peers === 0) return deadlineMs;
  const rest = deadlineMs - (PEER_DEADLINE_MS - DEFAULT_DEADLINE_MS);
  return Math.min(deadlineMs, Math.max(DEFAULT_DEADLINE_MS, rest));
}

/** The conclusion from the runs that have ended, while others still run. */
export interface SoFar {
  /** As the report would have it if it ended now. */
  summary: Summary;
  /**
   * Whether no run that is missing can change the colour. The sentence, the next steps and the rest of the report may
   * still get more details. Once true it stays true; after the last run it is always true.
   */
  isFinal: boolean;
}

/** Progress of one run of a probe. */
export interface ProbeEvent {
  phase: 'started' | 'ended';
  /** The run's name in the report. */
  ref: string;
  /** With `ended`: the run's record in the report. */
  record?: ProbeRecord;
  /** With `ended`: the conclusion so far. Computed when it is read, which takes about a millisecond. */
  soFar?: SoFar;
  /** Runs that have ended, including this one. */
  done: number;
  /** Runs of the whole report. */
  total: number;
}

/** Everything outside of this package, replaceable in tests. All defaults are this machine's. */
export interface DiagnoseEnvironment {
  clock: Clock;
  /** Milliseconds from any starting point; never goes back. Default: the system's monotonic clock. */
  monotonic(): number;
  lookup: LookupHost;
  gateways: GatewayFinder;
  /** Ports at which gateways answer. Default: 5351 and 1900. */
  gatewayPorts: GatewayPorts;
  /** PEM certificates that iroh trusts. Default: the Mozilla roots that Node bundles. */
  bundledRoots: readonly string[];
  /** PEM certificates that this machine trusts in addition. */
  machineRoots: MachineRoots;
  /** Read for the proxy variables. Default: `process.env`. */
  env: NodeJS.ProcessEnv;
  /** Port at which https relays answer captive-portal checks. Default: 80. */
  portalPort: number;
}

/** Options of {@link diagnose}. */
export interface DiagnoseOptions {
  /** Relays to ask, at most 64, none twice. Default: only the endpoint's home relay, and the report says so. */
  relays?: readonly (string | RelayOption)[] | null | undefined;
  /**
   * URLs of relays that answered QUIC address discovery in an earlier report. If one of them does not answer now, that
   * counts as evidence, even if its `quicPort` was not given. Default: none.
   */
  answeredBefore?: readonly string[] | null | undefined;
  /**
   * STUN servers to ask in addition: `host`, `host:port` or `stun:host:port`, at most 8, none twice. Two at different IP
   * addresses show the mapping; one that can answer from another address shows the filtering. Default: none.
   */
  stun?: readonly (string | StunServerOption)[] | null | undefined;
  /**
   * Peers to try: real endpoints elsewhere that answer the protocol `PEER_ALPN`, at most 4, none twice. Each is dialled,
   * and watched for up to six seconds: does a direct path come up, and does it keep carrying data? Then the address of that
   * path is asked from a fresh socket whether it answers strangers. Default: none.
   */
  peers?: readonly PeerToTry[] | null | undefined;
  /** Names of the probes to run. Default: all. */
  probes?: readonly ProbeName[] | null | undefined;
  /**
   * Whole milliseconds after which the report is made of the results so far, 1 to 600000. Default: 3000, and 10000 with
   * peers. With peers the last 7000 of it are theirs alone: all else ends before, though not before 3000.
   */
  deadline?: number | null | undefined;
  /** The endpoint as it is now. Default: none; such a report cannot become a wire report. */
  endpoint?: EndpointSnapshot | null | undefined;
  /** Ends the run early; the report then holds the results so far. */
  signal?: AbortSignal | undefined;
  /** Called as runs start and end. What it throws is ignored. */
  onProbe?: ((event: ProbeEvent) => void) | undefined;
  /**
   * Called once, as soon as no missing run can change what `toWireReport()` makes of the report, peers apart: the platform
   * does not wait for them. Gets the report so far, or the whole one if that is ready at the
   * same time, without the peers' runs. What it throws is ignored.
   */
  onWireFinal?: ((report: LocalReport) => void) | undefined;
  /** PEM certificates that the HTTPS probes trust besides the bundled roots. The endpoint itself does not trust them. */
  ca?: readonly string[] | null | undefined;
  /** Which addresses count as the public Internet. Default: IANA's registries. */
  isPublicAddress?: IsPublicAddress | null | undefined;
  /** @internal For tests. */
  environment?: Partial<DiagnoseEnvironment> | null | undefined;
}
