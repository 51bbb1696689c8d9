import {
  addressIn,
  type DiagnosticsReport,
  type FamilyNat,
  formatSocketAddr,
  type NatType,
  natOf,
  type ReportFacts,
  type ReportLevel,
  reportFacts,
  type Sighting,
} from 'iroh-net-diagnostics/services';

type NetReport = NonNullable<DiagnosticsReport['netReport']>;

/** Good, bad, worth a look, or not measured; plain words, or an address. */
export type Tone = 'good' | 'bad' | 'warn' | 'unknown' | 'plain' | 'plain mono';

/** One line of a report. */
export interface ReportFact {
  label: string;
  value: string;
  tone: Tone;
  /** What it means; may be empty. */
  hint: string;
}

/** What one relay measured. Milliseconds; `null`: no sample. */
export interface RelayRow {
  url: string;
  host: string;
  isPreferred: boolean;
  ipv4Ms: number | null;
  ipv6Ms: number | null;
  httpsMs: number | null;
}

/** A wire report in words, ready to be shown. */
export interface ReportView {
  level: ReportLevel;
  headline: string;
  sentence: string;
  ipv4: ReportFact[];
  ipv6: ReportFact[];
  network: ReportFact[];
  relays: RelayRow[];
  directAddrs: string[];
  versions: ReportFact[];
}

/** The report in words. @param sighting - what the platform itself saw when it came */
export function viewReport(report: DiagnosticsReport, sighting: Sighting | null): ReportView {
  const { netReport } = report;
  const familyOf = (family: 4 | 6) =>
    netReport === null ? [] : familyFacts(report, netReport, family, sighting);
  return {
    ...verdict(reportFacts(report, sighting), sighting),
    ipv4: familyOf(4),
    ipv6: familyOf(6),
    network: [...seenFromHere(sighting), ...captivePortal(netReport), portMapping(report)],
    relays: relayRows(netReport),
    directAddrs: report.directAddrs.map(formatSocketAddr),
    versions: [plain('iroh', report.irohVersion), plain('iroh-services', report.irohServicesVersion)],
  };
}

/** The colour and the sentence alone, for a list. */
export function verdict(
  facts: ReportFacts,
  sighting: Sighting | null,
): Pick<ReportView, 'level' | 'headline' | 'sentence'> {
  const { level, natType, udpV4, udpV6 } = facts;
  if (level === 'red') return { level, ...redWords(sighting) };
  if (level === 'grey' && udpV4 === null && udpV6 === null) return { level, ...NOT_MEASURED };
  if (level === 'grey') return { level, ...(udpV4 || udpV6 ? NOT_IN_USE : NOT_CONFIRMED) };
  if (level === 'orange' && isRelayedHere(sighting)) return { level, ...RELAYED_HERE };
  if (level === 'orange' && natType === 'Endpoint-Independent') return { level, ...UNTOLD };
  if (level === 'green' && natType === 'Endpoint-Dependent')
    return { level, headline: natType, sentence: DIRECT_BY_IPV6 };
  const alsoV6 = udpV4 && udpV6 ? ' Peers that have IPv6 can use that as well.' : '';
  return { level, headline: NAT_HEADLINES[natType], sentence: natSentence(facts, sighting) + alsoV6 };
}

function redWords(sighting: Sighting | null) {
  if (sighting?.path === 'relay') return BLOCKED;
  return sighting?.relayPath === false ? NO_RELAY : UNUSABLE;
}

const NOT_MEASURED = {
  headline: 'Not measured',
  sentence: 'No relay answered, or none is configured: there is nothing to judge the network by.',
};

const NOT_CONFIRMED = {
  headline: 'UDP not confirmed',
  sentence:
    'Relays answered, but the report holds no answer over UDP: it is blocked, or was not measured. If it is blocked, connections go through a relay.',
};

const BLOCKED = {
  headline: 'UDP seems blocked',
  sentence:
    'Relays answer over HTTPS and nothing over UDP, and this platform, to which others connect directly, is reached through a relay only: connections are relayed.',
};

