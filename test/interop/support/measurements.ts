import type { RustReport } from './lines.js';
import type { Line } from './process.js';

/**
 * The peer's measuring roles: their arguments, for a process in whatever namespace, and the lines they print. Times are
 * milliseconds. `peer ROLE --help` says from when to when.
 */
export interface NetReportOptions {
  /** An address instead of a name needs no resolver (see the README); quicPort: 7842, null: no address discovery. */
  relays: readonly { url: string; quicPort?: number | null | undefined }[];
  /** PEM; nothing else is trusted. */
  caFile: string;
  /** Whether the endpoint asks the gateway for a port; default true, as in iroh. */
  portmap?: boolean;
  timeoutMs?: number;
}

export interface NetReportLine {
  event: 'net-report';
  ms: number;
  msWithBind: number;
  /** null: none came in time. */
  report: RustReport['net_report'];
}

export interface NetDiagnosticsOptions extends NetReportOptions {
  /** Each on a fresh endpoint; default 1. */
  repeat?: number;
}

export interface NetDiagnosticsLine {
  event: 'net-diagnostics';
  /** From 1. */
  run: number;
  ms: number;
  msWithBind: number;
  report: RustReport;
}

export interface PairOptions {
  relays: NetReportOptions['relays'];
  caFile: string;
}

export interface PairReadyLine {
  event: 'pair-ready';
  /** One for each try; relay: null: it is not online. */
  peers: { id: string; relay: string | null }[];
}

/** `ms`: from dialling to the direct path; `echoed`: datagrams of twenty; `left`: direct paths that carried nothing. */
export type PairLine = { event: 'pair'; online: boolean; connected: boolean } & (
  | { direct: true; family: 4 | 6; ms: number; echoed: number; left: number }
  | { direct: false; left?: number }
);

export interface AddressDiscoveryOptions {
  /** `ip:port` */
  relay: string;
  /** That its certificate is for. */
  name: string;
  caFile: string;
  runs?: number;
  timeoutMs?: number;
}

export type AddressDiscoveryLine = { event: 'address-discovery'; run: number; ms: number } & (
  | { ok: true; rttMs: number; observed: string; localPort: number }
  | { ok: false; error: string }
);

export interface DelayWireOptions {
  /** `NETNS/DEV`, or `NETNS/DEV:ADDR,…` */
  a: string;
  b: string;
  /** One way. */
  ms: number;
  jitterMs?: number;
  lossPercent?: number;
  seed?: number;
  /** Instead of when stdin closes; for a process without one. */
  untilKilled?: boolean;
}

export type DelayWireLine =
  | { event: 'ready'; role: 'delay-wire' }
  | {
      event: 'done';
      carried: number;
      lost: number;
      overflowed: number;
      refused: number;
      lateMsMean: number;
      lateMsMax: number;
    };

export function netReportArguments(o: NetReportOptions): string[] {
  return ['net-report', ...relayArguments(o)];
}

export function netDiagnosticsArguments(o: NetDiagnosticsOptions): string[] {
  return ['net-diagnostics', ...relayArguments(o), ...argument('repeat', o.repeat)];
}

export function pairAcceptArguments(o: PairOptions & { tries: number }): string[] {
  return ['pair-accept', ...relayArguments(o), ...argument('tries', o.tries)];
}

/** @param o.peer - left out: only whether it is online is told */
export function pairDialArguments(o: PairOptions & { peer?: { id: string; relay: string } }): string[] {
  const peer = o.peer === undefined ? [] : ['--peer', o.peer.id, '--peer-relay', o.peer.relay];
  return ['pair-dial', ...relayArguments(o), ...peer];
}

export function addressDiscoveryArguments(o: AddressDiscoveryOptions): string[] {
  const needed = ['--relay-addr', o.relay, '--name', o.name, '--ca', o.caFile];
  return ['address-discovery', ...needed, ...argument('runs', o.runs), ...argument('timeout', o.timeoutMs)];
}

export function delayWireArguments(o: DelayWireOptions): string[] {
  return [
    ...['delay-wire', '--a', o.a, '--b', o.b, '--ms', String(o.ms)],
    ...argument('jitter', o.jitterMs),
    ...argument('loss', o.lossPercent),
    ...argument('seed', o.seed),
    ...(o.untilKilled === true ? ['--no-stdin'] : []),
  ];
}

/** The lines of a role that ended. @throws Error with the peer's words when it failed */
export function measurementsOf<L extends { event: string }>(stdout: string): L[] {
  const lines = stdout.split('\n').filter((text) => text !== '');
  return lines.map((text) => {
    const line = JSON.parse(text) as Line;
    if (line.event === 'fatal') throw new Error(`the peer failed: ${String(line.error)}`);
    return line as unknown as L;
  });
}

function relayArguments({ relays, caFile, portmap = true, timeoutMs }: NetReportOptions): string[] {
  const each = relays.flatMap(({ url, quicPort = 7842 }) => [
    ...['--relay', url, '--quic-port', String(quicPort ?? 0)],
  ]);
  const timeout = argument('timeout', timeoutMs);
  return [...each, '--ca', caFile, ...(portmap ? [] : ['--no-portmap']), ...timeout];
}

function argument(name: string, value: number | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, String(value)];
}
