import { type DiagnosticsReport, formatSocketAddr } from 'iroh-net-diagnostics/services';

type NetReport = NonNullable<DiagnosticsReport['netReport']>;
type SocketAddr = DiagnosticsReport['directAddrs'][number];

/**
 * The colour of a report: green = direct connections should work, orange = perhaps relayed, grey = unknown. No red:
 * a wire report writes "not measured" and "blocked" alike.
 */
export type ReportLevel = 'green' | 'orange' | 'grey';

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

/** The NAT type as far as a wire report tells, in the words of iroh services. */
export type NatWord = 'Endpoint-Independent' | 'Endpoint-Dependent' | 'Unknown';

/**
 * What the wire report says about a family's NAT. Whether there is no NAT at all cannot be told from it: iroh always
 * puts the public address among the direct ones.
 */
export function natWord(mappingVaries: boolean | null): NatWord {
  if (mappingVaries === null) return 'Unknown';
  return mappingVaries ? 'Endpoint-Dependent' : 'Endpoint-Independent';
}

/** The report in words. */
export function viewReport(report: DiagnosticsReport): ReportView {
  const { netReport } = report;
  return {
    ...verdict(netReport),
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

/** The part of a report that decides its verdict. */
type VerdictFacts = Pick<
  NetReport,
  'udpV4' | 'udpV6' | 'mappingVariesByDestIpv4' | 'mappingVariesByDestIpv6'
>;

/** The colour and the sentence alone, for a list. */
export function verdict(netReport: VerdictFacts | null): Pick<ReportView, 'level' | 'headline' | 'sentence'> {
  if (netReport === null) {
    return {
      level: 'grey',
      headline: 'Not measured',
      sentence: 'No relay answered, or none is configured: there is nothing to judge the network by.',
    };
  }
  if (!netReport.udpV4 && !netReport.udpV6) {
    // Grey, not red: the wire says false for "not measured" too.
    return {
      level: 'grey',
      headline: 'UDP not confirmed',
      sentence:
        'Relays answered, but the report holds no answer over UDP: it is blocked, or was not measured. If it is blocked, connections go through a relay.',
    };
  }
  const v4 = natWord(netReport.mappingVariesByDestIpv4);
  const name = v4 === 'Unknown' ? natWord(netReport.mappingVariesByDestIpv6) : v4;
  const alsoV6 = netReport.udpV4 && netReport.udpV6 ? ' Peers that have IPv6 can use that as well.' : '';
  return { ...NAT_VERDICTS[name], sentence: NAT_VERDICTS[name].sentence + alsoV6 };
}

const NAT_VERDICTS: Record<NatWord, { level: ReportLevel; headline: string; sentence: string }> = {
  'Endpoint-Independent': {
    level: 'green',
    headline: 'Endpoint-Independent',
    sentence:
      'UDP works and the public address is the same towards every peer: direct connections should work.',
  },
  'Endpoint-Dependent': {
    level: 'orange',
    headline: 'Endpoint-Dependent',
    sentence: 'UDP works, but the public address differs from peer to peer: connections are often relayed.',
  },
  Unknown: {
    level: 'orange',
    headline: 'NAT type unknown',
    sentence:
      'UDP works, but one vantage point cannot tell the NAT type: a second relay at another address can.',
  },
};

function family(udp: boolean, mappingVaries: boolean | null, global: SocketAddr | null): ReportFact[] {
  const nat = natWord(mappingVaries);
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

const NAT_HINTS: Record<NatWord, string> = {
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