const NO_RELAY = {
  headline: 'No relay can be used',
  sentence:
    'UDP works, and this platform is reached directly, but no path leads through a relay, as it does for others, and none was seen that the app could use: peers do not find it.',
};

const UNUSABLE = {
  headline: NO_RELAY.headline,
  sentence:
    'Relays answer, but the app says, by its own probes, that iroh cannot use the one that it picks: peers do not find it.',
};

const NOT_IN_USE = {
  headline: 'No relay in use',
  sentence:
    'UDP works, but no relay is known that the app could use, or it picks one that it cannot use: without one peers do not find it.',
};

const RELAYED_HERE = {
  headline: 'Reached through a relay',
  sentence:
    'UDP passes to the relays, but this platform, to which others connect directly, is reached through a relay only: connections may be relayed.',
};

const UNTOLD = {
  headline: 'Public address not known',
  sentence:
    'UDP works and the public address is the same towards every peer, but the app does not know it, so its peers do not learn it: relays told none, since they ship with address discovery switched off, or another one. Connections may be relayed.',
};

const DIRECT_BY_IPV6 =
  'The public IPv4 address differs from peer to peer, but IPv6 is open: direct connections should work with peers that have IPv6.';

const NAT_HEADLINES: Record<NatType, string> = {
  'Endpoint-Independent': 'Endpoint-Independent',
  'Endpoint-Dependent': 'Endpoint-Dependent',
  Unknown: 'NAT type unknown',
};

function natSentence({ natType, natTypeBy }: FamilyNat, sighting: Sighting | null): string {
  switch (natType) {
    case 'Endpoint-Independent':
      return natTypeBy === 'report'
        ? 'UDP works and the public address is the same towards every peer: direct connections should work.'
        : 'UDP works, and this platform sees the app at the public address that it knows: direct connections should work.';
    case 'Endpoint-Dependent':
      return natTypeBy === 'report'
        ? 'UDP works, but the public address differs from peer to peer: connections are often relayed.'
        : 'UDP works, but its relay and this platform see different ports of its public address: connections are often relayed.';
    case 'Unknown':
      if (sighting?.path === 'direct')
        return 'UDP works, and this platform is reached directly, but the NAT type is not known: that takes a relay with address discovery, which relays ship without, at another address than this platform.';
      return 'UDP works, but one vantage point cannot tell the NAT type: a second relay at another address can.';
  }
}

function isRelayedHere(sighting: Sighting | null): boolean {
  return sighting?.path === 'relay' && sighting.othersAreDirect;
}

function familyFacts(
  report: DiagnosticsReport,
  netReport: NetReport,
  family: 4 | 6,
  sighting: Sighting | null,
): ReportFact[] {
  const { natType, natTypeBy } = natOf(report, family, sighting);
  const tones = { 'Endpoint-Independent': 'good', 'Endpoint-Dependent': 'warn', Unknown: 'unknown' } as const;
  const global = family === 4 ? netReport.globalV4 : netReport.globalV6;
  const hint = natTypeBy === 'platform' ? NAT_HINTS_HERE[natType] : NAT_HINTS[natType];
  return [
    udp(family === 4 ? netReport.udpV4 : netReport.udpV6, family, sighting),
    { label: 'NAT mapping', value: natType, tone: tones[natType], hint },
    {
      label: 'Public address',
      value: global === null ? 'Unknown' : formatSocketAddr(global),
      tone: global === null ? 'unknown' : 'plain mono',
      hint: '',
    },
  ];
}

function udp(isSeen: boolean, family: 4 | 6, sighting: Sighting | null): ReportFact {
  const label = 'UDP';
  if (isSeen) return { label, value: 'Works', tone: 'good', hint: '' };
  if (sighting !== null && addressIn(sighting)?.family === family)
    return { label, value: 'Works', tone: 'good', hint: 'To this platform; no relay answered over UDP.' };
  const hint = 'Blocked, or not measured: the report cannot tell these apart.';
  return { label, value: 'Not seen', tone: 'unknown', hint };
}

