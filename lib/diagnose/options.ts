import type { Clock } from '../async/index.js';
import type { GatewayFinder, GatewayPorts, LookupHost, MachineRoots, ProbeName } from '../probes/index.js';
import type { EndpointSnapshot, LocalReport, ProbeRecord, Summary } from '../report/index.js';
import type { IsPublicAddress, RelayOption, StunServerOption } from '../wire/index.js';

/** Milliseconds that a report may take unless somebody says otherwise. */
export const DEFAULT_DEADLINE_MS = 3_000;

/** What follows from the runs that have ended, while others go on. */
export interface SoFar {
  /** As the report would have it if it ended now. */
  summary: Summary;
  /**
   * Whether the colour will stay as it is, whatever is still out. The sentence and the next steps may yet become
   * richer, and so does the rest of the report. Once true it stays true; with the last run it is.
   */
  isFinal: boolean;
}

/** Progress of one run of a probe. */
export interface ProbeEvent {
  phase: 'started' | 'ended';
  /** Which run; as in the report. */
  ref: string;
  /** With `ended`: what enters the report. */
  record?: ProbeRecord;
  /** With `ended`: what is concluded by now. Worked out when it is read: a millisecond or so. */
  soFar?: SoFar;
  /** Runs that have ended, this one included. */
  done: number;
  /** Runs of the whole report. */
  total: number;
}

/** The outside world, replaceable in tests. Everything defaults to this machine. */
export interface DiagnoseEnvironment {
  clock: Clock;
  /** Milliseconds from any origin; never goes back. Default: the system's monotonic clock. */
  monotonic(): number;
  lookup: LookupHost;
  gateways: GatewayFinder;
  /** Where gateways answer. Default: 5351 and 1900. */
  gatewayPorts: GatewayPorts;
  /** PEM certificates that iroh trusts. Default: the Mozilla roots that Node bundles. */
  bundledRoots: readonly string[];
  /** PEM certificates that this machine trusts besides. */
  machineRoots: MachineRoots;
  /** For the proxy variables. Default: `process.env`. */
  env: NodeJS.ProcessEnv;
  /** Where https relays answer captive-portal checks. Default: 80. */
  portalPort: number;
}

/** Options of {@link diagnose}. */
export interface DiagnoseOptions {
  /** Relays to ask, at most 64, none twice. Default: the endpoint's home relay alone, and the report says so. */
  relays?: readonly (string | RelayOption)[] | null | undefined;
  /**
   * URLs of relays that answered QUIC address discovery in an earlier report: a silence of theirs is evidence now,
   * though nobody said their `quicPort`. Default: none.
   */
  answeredBefore?: readonly string[] | null | undefined;
  /**
   * STUN servers to ask as well: `host`, `host:port` or `stun:host:port`, at most 8, none twice. Two at different IP
   * addresses tell the mapping; one that can answer from another address tells the filtering. Default: none.
   */
  stun?: readonly (string | StunServerOption)[] | null | undefined;
  /** Names of the probes to run. Default: all. */
  probes?: readonly ProbeName[] | null | undefined;
  /** Whole milliseconds after which the report is made from what is there, 1 to 600000. Default: 3000. */
  deadline?: number | null | undefined;
  /** The endpoint as it is now. Default: none; such a report cannot become a wire report. */
  endpoint?: EndpointSnapshot | null | undefined;
  /** Ends the run early; the report then holds what is there. */
  signal?: AbortSignal | undefined;
  /** Called as runs start and end. What it throws is ignored. */
  onProbe?: ((event: ProbeEvent) => void) | undefined;
  /**
   * Called once, as soon as nothing that is still out can change what `toWireReport()` makes of the report: with the
   * report as it is then, or with the whole one where that is no sooner. What it throws is ignored.
   */
  onWireFinal?: ((report: LocalReport) => void) | undefined;
  /** PEM certificates that the HTTPS probes trust besides the bundled roots. The endpoint itself does not. */
  ca?: readonly string[] | null | undefined;
  /** Which addresses count as the public Internet. Default: IANA's registries. */
  isPublicAddress?: IsPublicAddress | null | undefined;
  /** @internal For tests. */
  environment?: Partial<DiagnoseEnvironment> | null | undefined;
}
