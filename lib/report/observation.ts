/**
 * What probes see, in parts that any probe may fill. The verdict reads the parts and never asks which probe
 * filled them, so that a new probe needs no change here unless it sees something of a new kind.
 * All of it is plain JSON.
 */
/** An address family. */
export type Family = 4 | 6;

/** The kernel's answer to "how would a datagram to this address leave?". Nothing is sent. */
export interface RouteSeen {
  family: Family;
  /** IP address. */
  destination: string;
  /** The source address the kernel picks; null when it refused. */
  sourceIp: string | null;
  /** The kernel's error code when it refused, e.g. `ENETUNREACH`. */
  refusal?: string;
  /** Next hop's IP address; null: none, or none of this family: the link itself, a tunnel. Absent: unknown. */
  gateway?: string | null;
  /** Interface the route leaves by. Absent: unknown. */
  interface?: string;
  /** Whether that interface is a tunnel (it has no link-layer address). Absent: unknown. */
  tunnel?: boolean;
  /** The destination stands for the Internet: nobody asks it anything. Absent: somebody who is asked. */
  isReference?: boolean;
}

/** A name for whose routes no address was found. How datagrams to it would leave is unknown. */
export interface UnresolvedSeen {
  host: string;
  code: string;
  /**
   * Whether it may have an address all the same: there was a name server to ask, and none said that it has no
   * address.
   */
  mayHaveAddress: boolean;
}

/** Kinds of latency, as the wire report keeps them: UDP over IPv4, UDP over IPv6, HTTPS. */
export type LatencyKind = 'ipv4' | 'ipv6' | 'https';

/** How long a relay took to answer. */
export interface LatencySeen {
  relayUrl: string;
  kind: LatencyKind;
  ms: number;
}

/** Our own address as a server outside saw it, through one UDP socket. */
export interface AddressSeen {
  family: Family;
  /** Source address that the kernel picked, with the socket's port: `ip:port`. */
  local: string;
  /** IP address of that server. */
  destinationIp: string;
  /** Its UDP port. Some NATs treat well-known ports in another way. */
  destinationPort: number;
  /** The protocol. iroh's direct paths are QUIC, and a network that lets STUN pass may block QUIC. */
  by: 'quic' | 'stun';
  /** `ip:port` as seen from there. */
  observed: string;
  /** The answer when the same destination was asked again from the same socket. Absent: not asked again. */
  again?: string;
}

/** A relay that did not answer over UDP although it had time to. */
export interface SilenceSeen {
  family: Family;
  relayUrl: string;
  /**
   * Whether it is known to discover addresses: the settings say so, or it did before. Relays ship with that switched
   * off.
   */
  isKnown: boolean;
}

/**
 * How far a QUIC connection to one address of a relay came. `answered`: packets came back, but no handshake;
 * `established`: the handshake was complete, and no more was tried; `sustained`: full-size datagrams of ours were
 * acknowledged over a few hundred milliseconds, as a direct path needs it; `stalled`: they were not.
 */
export type QuicReached = 'answered' | 'established' | 'sustained' | 'stalled';

/** What one address of a relay proved about QUIC. */
export interface QuicSeen {
  family: Family;
  relayUrl: string;
  destinationIp: string;
  destinationPort: number;
  reached: QuicReached;
  /** Full-size datagrams of ours in 1-RTT packets, and how many of them were acknowledged. */
  sent: number;
  acknowledged: number;
  /** Those that were not, although a later one was. What was still on its way at the end is not among them. */
  lost: number;
  /** Milliseconds between the first of them and the last that was acknowledged; 0 without any. */
  spanMs: number;
  /** Why it went no further, e.g. `QAD_CERT_EXPIRED`. */
  code?: string;
}

/**
 * How far iroh itself would get with a relay: where it failed, or `ready`. `name`: its name has no address;
 * `connect`: TCP; `tls`: the certificate, with the roots that iroh trusts; `upgrade`: the WebSocket's HTTP request;
 * `ready`: it can be used.
 */
export type RelayStage = 'name' | 'connect' | 'tls' | 'upgrade' | 'ready';

/** Whether iroh could use a relay. It needs one to find its peers and to open direct paths to them. */
export interface RelayAccessSeen {
  relayUrl: string;
  /** `ready`, or where it ended. */
  stage: RelayStage;
  /** Why it ended there: a code of the system, of OpenSSL or of ours. */
  code?: string;
}

/** The home relay of the endpoint, which is connected to it, so it can be used. */
export interface HomeRelaySeen {
  relayUrl: string;
}

/** What the name servers say about one family of a relay's name. `silent`: nothing; `none`: no address; `failed`: an error. */
export interface NameSeen {
  host: string;
  family: Family;
  result: 'found' | 'none' | 'silent' | 'failed';
  /** Addresses that were found; also those that lead nowhere (0.0.0.0, a loopback address). */
  ips: readonly string[];
  /** Of `silent` and `failed`. */
  code?: string;
}

/** This machine refused to send a datagram to a relay although it has a route: a firewall on it. */
export interface RefusalSeen {
  family: Family;
  relayUrl: string;
  /** The kernel's error code. */
  code: string;
}

/**
 * What came back from a captive-portal check:
 * `right` the relay's own answer; `own-https` a redirect to HTTPS on the same host; `client-error` a 4xx status;
 * `wrong` anything else.
 */
export type PortalAnswer = 'right' | 'own-https' | 'client-error' | 'wrong';

