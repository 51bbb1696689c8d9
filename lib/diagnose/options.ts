import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { type Clock, monotonicMs, systemClock } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import {
  DEFAULT_QUIC_PORT,
  type GatewayFinder,
  type GatewayPorts,
  HTTP_PORT,
  hostsFile,
  hostsPath,
  type LookupHost,
  MAX_STUN_SERVERS,
  type MachineRoots,
  PORT_MAPPING_PORT,
  PROBE_NAMES,
  type ProbeName,
  parseStunServer,
  proxyFor,
  SSDP_PORT,
  type StunServer,
  systemGateways,
  systemLookup,
  systemRoots,
} from '../probes/index.js';
import {
  type EndpointSnapshot,
  type IsPublicAddress,
  isPublicAddress,
  type LocalReport,
  MAX_SNAPSHOT_ITEMS,
  type ProbeRecord,
  type RelayTarget,
  type ReportSettings,
  type ResolvedRelayTarget,
  type Summary,
} from '../report/index.js';
import { printable } from '../text.js';
import { normaliseRelayUrl } from '../wire/index.js';

/** Default of {@link DiagnoseOptions.deadlineMs}. */
export const DEFAULT_DEADLINE_MS = 3000;

const MAX_DEADLINE_MS = 10 * 60_000;

/** Relays of one report: all are asked at the same time. iroh's networks have a handful. */
const MAX_RELAYS = 64;

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
  /** Relays to ask. Default: the endpoint's home relay alone, and the report says so. */
  relays?: readonly RelayTarget[] | undefined;
  /**
   * URLs of relays that answered QUIC address discovery in an earlier report: a silence of theirs is evidence now,
   * though nobody said their `quicPort`. Default: none.
   */
  answeredBefore?: readonly string[] | undefined;
  /**
   * STUN servers to ask as well: `host`, `host:port` or `stun:host:port`, at most 8. Two at different IP addresses
   * tell the mapping; one that can answer from another address tells the filtering. Default: none.
   */
  stunServers?: readonly string[] | undefined;
  /** Default: all. */
  probes?: readonly ProbeName[] | undefined;
  /** Milliseconds after which the report is made from what is there. Default: 3000. */
  deadlineMs?: number | undefined;
  /** The endpoint as it is now. Default: none; such a report cannot become a wire report. */
  endpoint?: EndpointSnapshot | undefined;
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
  ca?: readonly string[] | undefined;
  /** Which addresses count as the public Internet. Default: IANA's registries. */
  isPublicAddress?: IsPublicAddress | undefined;
  environment?: Partial<DiagnoseEnvironment> | undefined;
}

/** {@link DiagnoseOptions} after validation. */
export interface DiagnosePlan extends Omit<ReportSettings, 'stunServers'> {
  stunServers: readonly StunServer[];
  probes: readonly ProbeName[];
  deadlineMs: number;
  endpoint: EndpointSnapshot | null;
  ca: readonly string[];
  isPublicAddress: IsPublicAddress;
  environment: DiagnoseEnvironment;
  notes: readonly string[];
}

/** @throws `ERR_SETTING` naming the option */
export function parseDiagnoseOptions(options: DiagnoseOptions): DiagnosePlan {
  const endpoint = options.endpoint === undefined ? null : boundedSnapshot(options.endpoint);
  const answered = parseAnswered(options.answeredBefore ?? []);
  const listed = parseRelays(options.relays ?? [], answered);
  const home = endpoint?.homeRelay ?? null;
  const fromHome = listed.length === 0 && home !== null;
  const relays = fromHome ? parseRelays([{ url: home }], answered) : listed;
  const ca = parseCa(options.ca ?? []);
  const environment = environmentOf(options.environment ?? {});
  return {
    relays,
    relaysFrom: fromHome ? 'home-relay' : relays.length > 0 ? 'settings' : 'none',
    stunServers: parseStunServers(options.stunServers ?? []),
    probes: parseProbes(options.probes),
    deadlineMs: parseDeadline(options.deadlineMs ?? DEFAULT_DEADLINE_MS),
    endpoint,
    ca,
    isPublicAddress: options.isPublicAddress ?? isPublicAddress,
    environment,
    notes: notesOf(relays, fromHome, ca, environment.env),
  };
}

function parseAnswered(urls: readonly string[]): ReadonlySet<string> {
  return new Set(
    urls.map((url) => {
      const href = normaliseRelayUrl(String(url));
      if (href === null)
        throw setting('answeredBefore', `http or https URLs, not '${printable(String(url))}'`);
      return href;
    }),
  );
}

