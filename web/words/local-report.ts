/** What to say about a local report. Pure: no DOM, no clock. */
import type { LocalReport } from '../../lib/index.js';
import { durationText, hostOf } from './format.js';
import { probeName } from './probes.js';
import type { Fact, Level, Reason, RelayRow, Tone, VerdictView } from './view.js';

type Verdict = LocalReport['verdict'];
/** A report that was kept may be older than what has been added to its version since. */
type KeptVerdict = Omit<Verdict, 'peer'> & Partial<Pick<Verdict, 'peer'>>;
/** A conclusion with its reason. */
type Judged = Pick<Reason, 'reason'> & { value: string; evidence?: readonly string[] };
/** Value and tone by a conclusion's value; all others are unknown. */
type Words = Readonly<Record<string, readonly [value: string, tone: Tone]>>;

/** Each colour's name, and what it means for a connection. */
const HEADLINES: Readonly<Record<Level, string>> = {
  green: 'Green: direct',
  orange: 'Orange: perhaps relayed',
  red: 'Red: relayed',
  grey: 'Unknown',
};
const MAPPINGS: Words = {
  none: ['No NAT', 'good'],
  'endpoint-independent': ['Endpoint-Independent', 'good'],
  'endpoint-dependent': ['Endpoint-Dependent', 'warn'],
};
const FILTERINGS: Words = {
  'endpoint-independent': ['Endpoint-Independent', 'good'],
  'address-dependent': ['Address-Dependent', 'plain'],
  'address-and-port-dependent': ['Address- and Port-Dependent', 'plain'],
};
const SECOND_NATS: Words = { certain: ['Yes', 'warn'], likely: ['Likely', 'warn'], none: ['None', 'good'] };
const NAT_TYPES: Words = {
  'No NAT': ['No NAT', 'good'],
  'Endpoint-Independent': ['Endpoint-Independent', 'good'],
  'Endpoint-Dependent': ['Endpoint-Dependent', 'warn'],
};
const PROTOCOLS = [
  ['upnp', 'UPnP'],
  ['pcp', 'PCP'],
  ['natPmp', 'NAT-PMP'],
] as const;

/** Where the endpoint is reached. */
export interface EndpointView {
  facts: Fact[];
  addresses: string[];
  paths: { remoteAddr: string; kind: string; level: Level }[];
}

/** A local report in words. */
export interface LocalReportView extends VerdictView {
  /** 'in 2.1 s', and how the run ended if not by itself. */
  took: string;
  ipv4: Fact[];
  ipv6: Fact[];
  network: Fact[];
  relays: RelayRow[];
  endpoint: EndpointView | null;
  notes: readonly string[];
}

/** The report in words. */
export function viewLocalReport(report: LocalReport): LocalReportView {
  const { verdict, endpoint } = report;
  return {
    ...viewSummary(report),
    took: `in ${durationText(report.durationMs)}${endingText(report)}`,
    ipv4: familyFacts(verdict.ipv4, 'IPv4'),
    ipv6: familyFacts(verdict.ipv6, 'IPv6'),
    network: [natType(verdict), ...networkFacts(verdict)],
    relays: verdict.relays.map((relay) => relayRow(relay, verdict.preferredRelay)),
    endpoint: endpoint === null ? null : endpointView(endpoint),
    notes: report.notes,
  };
}

/** The colour and the sentence alone. */
export function viewSummary({ summary, verdict }: Pick<LocalReport, 'summary' | 'verdict'>): VerdictView {
  const { colour, sentence, nextSteps } = summary;
  return { level: colour, headline: headlineOf(colour, verdict), sentence, nextSteps };
}

function headlineOf(colour: Level, { natType: type, relayUsable, peer }: KeptVerdict): string {
  if (colour === 'orange' && peer?.value === 'no') return 'Orange: relayed';
  if (colour === 'orange' && type.value === 'Endpoint-Dependent') return 'Orange: often relayed';
  if (colour === 'red' && relayUsable.value === 'no') return 'Red: no relay';
  return HEADLINES[colour];
}

function endingText({ endedBy, deadlineMs }: LocalReport): string {
  switch (endedBy) {
    case 'deadline':
      return `, cut off at the deadline of ${durationText(deadlineMs)}`;
    case 'no-route':
      return ', ended early: there is no route to anywhere';
    case 'aborted':
      return ', cancelled before its end';
    default:
      return '';
  }
}

/** A line; hint and reasons may be left out. */
function fact(label: string, value: string, tone: Tone, hint = '', reasons: readonly Reason[] = []): Fact {
  return { label, value, tone, hint, reasons };
}

/** A line from a conclusion. */
function judgedFact(label: string, judged: Judged, words: Words, hint = ''): Fact {
  const [value, tone] = words[judged.value] ?? ['Unknown', 'unknown'];
  return fact(label, value, tone, hint, [reasonOf(label, judged)]);
}