/** What a captive-portal check brought. */
export interface PortalSeen {
  relayUrl: string;
  answer: PortalAnswer;
  status: number;
}

/** A certificate that this machine's own roots trust and the bundled ones do not. */
export interface InterceptionSeen {
  relayUrl: string;
  /** The signer, as the certificate names it. */
  issuer: string;
}

/** A live path of the endpoint to a peer. */
export interface PathSeen {
  /** `ip:port`, or a relay's URL. */
  remoteAddr: string;
  isRelay: boolean;
  /** Datagrams that came by it. Absent: not known. */
  received?: number;
}

/**
 * How far a connection to a peer came. `direct`: a direct path came up and kept carrying data; `relayed`: none did in the
 * time it was watched, though the peer could be reached through a relay; `unreached`: it could not be reached; `cut`: the
 * report ended before that was known.
 */
export type PeerReached = 'direct' | 'relayed' | 'unreached' | 'cut';

/** What a connection of a real endpoint to a peer showed: iroh itself opens, or fails to open, a direct path. */
export interface PeerSeen {
  /** The peer's endpoint id. */
  peer: string;
  reached: PeerReached;
  /** Of the direct path. */
  family?: Family;
  /** The peer's end of the direct path, `ip:port`. */
  remoteAddr?: string;
  /** Milliseconds from dialling to the direct path. */
  directMs?: number;
  /** Milliseconds for which the connection was watched. */
  watchedMs: number;
  /** Messages that came back over the direct path. */
  echoed?: number;
  /**
   * Whether the peer's address answers who it never wrote to. `false` is what an ordinary home router or firewall makes of
   * it: then the direct path was opened from both sides. Absent: not tried, or not known.
   */
  letsInStrangers?: boolean;
  /** Whether the peer's own report is green, and by its IPv4: then whoever has IPv4 should reach it. Absent: it did not say. */
  isPeerWell?: boolean;
}

/** Port-mapping protocols of home gateways. */
export type PortMappingProtocol = 'upnp' | 'pcp' | 'natPmp';

/** A gateway's answer about a port-mapping protocol. */
export interface PortMappingSeen {
  protocol: PortMappingProtocol;
  available: boolean;
  /** The gateway's IP address. */
  gateway: string;
  /** The address that the gateway says it has towards the Internet. */
  externalIp?: string;
  /** Why it is not available, e.g. `NOT_AUTHORIZED`. */
  refusal?: string;
}

/**
 * What a STUN server did. `error`: it answered with an error, or without the address it saw; `cut`: the report
 * ended first; `refused`: this machine did not send the request; `unresolved`: its name has no answer.
 */
export interface StunAnswerSeen {
  /** `host:port` as in the settings. */
  server: string;
  family: Family;
  /** The address that was asked. Absent: unresolved. */
  ip?: string;
  result: 'answered' | 'error' | 'silent' | 'cut' | 'refused' | 'unresolved';
  /** From the first request to the answer. */
  ms?: number;
  /** Of `error`, `refused` and `unresolved`. */
  code?: string;
  /** The address that stood in clear in the answer, where it is not the one that was seen: something rewrote it. */
  rewrittenTo?: string;
}

/**
 * What came of the request to answer from elsewhere. `arrived`: that answer came in; `silent`: none did; `refused`:
 * the server cannot, or this machine did not ask; `ignored`: the answer came from the same place; `cut`: the report
 * ended first.
 */
export type ChangedAnswer = 'arrived' | 'silent' | 'refused' | 'ignored' | 'cut';

/** Which datagrams came in from addresses that a socket had never written to. */
export interface FilteringSeen {
  family: Family;
  /** Source address that the kernel picked, with the socket's port: `ip:port`. */
  local: string;
  /** `ip:port` of the server: the only address that this socket has written to. */
  server: string;
  /** `ip:port` that the server says it can answer from. */
  other: string;
  /** From another IP address and another port. */
  fromOtherIp: ChangedAnswer;
  /** From the same IP address and another port. */
  fromOtherPort: ChangedAnswer;
  /** Whether the server, asked plainly after a silence, answered at once: without that, datagrams were lost. */
  isSteady: boolean;
}

/** How long a relay took to answer through a proxy. No verdict uses it, since iroh uses no proxy. */
export interface ViaProxySeen {
  relayUrl: string;
  /** `host:port`, without credentials. */
  proxy: string;
  ms: number;
}

/** Everything one run of a probe saw. */
export interface Observation {
  routes?: readonly RouteSeen[];
  unresolved?: readonly UnresolvedSeen[];
  latencies?: readonly LatencySeen[];
  addresses?: readonly AddressSeen[];
  silences?: readonly SilenceSeen[];
  refusals?: readonly RefusalSeen[];
  quic?: readonly QuicSeen[];
  access?: readonly RelayAccessSeen[];
  homeRelays?: readonly HomeRelaySeen[];
  names?: readonly NameSeen[];
  portals?: readonly PortalSeen[];
  interceptions?: readonly InterceptionSeen[];
  paths?: readonly PathSeen[];
  peers?: readonly PeerSeen[];
  portMappings?: readonly PortMappingSeen[];
  stun?: readonly StunAnswerSeen[];
  filterings?: readonly FilteringSeen[];
  viaProxy?: readonly ViaProxySeen[];
  /** More for the reader, e.g. the IP address that answered; never judged. */
  details?: Readonly<Record<string, string | number | boolean>>;
}
