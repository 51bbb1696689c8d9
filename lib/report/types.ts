import type { SocketAddr } from '../wire/index.js';
import type { Family, Observation } from './observation.js';

/** How a run of a probe ended. `unsupported`: this machine cannot run it. `skipped`: nothing to ask. */
export type Outcome = 'ok' | 'failed' | 'timeout' | 'skipped' | 'unsupported' | 'aborted';

/** Why a run of a probe is not `ok`. */
export interface ProbeError {
  /** A system or OpenSSL code (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), or one of ours (`HTTP_STATUS`). */
  code: string;
  message: string;
}

/** One run of one probe. */
export interface ProbeRecord {
  /** Unique within the report; verdicts name their evidence by it. */
  ref: string;
  /** Name of the probe. */
  probe: string;
  /** What was asked, e.g. a relay's URL. */
  target?: string;
  family?: Family;
  outcome: Outcome;
  /** Milliseconds after the report's start. */
  startedMs: number;
  durationMs: number;
  error?: ProbeError;
  observation?: Observation;
}

/** A conclusion with its reason and the runs it rests on. `unknown` is a value, not a synonym of no. */
export interface Judged<T extends string> {
  value: T | 'unknown';
  /** One plain clause. */
  reason: string;
  /** {@link ProbeRecord.ref}s. */
  evidence: readonly string[];
}

/** Yes, no, or unknown. */
export type Fact = Judged<'yes' | 'no'>;

/** Whether the kernel has a way out. `listed-only`: to the relays and servers that were asked, and to nobody else. */
export type Routed = Judged<'yes' | 'listed-only' | 'no'>;

/** How a NAT maps one local port (RFC 4787, section 4.1), or that there is none. */
export type Mapping = Judged<'none' | 'endpoint-independent' | 'endpoint-dependent'>;

/** Whose datagrams a NAT or firewall lets in (RFC 4787, section 5). */
export type Filtering = Judged<'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent'>;

/** Whether another NAT stands between the gateway and the Internet. */
export type UpstreamNat = Judged<'certain' | 'likely' | 'none'>;

/** The public address of this machine in one family. */
export interface PublicAddress {
  /** `ip:port` of the probe's socket as seen from outside; null: unknown. */
  value: string | null;
  reason: string;
  evidence: readonly string[];
}

/** What was concluded about one address family. */
export interface FamilyVerdict {
  /** Whether the kernel would send datagrams anywhere. */
  routed: Routed;
  /** Whether UDP passes as iroh needs it: QUIC, in full-size datagrams, for a while. */
  udp: Fact;
  /** Whether more full-size datagrams are lost on the way than chance explains: connections then get direct late, or never. */
  lossy: Fact;
  publicAddress: PublicAddress;
  mapping: Mapping;
  filtering: Filtering;
}

/** The smallest latency of each kind in milliseconds; null: not measured. */
export interface RelayVerdict {
  url: string;
  ipv4Ms: number | null;
  ipv6Ms: number | null;
  httpsMs: number | null;
  /** Whether it gave any answer that only the relay itself can give. */
  answered: boolean;
  /** Whether iroh can use it: HTTPS with the roots that iroh trusts, up to the WebSocket. */
  usable: Fact;
}

/** What keeps iroh from the relays. */
export type RelayProblemKind =
  | 'too-many-files'
  | 'names-lead-nowhere'
  | 'name-server-silent'
  | 'name-server-failed'
  | 'names-unknown'
  | 'proxy-only'
  | 'picked-unusable'
  | 'certificate-untrusted'
  | 'certificate-expired'
  | 'certificate-early'
  | 'certificate-wrong-name'
  | 'tls-broken'
  | 'tls-hangs'
  | 'upgrade-refused'
  | 'tcp-refused'
  | 'tcp-silent'
  | 'no-route';

/** Why no relay can be used. */
export interface RelayProblem {
  kind: RelayProblemKind;
  /** One plain clause. */
  reason: string;
  /** {@link ProbeRecord.ref}s. */
  evidence: readonly string[];
}

/** The words of iroh services. */
export type NatTypeName = 'No NAT' | 'Endpoint-Independent' | 'Endpoint-Dependent' | 'Unknown';

