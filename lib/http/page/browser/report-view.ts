/** `report-view.js`: what to say about a local report. Pure: no DOM, no clock. */
export const REPORT_VIEW_JS = /* js */ `
import { durationText } from './format.js';
import { probeName } from './probes-view.js';

/** Each colour by its name, and what it means for a connection. */
const HEADLINES = {
  green: 'Green: direct',
  orange: 'Orange: perhaps relayed',
  red: 'Red: relayed',
  grey: 'Unknown',
};
const MAPPINGS = {
  none: ['No NAT', 'good'],
  'endpoint-independent': ['Endpoint-Independent', 'good'],
  'endpoint-dependent': ['Endpoint-Dependent', 'warn'],
};
const FILTERINGS = {
  'endpoint-independent': ['Endpoint-Independent', 'good'],
  'address-dependent': ['Address-Dependent', 'plain'],
  'address-and-port-dependent': ['Address- and Port-Dependent', 'plain'],
};
const SECOND_NATS = { certain: ['Yes', 'warn'], likely: ['Likely', 'warn'], none: ['None', 'good'] };
const NAT_TYPES = {
  'No NAT': ['No NAT', 'good'],
  'Endpoint-Independent': ['Endpoint-Independent', 'good'],
  'Endpoint-Dependent': ['Endpoint-Dependent', 'warn'],
};
/** @type {['upnp' | 'pcp' | 'natPmp', string][]} */
const PROTOCOLS = [
  ['upnp', 'UPnP'],
  ['pcp', 'PCP'],
  ['natPmp', 'NAT-PMP'],
];

/**
 * The report in words.
 * @param {LocalReport} report
 */
export function viewLocalReport(report) {
  const { verdict, endpoint } = report;
  return {
    ...viewSummary(report),
    took: 'in ' + durationText(report.durationMs) + endingText(report),
    ipv4: familyFacts(verdict.ipv4, 'IPv4'),
    ipv6: familyFacts(verdict.ipv6, 'IPv6'),
    network: [natType(verdict), ...networkFacts(verdict)],
    relays: verdict.relays.map((relay) => relayRow(relay, verdict.preferredRelay)),
    endpoint: endpoint === null ? null : endpointView(endpoint),
    notes: [...report.notes],
  };
}

/**
 * The colour and the sentence alone.
 * @param {Pick<LocalReport, 'summary' | 'verdict'>} report
 */
export function viewSummary({ summary, verdict }) {
  const { colour, sentence, nextSteps } = summary;
  return { level: colour, headline: headlineOf(colour, verdict), sentence, nextSteps: [...nextSteps] };
}

/**
 * @param {LocalReport['summary']['colour']} colour
 * @param {LocalReport['verdict']} verdict
 */
function headlineOf(colour, { natType: type, relayUsable }) {
  if (colour === 'orange' && type.value === 'Endpoint-Dependent') return 'Orange: often relayed';
  if (colour === 'red' && relayUsable.value === 'no') return 'Red: no relay';
  return HEADLINES[colour] ?? HEADLINES.grey;
}

/** @param {LocalReport} report */
function endingText({ endedBy, deadlineMs }) {
  switch (endedBy) {
    case 'deadline':
      return ', cut off at the deadline of ' + durationText(deadlineMs);
    case 'no-route':
      return ', ended early: there is no route to anywhere';
    case 'aborted':
      return ', cancelled before its end';
    default:
      return '';
  }
}

/** A line without more to say. */
function fact(label, value, tone, hint = '', reasons = /** @type {ReturnType<typeof reasonOf>[]} */ ([])) {
  return { label, value, tone, hint, reasons };
}

/** A line from a conclusion. Words: value and tone by the conclusion's value; all others are unknown. */
function judgedFact(label, judged, words, hint = '') {
  const [value, tone] = words[judged.value] ?? ['Unknown', 'unknown'];
  return fact(label, value, tone, hint, [reasonOf(label, judged)]);
}

/**
 * @param {string} label
 * @param {{ reason: string, evidence?: readonly string[] }} judged
 */
function reasonOf(label, { reason, evidence = [] }) {
  return { label, reason: reason.charAt(0).toUpperCase() + reason.slice(1) + '.', evidence: evidence.map(evidenceText) };
}

/** 'Address discovery IPv4 relay.example' */
function evidenceText(ref) {
  const [probe = ref, ...rest] = ref.split(' ');
  return [probeName(probe), ...rest.map(hostOf)].join(' ');
}

/**
 * @param {LocalReport['verdict']['ipv4']} family
 * @param {string} name
 */
function familyFacts({ routed, udp, publicAddress, mapping, filtering }, name) {
  if (routed.value === 'no') {
    return [fact('Route', 'None', 'plain', 'This machine has no ' + name + '.', [reasonOf('Route', routed)])];
  }
  const { value: address } = publicAddress;
  return [
    judgedFact('UDP', udp, { yes: ['Works', 'good'], no: ['Blocked', 'bad'] }),
    fact(
      'Public address',
      address ?? 'Unknown',
      address === null ? 'unknown' : 'plain mono',
      '',
      [reasonOf('Public address', publicAddress)],
    ),
    judgedFact('NAT mapping', mapping, MAPPINGS),
    judgedFact('NAT filtering', filtering, FILTERINGS),
  ];
}

/** @param {LocalReport['verdict']} verdict */
function natType({ natType: type }) {
  const family = type.family === null ? '' : 'That of IPv' + type.family + '.';
  return judgedFact('NAT type', type, NAT_TYPES, family);
}

/** @param {LocalReport['verdict']} verdict */
function networkFacts({ relayUsable, otherPorts, captivePortal, tlsIntercepted, portMapping, upstreamNat }) {
  const portal = captivePortal.value === 'yes' ? 'The network wants a login before it lets traffic through.' : '';
  const tls = tlsIntercepted.value === 'yes' ? 'iroh will not connect to the relays.' : '';
  return [
    judgedFact('A relay to use', relayUsable, { yes: ['Yes', 'good'], no: ['None', 'bad'] }),
    judgedFact('Other UDP ports', otherPorts, { yes: ['Pass', 'good'], no: ['Blocked', 'warn'] }),
    portMappingFact(portMapping),
    judgedFact('Second NAT', upstreamNat, SECOND_NATS),
    judgedFact('Captive portal', captivePortal, { yes: ['Yes', 'bad'], no: ['None', 'good'] }, portal),
    judgedFact('TLS to the relays', tlsIntercepted, { yes: ['Intercepted', 'bad'], no: ['Intact', 'good'] }, tls),
  ];
}

/** @param {LocalReport['verdict']['portMapping']} portMapping */
function portMappingFact(portMapping) {
  const label = 'Port mapping';
  const named = (value) => PROTOCOLS.filter(([key]) => portMapping[key].value === value).map(([, name]) => name);
  const reasons = PROTOCOLS.map(([key, name]) => reasonOf(name, portMapping[key]));
  const offered = named('yes');
  if (offered.length > 0) return fact(label, offered.join(', '), 'good', '', reasons);
  const refused = named('no');
  if (refused.length > 0) return fact(label, 'Not offered', 'plain', 'Refused: ' + refused.join(', ') + '.', reasons);
  return fact(label, 'Unknown', 'unknown', '', reasons);
}

/**
 * @param {LocalReport['verdict']['relays'][number]} relay
 * @param {string | null} preferred
 */
function relayRow({ url, ipv4Ms, ipv6Ms, httpsMs }, preferred) {
  return { url, host: hostOf(url), isPreferred: url === preferred, ipv4Ms, ipv6Ms, httpsMs };
}

function hostOf(url) {
  return URL.canParse(url) ? new URL(url).host.replace(/\\.(?=:|$)/, '') : url;
}

/** @param {NonNullable<LocalReport['endpoint']>} endpoint */
function endpointView({ endpointId, homeRelay, directAddrs, paths }) {
  return {
    facts: [
      fact('Id', endpointId, 'plain mono'),
      fact('Home relay', homeRelay ?? 'None', homeRelay === null ? 'unknown' : 'plain mono'),
    ],
    addresses: directAddrs.map(({ family, ip, port }) => (family === 6 ? '[' + ip + ']' : ip) + ':' + port),
    paths: paths.map(({ remoteAddr, isRelay }) => ({
      remoteAddr,
      kind: isRelay ? 'Relayed' : 'Direct',
      level: isRelay ? 'orange' : 'green',
    })),
  };
}
`;
