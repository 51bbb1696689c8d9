import {
  type DiagnosticsReport,
  formatSocketAddr,
  type NatType,
  natType,
  type ReportFacts,
  type ReportLevel,
  reportFacts,
} from 'iroh-net-diagnostics/services';

type NetReport = NonNullable<DiagnosticsReport['netReport']>;
type SocketAddr = DiagnosticsReport['directAddrs'][number];

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

/** The report in words. */
export function viewReport(report: DiagnosticsReport): ReportView {
  const { netReport } = report;
  return {
    ...verdict(reportFacts(report)),
    ipv4:
      netReport === null
        ? []
        : family(netReport.udpV4, netReport.mappingVariesByDestIpv4, netReport.globalV4),
    ipv6:
      netReport === null
        ? []
        : family(netReport.udpV6, netReport.mappingVariesByDestIpv6, netReport.globalV6),
    network: [...captivePortal(netReport), portMapping(report)],
    relays: relayRows(netReport),
    directAddrs: report.directAddrs.map(formatSocketAddr),
    versions: [plain('iroh', report.irohVersion), plain('iroh-services', report.irohServicesVersion)],
  };
}

/** The colour and the sentence alone, for a list. */
export function verdict(facts: ReportFacts): Pick<ReportView, 'level' | 'headline' | 'sentence'> {
  const { level, natType, udpV4, udpV6 } = facts;
  if (udpV4 === null && udpV6 === null) {
    return {
      level,
      headline: 'Not measured',
      sentence: 'No relay answered, or none is configured: there is nothing to judge the network by.',
    };
  }
  if (!udpV4 && !udpV6) {
    return {
      level,
      headline: 'UDP not confirmed',
      sentence:
        'Relays answered, but the report holds no answer over UDP: it is blocked, or was not measured. If it is blocked, connections go through a relay.',
    };
  }
  const alsoV6 = udpV4 && udpV6 ? ' Peers that have IPv6 can use that as well.' : '';
  return { level, headline: NAT_HEADLINES[natType], sentence: NAT_SENTENCES[natType] + alsoV6 };
}

const NAT_HEADLINES: Record<NatType, string> = {
  'Endpoint-Independent': 'Endpoint-Independent',
  'Endpoint-Dependent': 'Endpoint-Dependent',
  Unknown: 'NAT type unknown',
};

const NAT_SENTENCES: Record<NatType, string> = {
  'Endpoint-Independent':
    'UDP works and the public address is the same towards every peer: direct connections should work.',
  'Endpoint-Dependent':
    'UDP works, but the public address differs from peer to peer: connections are often relayed.',
  Unknown:
    'UDP works, but one vantage point cannot tell the NAT type: a second relay at another address can.',
};

function family(udp: boolean, mappingVaries: boolean | null, global: SocketAddr | null): ReportFact[] {
  const nat = natType(mappingVaries);
  const tones = { 'Endpoint-Independent': 'good', 'Endpoint-Dependent': 'warn', Unknown: 'unknown' } as const;
  return [
    {
      label: 'UDP',
      value: udp ? 'Works' : 'Not seen',
      tone: udp ? 'good' : 'unknown',
      hint: udp ? '' : 'Blocked, or not measured: the report cannot tell these apart.',
    },
    { label: 'NAT mapping', value: nat, tone: tones[nat], hint: NAT_HINTS[nat] },
    {
      label: 'Public address',
      value: global === null ? 'Unknown' : formatSocketAddr(global),
      tone: global === null ? 'unknown' : 'plain mono',
      hint: '',
    },
  ];
}

const NAT_HINTS: Record<NatType, string> = {
  'Endpoint-Independent': 'The same towards every peer, or no NAT at all.',
  'Endpoint-Dependent': 'Another one towards each peer.',
  Unknown: '',
};

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
