export { DEFAULT_QUIC_PORT, HTTP_PORT } from './constants.js';
export { type GatewayFinder, type NextHop, systemGateways } from './gateway.js';
export type { PlannedRun, Probe, ProbeContext, ProbeTargets, RunResult } from './probe.js';
export { proxyFor } from './proxy.js';
export { PROBE_NAMES, PROBES, type ProbeName } from './registry.js';
export { type LookupHost, type ResolvedAddress, Resolver, systemLookup } from './resolver.js';
export { type NamedRun, planRuns, ReportEnded, runProbe } from './run-probe.js';
export { type MachineRoots, systemRoots, type TlsTrust, tlsTrust } from './tls-trust.js';