function reasonOf(label: string, { reason, evidence = [] }: Omit<Judged, 'value'>): Reason {
  return {
    label,
    reason: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
    evidence: evidence.map(evidenceText),
  };
}

/** 'Address discovery IPv4 relay.example' */
function evidenceText(ref: string): string {
  const [probe = ref, ...rest] = ref.split(' ');
  return [probeName(probe), ...rest.map(hostOf)].join(' ');
}

function familyFacts(
  { routed, udp, publicAddress, mapping, filtering }: Verdict['ipv4'],
  name: string,
): Fact[] {
  if (routed.value === 'no') {
    return [fact('Route', 'None', 'plain', `This machine has no ${name}.`, [reasonOf('Route', routed)])];
  }
  const { value: address } = publicAddress;
  return [
    judgedFact('UDP', udp, { yes: ['Works', 'good'], no: ['Blocked', 'bad'] }),
    fact('Public address', address ?? 'Unknown', address === null ? 'unknown' : 'plain mono', '', [
      reasonOf('Public address', publicAddress),
    ]),
    judgedFact('NAT mapping', mapping, MAPPINGS),
    judgedFact('NAT filtering', filtering, FILTERINGS),
  ];
}

function natType({ natType: type }: Verdict): Fact {
  const family = type.family === null ? '' : `That of IPv${type.family}.`;
  return judgedFact('NAT type', type, NAT_TYPES, family);
}

/** Only where a peer was tried. */
function peerFacts({ peer }: KeptVerdict): Fact[] {
  if (peer === undefined || peer.evidence.length === 0) return [];
  const over = peer.family === null ? '' : `Over IPv${peer.family}.`;
  return [judgedFact('Peer', peer, { yes: ['Direct', 'good'], no: ['Relayed', 'warn'] }, over)];
}

function networkFacts(verdict: KeptVerdict): Fact[] {
  const { relayUsable, otherPorts, captivePortal, tlsIntercepted, portMapping, upstreamNat } = verdict;
  const portal =
    captivePortal.value === 'yes' ? 'The network wants a login before it lets traffic through.' : '';
  const tls = tlsIntercepted.value === 'yes' ? 'iroh will not connect to the relays.' : '';
  return [
    ...peerFacts(verdict),
    judgedFact('A relay to use', relayUsable, { yes: ['Yes', 'good'], no: ['None', 'bad'] }),
    judgedFact('Other UDP ports', otherPorts, { yes: ['Pass', 'good'], no: ['Blocked', 'warn'] }),
    portMappingFact(portMapping),
    judgedFact('Second NAT', upstreamNat, SECOND_NATS),
    judgedFact('Captive portal', captivePortal, { yes: ['Yes', 'bad'], no: ['None', 'good'] }, portal),
    judgedFact(
      'TLS to the relays',
      tlsIntercepted,
      { yes: ['Intercepted', 'bad'], no: ['Intact', 'good'] },
      tls,
    ),
  ];
}

function portMappingFact(portMapping: Verdict['portMapping']): Fact {
  const label = 'Port mapping';
  const named = (value: string) =>
    PROTOCOLS.filter(([key]) => portMapping[key].value === value).map(([, name]) => name);
  const reasons = PROTOCOLS.map(([key, name]) => reasonOf(name, portMapping[key]));
  const offered = named('yes');
  if (offered.length > 0) return fact(label, offered.join(', '), 'good', '', reasons);
  const refused = named('no');
  if (refused.length > 0)
    return fact(label, 'Not offered', 'plain', `Refused: ${refused.join(', ')}.`, reasons);
  return fact(label, 'Unknown', 'unknown', '', reasons);
}

function relayRow(
  { url, ipv4Ms, ipv6Ms, httpsMs }: Verdict['relays'][number],
  preferred: string | null,
): RelayRow {
  return { url, host: hostOf(url), isPreferred: url === preferred, ipv4Ms, ipv6Ms, httpsMs };
}

function endpointView({
  endpointId,
  homeRelay,
  directAddrs,
  paths,
}: NonNullable<LocalReport['endpoint']>): EndpointView {
  return {
    facts: [
      fact('Id', endpointId, 'plain mono'),
      fact('Home relay', homeRelay ?? 'None', homeRelay === null ? 'unknown' : 'plain mono'),
    ],
    addresses: directAddrs.map(({ family, ip, port }) => `${family === 6 ? `[${ip}]` : ip}:${port}`),
    paths: paths.map(({ remoteAddr, isRelay }) => ({
      remoteAddr,
      kind: isRelay ? 'Relayed' : 'Direct',
      level: isRelay ? 'orange' : 'green',
    })),
  };
}
