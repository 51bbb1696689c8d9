import { formatSocketAddr } from '../wire/index.js';
import type { Colour, Fact, FamilyVerdict, LocalReport, ProbeRecord, RelayVerdict } from './types.js';

/** How {@link renderText} writes. */
export interface TextOptions {
  /** Paint the headline with terminal escape codes. Default: false. */
  colour?: boolean | undefined;
}

const PAINT: Readonly<Record<Colour, string>> = {
  green: '\x1b[32m',
  orange: '\x1b[33m',
  red: '\x1b[31m',
  grey: '\x1b[90m',
};
const PLAIN = '\x1b[0m';

/** The report for a terminal, one fact a line, ending with a line break. */
export function renderText(local: LocalReport, options: TextOptions = {}): string {
  const { verdict, summary } = local;
  const headline = `${summary.colour.toUpperCase()}: ${summary.sentence}`;
  const lines = [
    options.colour === true ? `${PAINT[summary.colour]}${headline}${PLAIN}` : headline,
    ...summary.nextSteps.map((step) => `  -> ${step}`),
    '',
    row('NAT type', `${verdict.natType.value} (${verdict.natType.reason})`),
    ...familyRows('IPv4', verdict.ipv4),
    ...familyRows('IPv6', verdict.ipv6),
    row('Relay to use', factText(verdict.relayUsable)),
    row('Other UDP ports', factText(verdict.otherPorts)),
    row('Captive portal', factText(verdict.captivePortal)),
    row('TLS intercepted', factText(verdict.tlsIntercepted)),
    row('UPnP', factText(verdict.portMapping.upnp)),
    row('PCP', factText(verdict.portMapping.pcp)),
    row('NAT-PMP', factText(verdict.portMapping.natPmp)),
    row('Mapped ports', factText(verdict.portMapping.reachable)),
    row('Upstream NAT', factText(verdict.upstreamNat)),
    ...peerRows(verdict),
    '',
    ...relayRows(verdict.relays, verdict.preferredRelay),
    ...endpointRows(local),
    'Probes',
    ...local.probes.map(probeRow),
    ...local.notes.map((note) => `Note: ${note}`),
    '',
    `Started ${local.startedAt}, took ${round(local.durationMs)} ms of ${local.deadlineMs} ms (${local.endedBy}).`,
  ];
  return `${lines.join('\n')}\n`;
}

function row(name: string, value: string): string {
  return `${name.padEnd(16)} ${value}`;
}

function factText(fact: Pick<Fact, 'reason'> & { value: string }): string {
  return `${fact.value} (${fact.reason})`;
}

/** A report that was kept may be older than what has been added to its version since. */
type KeptFamilyVerdict = Omit<FamilyVerdict, 'lossy'> & Partial<Pick<FamilyVerdict, 'lossy'>>;

function familyRows(name: string, family: KeptFamilyVerdict): string[] {
  const { publicAddress: address, lossy } = family;
  return [
    row(`${name} UDP`, factText(family.udp)),
    ...(lossy?.value === 'yes' ? [row(`${name} loss`, factText(lossy))] : []),
    row(`${name} address`, `${address.value ?? 'unknown'} (${address.reason})`),
    row(`${name} mapping`, factText(family.mapping)),
    row(`${name} filtering`, factText(family.filtering)),
  ];
}

/** Only where a peer was tried. */
function peerRows({ peer }: Partial<Pick<LocalReport['verdict'], 'peer'>>): string[] {
  return peer === undefined || peer.evidence.length === 0 ? [] : [row('Peer', factText(peer))];
}

function relayRows(relays: readonly RelayVerdict[], preferred: string | null): string[] {
  if (relays.length === 0) return ['Relays: none', ''];
  const rows = relays.map((relay) => {
    const kinds = [
      ['UDP/IPv4', relay.ipv4Ms],
      ['UDP/IPv6', relay.ipv6Ms],
      ['HTTPS', relay.httpsMs],
    ] as const;
    const measured = kinds.flatMap(([kind, ms]) => (ms === null ? [] : [`${kind} ${round(ms)} ms`]));
    const unusable = relay.usable.value === 'no' ? `  (iroh cannot use it: ${relay.usable.reason})` : '';
    const latency = measured.length > 0 ? measured.join(', ') : 'no latency measured';
    return `  ${relay.url}  ${latency}${relay.url === preferred ? '  (preferred)' : ''}${unusable}`;
  });
  return ['Relays', ...rows, ''];
}

function endpointRows({ endpoint }: LocalReport): string[] {
  if (endpoint === null) return ['Endpoint: none took part', ''];
  const direct = endpoint.directAddrs.map(formatSocketAddr).join(', ');
  return [
    `Endpoint ${endpoint.endpointId}`,
    `  home relay  ${endpoint.homeRelay ?? 'none'}`,
    `  addresses   ${direct === '' ? 'none' : direct}`,
    '',
  ];
}

function probeRow(record: ProbeRecord): string {
  const why = record.error === undefined ? '' : `  ${record.error.code}: ${record.error.message}`;
  return `  ${record.outcome.padEnd(11)} ${round(record.durationMs).padStart(7)} ms  ${record.ref}${why}`;
}

function round(ms: number): string {
  return ms.toFixed(1);
}
