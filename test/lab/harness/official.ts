import { expect } from 'vitest';
import type { LocalReport } from '../../../lib/report/index.js';
import {
  buildPeer,
  measurementsOf,
  type NetReportLine,
  netReportArguments,
} from '../../interop/support/index.js';
import { type Case, type OfficialMember, RELAY_TARGETS } from './case.js';
import type { Lab } from './lab.js';
import type { RelayCa } from './relays.js';

/** It is asked without its port mapper, which the report that is compared does not hold. */
export async function officialReport(lab: Lab, wanted: Case, ca: RelayCa): Promise<NetReportLine['report']> {
  const relays = wanted.report?.relays ?? RELAY_TARGETS;
  const options = { relays, caFile: ca.file, portmap: false, timeoutMs: 20_000 };
  const output = await lab.run('cli', [await buildPeer(), ...netReportArguments(options)]);
  return measurementsOf<NetReportLine>(output)[0]?.report ?? null;
}

type Value = boolean | string | null;

/** Fails where the official report says something else than ours and the case does not explain it. */
export function expectAgreement(wanted: Case, ours: LocalReport, official: NetReportLine['report']): void {
  const explained = wanted.official ?? {};
  const differences = MEMBERS.flatMap((member) => {
    const [own, theirs] = [ownValue(ours, member), theirValue(official, member)];
    const reason = own === theirs ? null : (explained[member] ?? general(member, ours, theirs));
    return own === theirs || reason !== undefined ? [] : [`${member}: ours ${own}, official ${theirs}`];
  });
  expect(differences, JSON.stringify(official)).toEqual([]);
  // An explanation of what does not differ would be a claim that nobody checks.
  const idle = MEMBERS.filter((member) => {
    return explained[member] !== undefined && ownValue(ours, member) === theirValue(official, member);
  });
  expect(idle, 'explained, but equal').toEqual([]);
}

const MEMBERS: readonly OfficialMember[] = [
  'udp_v4',
  'udp_v6',
  'mapping_varies_by_dest_ipv4',
  'mapping_varies_by_dest_ipv6',
  'global_v4',
  'global_v6',
  'preferred_relay',
  'captive_portal',
];

/** Differences that follow from how the official report is made, wherever they appear: the reason. */
function general(member: OfficialMember, ours: LocalReport, theirs: Value): string | undefined {
  const { ipv4, ipv6, preferredRelay } = ours.verdict;
  const endsEarly = 'it ends with the first two answers, of whatever family';
  if (member === 'captive_portal' && theirs === null) return endsEarly;
  const hasBoth = ipv4.udp.value === 'yes' && ipv6.udp.value === 'yes';
  if (hasBoth && (theirs === null || theirs === false)) return endsEarly;
  if (member === 'preferred_relay' && preferredRelay !== null && theirs !== null) {
    return 'the relays stand at the same distance: either may win';
  }
  const seen = seenAddresses(ours, member === 'global_v4' ? 4 : 6);
  if (member.startsWith('global') && seen.size > 1 && typeof theirs === 'string' && seen.has(theirs)) {
    return 'the address differs from destination to destination: whose answer comes first is named';
  }
  return undefined;
}

function seenAddresses({ probes }: LocalReport, family: number): Set<string | null> {
  const all = probes.flatMap(({ observation }) => observation?.addresses ?? []);
  return new Set(all.filter((seen) => seen.family === family).map(({ observed }) => ipOf(observed)));
}

function ownValue({ verdict }: LocalReport, member: OfficialMember): Value {
  const { ipv4, ipv6, captivePortal, preferredRelay } = verdict;
  switch (member) {
    case 'udp_v4':
      // It knows no "unknown": what was not seen is false.
      return ipv4.udp.value === 'yes';
    case 'udp_v6':
      return ipv6.udp.value === 'yes';
    case 'mapping_varies_by_dest_ipv4':
      return varies(ipv4.mapping.value);
    case 'mapping_varies_by_dest_ipv6':
      return varies(ipv6.mapping.value);
    case 'global_v4':
      return ipOf(ipv4.publicAddress.value);
    case 'global_v6':
      return ipOf(ipv6.publicAddress.value);
    case 'preferred_relay':
      return preferredRelay;
    case 'captive_portal':
      return captivePortal.value === 'unknown' ? null : captivePortal.value === 'yes';
  }
}

function theirValue(report: NetReportLine['report'], member: OfficialMember): Value {
  if (report === null) return member.startsWith('udp') ? false : null;
  const value = report[member] ?? null;
  return member === 'global_v4' || member === 'global_v6' ? ipOf(value as string | null) : value;
}

/** The port belongs to the socket that was measured with: only the address can agree. */
function ipOf(address: string | null): string | null {
  return address === null ? null : address.slice(0, address.lastIndexOf(':'));
}

function varies(mapping: string): boolean | null {
  return mapping === 'unknown' ? null : mapping === 'endpoint-dependent';
}
