import { codeOf, messageOf } from '../errors.js';
import type {
  AskedRelay,
  EndpointSnapshot,
  Family,
  Observation,
  Outcome,
  ProbeError,
} from '../report/index.js';
import { printable } from '../text.js';
import type { StunServer } from '../wire/index.js';
import type { TlsTrust } from './http/tls-trust.js';
import type { Resolver } from './names/resolver.js';
import type { PeerToTry } from './peer/types.js';
import type { HeadStart } from './qad/head-start.js';
import type { GatewayFinder } from './routes/finder.js';

/**
 * The shape of all probes. A probe plans its runs from the targets; each run looks once and returns what it saw. It
 * never decides what that means: the verdict judges the parts of {@link Observation} that it fills. To add a probe:
 * write a file that exports a {@link Probe}, name it in {@link PROBE_NAMES}, and list it in `registry.ts`.
 */
export interface Probe {
  /** As in the settings and the report. */
  readonly name: string;
  /** Pure: the runs for these targets. An empty list if there is nothing to ask. */
  plan(targets: ProbeTargets): readonly PlannedRun[];
}

/** What may be asked. */
export interface ProbeTargets {
  readonly relays: readonly AskedRelay[];
  readonly endpoint: EndpointSnapshot | null;
  readonly stunServers: readonly StunServer[];
  readonly peers: readonly PeerToTry[];
  /** The environment, for the proxy variables. */
  readonly env: NodeJS.ProcessEnv;
}

/** One run of a probe. `target` and `family` tell the runs of one probe apart. */
export interface PlannedRun {
  readonly target?: string;
  readonly family?: Family;
  /**
   * Looks once. May throw: the outcome is then `failed` with the error's code. When the context's signal fires, it
   * must close all its sockets and timers; nobody waits for its result then.
   */
  run(context: ProbeContext): Promise<RunResult>;
}

/** How a run ended by itself, and what it saw. A failed run may have seen something, too. */
export interface RunResult {
  outcome: Exclude<Outcome, 'aborted'>;
  error?: ProbeError;
  observation?: Observation;
}

/** What a run may use. Time and the outside world come only from here. */
export interface ProbeContext {
  /** Fires at the report's deadline, or earlier. */
  readonly signal: AbortSignal;
  /** Milliseconds since the report's start, monotonic. */
  elapsed(): number;
  /** Milliseconds left until the deadline, never negative. */
  remaining(): number;
  readonly resolver: Resolver;
  /** Lets address discovery go first, before probes that ask for details. */
  readonly headStart: HeadStart;
  /** Milliseconds after which the first relay of a family answered address discovery. */
  readonly firstAnswerMs: Map<Family, number>;
  /** When a relay of a family last answered over TLS, in milliseconds since the report's start. */
  readonly lastTlsAnswerMs: Map<Family, number>;
  readonly tls: TlsTrust;
  readonly gateways: GatewayFinder;
  /** Ports at which gateways answer. */
  readonly gatewayPorts: GatewayPorts;
  /** Port at which relays answer captive-portal checks. */
  readonly portalPort: number;
}

/** UDP ports of the gateway's services. */
export interface GatewayPorts {
  /** PCP and NAT-PMP. */
  readonly portMapping: number;
  /** UPnP's discovery. */
  readonly ssdp: number;
}

/** The result of a run that saw what it came for. */
export function saw(observation: Observation): RunResult {
  return { outcome: 'ok', observation };
}

/** The names of all probes, in the order of `registry.ts`. */
export const PROBE_NAMES = [
  'route',
  'endpoint',
  'qad',
  'https',
  'relay',
  'https-via-proxy',
  'captive-portal',
  'pcp',
  'nat-pmp',
  'upnp',
  'stun',
  'peer',
] as const;

/** The name of a probe. */
export type ProbeName = (typeof PROBE_NAMES)[number];

/** Milliseconds, rounded to the microsecond: finer digits are noise. */
export function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/**
 * Anything thrown, in the form that a report has: its length is bounded, and a stranger's text is made safe to show.
 */
export function probeError(error: unknown): ProbeError {
  return { code: codeOf(error), message: printable(messageOf(error)) };
}
