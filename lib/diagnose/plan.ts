import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { type Clock, monotonicMs, systemClock } from '../async/index.js';
import {
  type GatewayFinder,
  type GatewayPorts,
  HTTP_PORT,
  hostsFile,
  hostsPath,
  type LookupHost,
  type MachineRoots,
  type PeerToTry,
  PORT_MAPPING_PORT,
  PROBE_NAMES,
  type ProbeName,
  proxyFor,
  SSDP_PORT,
  systemGateways,
  systemLookup,
  systemRoots,
} from '../probes/index.js';
import {
  type AskedRelay,
  type EndpointSnapshot,
  type LocalReport,
  MAX_SNAPSHOT_ITEMS,
  type ReportSettings,
} from '../report/index.js';
import {
  anObject,
  callback,
  endpointId,
  fewPeers,
  group,
  type Kind,
  listOf,
  MAX_PEERS,
  milliseconds,
  objectWith,
  option,
  port,
  type Row,
  readOptions,
  readTable,
  relays,
  stunServers,
  type Values,
} from '../settings/index.js';
import { printable } from '../text.js';
import {
  DEFAULT_RELAY_QUIC_PORT,
  InvalidValue,
  type IsPublicAddress,
  isPublicAddress,
  normaliseRelayUrl,
  relayFromUrl,
  type StunServer,
} from '../wire/index.js';
import {
  type DiagnoseEnvironment,
  type DiagnoseOptions,
  measuringEndsMs,
  type ProbeEvent,
  usualDeadlineMs,
} from './options.js';
import { probeNames } from './probe-kind.js';

/** {@link DiagnoseOptions} after validation. */
export interface DiagnosePlan extends Omit<ReportSettings, 'stunServers'> {
  stun: readonly StunServer[];
  probes: readonly ProbeName[];
  deadline: number;
  /** When everything but peers ends, in milliseconds. */
  measuringEndsMs: number;
  peers: readonly PeerToTry[];
  endpoint: EndpointSnapshot | null;
  ca: readonly string[];
  isPublicAddress: IsPublicAddress;
  environment: DiagnoseEnvironment;
  notes: readonly string[];
}

const MAX_DEADLINE_MS = 10 * 60_000;

const ENVIRONMENT = {
  clock: option(objectWith<Clock>('a Clock', 'now'), systemClock),
  monotonic: option(callback<() => number>(), monotonicMs),
  lookup: option(callback<LookupHost>(), null),
  gateways: option(callback<GatewayFinder>(), null),
  gatewayPorts: option(anObject<GatewayPorts>(), { portMapping: PORT_MAPPING_PORT, ssdp: SSDP_PORT }),
  bundledRoots: option(anObject<readonly string[]>(), rootCertificates),
  machineRoots: option(callback<MachineRoots>(), null),
  env: option(anObject<NodeJS.ProcessEnv>(), null),
  portalPort: option(port(), HTTP_PORT),
} satisfies Rows<DiagnoseEnvironment>;

const OPTIONS = {
  relays: option(relays(), []),
  answeredBefore: option(relayUrls(), []),
  stun: option(stunServers(), []),
  peers: option(peersToTry(), []),
  probes: option(probeNames(), PROBE_NAMES),
  deadline: option(milliseconds(1, MAX_DEADLINE_MS), null),
  endpoint: option(endpointSnapshot(), null),
  signal: option(objectWith<AbortSignal>('an AbortSignal', 'addEventListener', 'throwIfAborted'), null),
  onProbe: option(callback<(event: ProbeEvent) => void>(), null),
  onWireFinal: option(callback<(report: LocalReport) => void>(), null),
  ca: option(certificates(), []),
  isPublicAddress: option(callback<IsPublicAddress>(), isPublicAddress),
  environment: option(group('an object of replacements', ENVIRONMENT), readTable(ENVIRONMENT, {})),
} satisfies Rows<DiagnoseOptions>;

type Rows<T> = { [Name in keyof Required<T>]: Row<unknown, unknown> };

/** The caller's callbacks, and the signal that ends the run. */
export type Listening = Pick<Values<typeof OPTIONS>, 'signal' | 'onProbe' | 'onWireFinal'>;