function parseRelays(targets: readonly RelayTarget[], answered: ReadonlySet<string>): ResolvedRelayTarget[] {
  if (targets.length > MAX_RELAYS) throw setting('relays', `at most ${MAX_RELAYS} relays`);
  const byUrl = new Map<string, ResolvedRelayTarget>();
  for (const { url, quicPort: said } of targets) {
    const quicPort = said === undefined ? DEFAULT_QUIC_PORT : said;
    const href = normaliseRelayUrl(url);
    if (href === null) throw setting('relays', `an http or https URL, not '${printable(String(url))}'`);
    const { username, password } = new URL(href);
    // The report names its relays, and reports are passed around.
    if (username !== '' || password !== '') throw setting('relays', 'a URL without a user name or password');
    if (quicPort !== null && !(Number.isInteger(quicPort) && quicPort >= 1 && quicPort <= 65_535)) {
      throw setting('relays', `a quicPort from 1 to 65535 or null, not ${quicPort}`);
    }
    byUrl.set(href, { url: href, quicPort, isQuicPortKnown: said !== undefined || answered.has(href) });
  }
  return [...byUrl.values()];
}

function parseStunServers(texts: readonly string[]): StunServer[] {
  if (texts.length > MAX_STUN_SERVERS) throw setting('stunServers', `at most ${MAX_STUN_SERVERS} servers`);
  const byLabel = new Map<string, StunServer>();
  for (const text of texts) {
    const server = parseStunServer(String(text));
    if (server === null) throw setting('stunServers', `host[:port], not '${printable(String(text))}'`);
    byLabel.set(server.label, server);
  }
  return [...byLabel.values()];
}

function parseProbes(names: readonly ProbeName[] = PROBE_NAMES): readonly ProbeName[] {
  for (const name of names) {
    if (!PROBE_NAMES.includes(name)) {
      throw setting('probes', `some of ${PROBE_NAMES.join(', ')}, not '${printable(String(name))}'`);
    }
  }
  return [...new Set(names)];
}

function parseDeadline(ms: number): number {
  if (typeof ms === 'number' && ms >= 1 && ms <= MAX_DEADLINE_MS) return ms;
  throw setting('deadlineMs', `a number of milliseconds from 1 to ${MAX_DEADLINE_MS}, not ${ms}`);
}

function parseCa(pems: readonly string[]): readonly string[] {
  for (const pem of pems) {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      throw setting('ca', 'certificates in PEM form', { cause });
    }
  }
  return [...pems];
}

/** The caller's snapshot, detached from it, bounded, and free of text that a peer could have chosen. */
function boundedSnapshot(snapshot: EndpointSnapshot): EndpointSnapshot {
  const { endpointId, directAddrs, homeRelay, paths } = snapshot;
  return {
    endpointId,
    directAddrs: directAddrs
      .slice(0, MAX_SNAPSHOT_ITEMS)
      .map(({ family, ip, port }) => ({ family, ip, port })),
    homeRelay: homeRelay === null ? null : normaliseRelayUrl(homeRelay),
    paths: paths
      .slice(0, MAX_SNAPSHOT_ITEMS)
      .map(({ remoteAddr, isRelay }) => ({ remoteAddr: printable(remoteAddr), isRelay })),
  };
}

function environmentOf(given: Partial<DiagnoseEnvironment>): DiagnoseEnvironment {
  const env = given.env ?? process.env;
  return {
    clock: systemClock,
    monotonic: monotonicMs,
    lookup: systemLookup({ hostsFile: hostsFile(hostsPath(process.platform, env)) }),
    gateways: systemGateways(),
    gatewayPorts: { portMapping: PORT_MAPPING_PORT, ssdp: SSDP_PORT },
    bundledRoots: rootCertificates,
    machineRoots: systemRoots(env),
    portalPort: HTTP_PORT,
    ...given,
    env,
  };
}

function notesOf(
  relays: readonly ResolvedRelayTarget[],
  fromHome: boolean,
  ca: readonly string[],
  env: NodeJS.ProcessEnv,
): string[] {
  const notes: string[] = [];
  if (fromHome) notes.push("No relays were listed: only the endpoint's home relay was asked.");
  if (ca.length > 0) {
    notes.push(
      'The probes trusted the certificates of the ca option; the endpoint itself does not trust them.',
    );
  }
  if (relays.some(({ url }) => url.startsWith('http:'))) {
    notes.push('A relay is asked over plain HTTP: nothing proves that it is the relay that answers.');
  }
  if (relays.some(({ url }) => proxyFor(new URL(url), env) !== null)) {
    notes.push('The environment names a proxy. iroh does not use it: what went through it was not judged.');
  }
  return notes;
}

function setting(option: string, shouldBe: string, options?: ErrorOptions): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_SETTING', `diagnose(): ${option} should be ${shouldBe}`, options);
}
