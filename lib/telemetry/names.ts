/**
 * The names in traces and metrics; the guide on observability lists them. They follow OpenTelemetry's naming: dots
 * between namespaces, underscores within a word, seconds, no plural of a duration. Traces and metrics contain no
 * address, no relay and no secret.
 */
import type { Attributes } from '@opentelemetry/api';
import type { ProbeRecord } from '../report/index.js';

/** The instrumentation scope of all our spans and metrics. */
export const SCOPE = 'iroh-net-diagnostics';

export const SPANS = {
  dialBack: 'net-diagnostics dial-back',
  run: 'net-diagnostics run',
  probe: 'net-diagnostics probe',
} as const;

export const ATTRIBUTES = {
  /** Our own endpoint. */
  endpointId: 'iroh.net_diagnostics.endpoint.id',
  /** The endpoint that dialled back. Never on a metric: unknown callers can have any number of ids. */
  remoteId: 'iroh.net_diagnostics.remote.id',
  dialBackOutcome: 'iroh.net_diagnostics.dial_back.outcome',
  dialBackRefusal: 'iroh.net_diagnostics.dial_back.refusal',
  runTrigger: 'iroh.net_diagnostics.run.trigger',
  runEndedBy: 'iroh.net_diagnostics.run.ended_by',
  runColour: 'iroh.net_diagnostics.run.colour',
  probeName: 'iroh.net_diagnostics.probe.name',
  probeOutcome: 'iroh.net_diagnostics.probe.outcome',
  /** OpenTelemetry's own: `ipv4` or `ipv6`. */
  networkType: 'network.type',
  /** OpenTelemetry's own. A code, never a message: messages name addresses. */
  errorType: 'error.type',
} as const;

/** The attribute for a probe's address family; none if the probe measures both families. */
export function networkType(family: ProbeRecord['family']): Attributes {
  return family === undefined ? {} : { [ATTRIBUTES.networkType]: `ipv${family}` };
}

export const METRICS = {
  dialBacks: 'iroh.net_diagnostics.dial_backs',
  runs: 'iroh.net_diagnostics.runs',
  runDuration: 'iroh.net_diagnostics.run.duration',
  probeDuration: 'iroh.net_diagnostics.probe.duration',
  online: 'iroh.net_diagnostics.endpoint.online',
  granted: 'iroh.net_diagnostics.endpoint.granted',
} as const;

/** Seconds. A run ends at its deadline: 3 s by default, 10 s with peers, 60 s at most. OpenTelemetry's defaults are in milliseconds. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60];

/**
 * Dial-backs that get a span: at once, then per minute. A person presses the button a few times a minute; unknown
 * callers must not fill the app's trace storage, or make it expensive. The counter counts all dial-backs.
 */
export const DIAL_BACK_SPANS = { burst: 30, perMinute: 30 };