/** @throws SettingError (`ERR_SETTING`) that names the option */
export function planOf(options: DiagnoseOptions): { plan: DiagnosePlan; listening: Listening } {
  const {
    relays: listed,
    answeredBefore,
    endpoint,
    ca,
    signal,
    onProbe,
    onWireFinal,
    ...given
  } = readOptions('diagnose()', OPTIONS, options);
  const home = endpoint?.homeRelay ?? null;
  const fromHome = listed.length === 0 && home !== null;
  const answered = new Set(answeredBefore);
  const asked = fromHome ? [{ url: home, quicPort: undefined }] : listed;
  const relays = asked.map(({ url, quicPort }) => ({
    url,
    quicPort: quicPort === undefined ? DEFAULT_RELAY_QUIC_PORT : quicPort,
    isQuicPortKnown: quicPort !== undefined || answered.has(url),
  }));
  const environment = environmentOf(given.environment);
  const deadline = given.deadline ?? usualDeadlineMs(given.peers.length);
  const peers = given.peers.filter(({ id }) => id !== endpoint?.endpointId);
  const plan = {
    ...given,
    deadline,
    peers,
    measuringEndsMs: measuringEndsMs(deadline, given.peers.length),
    relays,
    relaysFrom: fromHome
      ? ('home-relay' as const)
      : relays.length > 0
        ? ('settings' as const)
        : ('none' as const),
    endpoint,
    ca,
    environment,
    notes: [
      ...notesOf(relays, fromHome, ca, environment.env),
      ...ownIdNote(given.peers.length - peers.length),
    ],
  };
  return { plan, listening: { signal, onProbe, onWireFinal } };
}

function peersToTry(): Kind<readonly PeerToTry[]> {
  const id = endpointId();
  const peer = objectWith<PeerToTry>('a PeerToTry', 'connect');
  const check = (value: unknown) => {
    const given = peer.fromValue(value);
    return { id: id.fromValue(given.id), connect: given.connect.bind(given) };
  };
  const { should, fromValue } = listOf(
    `a list of at most ${MAX_PEERS} peers: { id, connect }`,
    { fromText: check, fromValue: check },
    fewPeers,
  );
  return { should, fromValue };
}

function relayUrls(): Kind<readonly string[]> {
  const url = (value: unknown) => {
    if (typeof value !== 'string') throw new InvalidValue('no text');
    return relayFromUrl(value).url;
  };
  return listOf('a list of relay URLs', { fromText: url, fromValue: url });
}

function certificates(): Kind<readonly string[]> {
  const certificate = (pem: unknown) => {
    try {
      new X509Certificate(pem as string);
    } catch (cause) {
      throw new InvalidValue('no certificate in PEM form', { cause });
    }
    return pem as string;
  };
  return listOf('a list of certificates in PEM form', { fromText: certificate, fromValue: certificate });
}

function endpointSnapshot(): Kind<EndpointSnapshot> {
  const snapshot = anObject<EndpointSnapshot>();
  return {
    should: 'an endpoint as it is: { endpointId, directAddrs, homeRelay, paths }',
    fromValue: (value) => {
      const given = snapshot.fromValue(value);
      if (!Array.isArray(given.directAddrs) || !Array.isArray(given.paths)) throw new InvalidValue();
      return boundedSnapshot(given);
    },
  };
}

/** A copy of the caller's snapshot: limited in size, and without unprintable text that a peer could have chosen. */
function boundedSnapshot(snapshot: EndpointSnapshot): EndpointSnapshot {
  const { endpointId, directAddrs, homeRelay, paths } = snapshot;
  return {
    endpointId,
    directAddrs: directAddrs
      .slice(0, MAX_SNAPSHOT_ITEMS)
      .map(({ family, ip, port }) => ({ family, ip, port })),
    homeRelay: homeRelay === null ? null : homeRelayOf(homeRelay),
    paths: paths.slice(0, MAX_SNAPSHOT_ITEMS).map(({ remoteAddr, isRelay, received }) => ({
      ...{ remoteAddr: printable(remoteAddr), isRelay },
      ...(received !== undefined && { received }),
    })),
  };
}

/**
 * The home relay's URL in its normal form; `null` for a text that is no relay URL.
 * @throws {@link InvalidValue} for a URL with a user or password: a report names its relays, and people pass reports on
 */
function homeRelayOf(text: string): string | null {
  return normaliseRelayUrl(text) === null ? null : relayFromUrl(text).url;
}

/** A fleet may have one list of peers for all of its machines. */
function ownIdNote(leftOut: number): string[] {
  return leftOut > 0 ? ['One of the peers is this endpoint itself, and was not tried.'] : [];
}

function environmentOf(given: Values<typeof ENVIRONMENT>): DiagnoseEnvironment {
  const env = given.env ?? process.env;
  return {
    ...given,
    lookup: given.lookup ?? systemLookup({ hostsFile: hostsFile(hostsPath(process.platform, env)) }),
    gateways: given.gateways ?? systemGateways(),
    machineRoots: given.machineRoots ?? systemRoots(env),
    env,
  };
}

function notesOf(
  relays: readonly AskedRelay[],
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