const NAT_HINTS: Record<NatType, string> = {
  'Endpoint-Independent': 'The same towards every peer, or no NAT at all.',
  'Endpoint-Dependent': 'Another one towards each peer.',
  Unknown: '',
};

const NAT_HINTS_HERE: Record<NatType, string> = {
  'Endpoint-Independent': 'This platform sees the address that the app knows.',
  'Endpoint-Dependent': 'Another port towards this platform than towards its relay.',
  Unknown: '',
};

/** What the platform itself saw when the report came. */
function seenFromHere(sighting: Sighting | null): ReportFact[] {
  const label = 'Seen from here';
  if (sighting === null) return [];
  if (sighting.path === 'relay') {
    const hint = sighting.othersAreDirect
      ? 'Others connect to this platform directly.'
      : 'Whether others connect to this platform directly is not known.';
    return [{ label, value: 'Through a relay', tone: sighting.othersAreDirect ? 'warn' : 'plain', hint }];
  }
  const also = sighting.relayPath === false ? ' No path led through a relay, as it does for others.' : '';
  const hint = `The address of the direct path between the app and this platform when the report came.${also}`;
  return [{ label, value: `${sighting.address ?? 'Unknown'}, directly`, tone: 'plain', hint }];
}

function captivePortal(netReport: NetReport | null): ReportFact[] {
  const label = 'Captive portal';
  switch (netReport?.captivePortal ?? null) {
    case null:
      return [{ label, value: 'Unknown', tone: 'unknown', hint: '' }];
    case true:
      return [
        {
          label,
          value: 'Yes',
          tone: 'bad',
          hint: 'The network wants a login before it lets traffic through.',
        },
      ];
    default:
      return [{ label, value: 'None', tone: 'good', hint: '' }];
  }
}

function portMapping({ portmapProbe }: DiagnosticsReport): ReportFact {
  const label = 'Port mapping';
  if (portmapProbe === null) return { label, value: 'Unknown', tone: 'unknown', hint: '' };
  const { upnp, pcp, natPmp } = portmapProbe;
  const found = [upnp ? 'UPnP' : '', pcp ? 'PCP' : '', natPmp ? 'NAT-PMP' : ''].filter((name) => name !== '');
  return found.length > 0
    ? { label, value: found.join(', '), tone: 'good', hint: '' }
    : { label, value: 'None reported', tone: 'plain', hint: 'None there, or not measured.' };
}

function relayRows(netReport: NetReport | null): RelayRow[] {
  if (netReport === null) return [];
  const { relayLatency, preferredRelay } = netReport;
  const rows = new Map<string, RelayRow>();
  const row = (url: string): RelayRow => {
    const known = rows.get(url) ?? {
      url,
      host: hostOf(url),
      isPreferred: url === preferredRelay,
      ipv4Ms: null,
      ipv6Ms: null,
      httpsMs: null,
    };
    rows.set(url, known);
    return known;
  };
  for (const { relayUrl, latencyMs } of relayLatency.ipv4) row(relayUrl).ipv4Ms = latencyMs;
  for (const { relayUrl, latencyMs } of relayLatency.ipv6) row(relayUrl).ipv6Ms = latencyMs;
  for (const { relayUrl, latencyMs } of relayLatency.https) row(relayUrl).httpsMs = latencyMs;
  if (preferredRelay !== null) row(preferredRelay);
  return [...rows.values()].sort((a, b) => bestOf(a) - bestOf(b));
}

function bestOf({ ipv4Ms, ipv6Ms, httpsMs }: RelayRow): number {
  return Math.min(...[ipv4Ms, ipv6Ms, httpsMs].map((ms) => ms ?? Number.POSITIVE_INFINITY));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host.replace(/\.(?=:|$)/, '') : url;
}

function plain(label: string, value: string): ReportFact {
  return {
    label,
    value: value === '' ? 'Unknown' : value,
    tone: value === '' ? 'unknown' : 'plain',
    hint: '',
  };
}