/** The one-word NAT type: IPv4's when its mapping is known, otherwise IPv6's. */
export interface NatType {
  value: NatTypeName;
  /** The family it speaks of; null when neither is known. */
  family: Family | null;
  reason: string;
}

/** Whether iroh itself opens direct paths, as a peer that was tried shows it. */
export interface PeerVerdict extends Fact {
  /** Of the direct path; null: none. */
  family: Family | null;
}

/** All conclusions. */
export interface Verdict {
  ipv4: FamilyVerdict;
  ipv6: FamilyVerdict;
  relays: readonly RelayVerdict[];
  /** URL of the relay with the lowest latency of any kind. */
  preferredRelay: string | null;
  /** Whether iroh has a relay that it can use: without one peers do not find it, and no hole is punched. */
  relayUsable: Fact;
  /** Why it has none, where a cause can be named. */
  relayProblem: RelayProblem | null;
  /** Whether iroh learns from the relays at which address it is seen: behind a NAT it cannot be reached without. */
  learnsAddress: Fact;
  /** Whether UDP passes to other ports than those of the relays: peers listen on any. */
  otherPorts: Fact;
  captivePortal: Fact;
  /** Whether something between here and the relays opens TLS; iroh will then not connect to them. */
  tlsIntercepted: Fact;
  portMapping: {
    upnp: Fact;
    pcp: Fact;
    natPmp: Fact;
    /** Whether a port that the gateway maps on request can be reached from the Internet. */
    reachable: Fact;
  };
  /** A second NAT before the Internet (double NAT, a carrier's NAT); IPv4. */
  upstreamNat: UpstreamNat;
  natType: NatType;
  /**
   * Whether a direct path came up to a peer that was tried: yes, if it had to be opened from both sides; no, if connections
   * stayed relayed though a peer's own network is well.
   */
  peer: PeerVerdict;
}

/**
 * green: direct connections should work; orange: often relayed; red: relayed, or, without a relay that iroh can use, none
 * at all; grey: cannot tell.
 */
export type Colour = 'green' | 'orange' | 'red' | 'grey';

/** The verdict for a reader in a hurry. */
export interface Summary {
  colour: Colour;
  sentence: string;
  nextSteps: readonly string[];
}

/** A relay that was asked. */
export interface AskedRelay {
  url: string;
  quicPort: number | null;
  /** Whether the port was said, or told by an answer before; false: it is iroh's default, and may be switched off. */
  isQuicPortKnown: boolean;
}

/** What was asked for. */
export interface ReportSettings {
  relays: readonly AskedRelay[];
  /** `home-relay`: no relays were listed, so only the endpoint's home relay was asked. */
  relaysFrom: 'settings' | 'home-relay' | 'none';
  /** STUN servers, `host:port`. */
  stunServers: readonly string[];
  /** Names of the probes that were allowed to run. */
  probes: readonly string[];
}

/** How a run ended: all probes done, at its deadline, by its AbortSignal, or at once for want of any route. */
export type EndedBy = 'finished' | 'deadline' | 'aborted' | 'no-route';

/** One run's local report: everything that was observed and concluded, as plain JSON. */
export interface LocalReport {
  version: 1;
  generator: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  durationMs: number;
  deadlineMs: number;
  endedBy: EndedBy;
  settings: ReportSettings;
  /** Null: the report was made without an endpoint. */
  endpoint: EndpointSnapshot | null;
  /** What a reader must know about how the report came about. */
  notes: readonly string[];
  probes: readonly ProbeRecord[];
  verdict: Verdict;
  summary: Summary;
}

/** One live network path to a peer. */
export interface PathSnapshot {
  /** `ip:port` of the peer, or the URL of the relay between. */
  remoteAddr: string;
  isRelay: boolean;
  /** Datagrams that came by it. Absent: not known, and then it is taken to carry data. */
  received?: number;
}

/** What an iroh endpoint knows about itself, copied at one moment: plain data, no handles. */
export interface EndpointSnapshot {
  /** Its id; a pseudonym in a redacted report. */
  endpointId: string;
  /** Addresses it believes peers can dial. None of them proves that UDP works. */
  directAddrs: readonly SocketAddr[];
  /** URL of its home relay; null while it has none. */
  homeRelay: string | null;
  /** Paths of the connections that are open now. */
  paths: readonly PathSnapshot[];
}
