import { expect } from 'vitest';
import type { LocalReport } from '../../../lib/report/index.js';
import { disagreement, type OneSideCannotKnow } from './agreement.js';
import { withFarEnd } from './far-end.js';
import { Lab } from './lab.js';
import { majority, Pair, type PairResult } from './pair.js';
import { Places } from './places.js';
import { RELAY_NAMES, RELAY_PORTS, RELAYS, type RelayCa } from './relays.js';
import type { Reporter, ReportOptions } from './reporter.js';
import { relay, type Service } from './services.js';
import { withPlatform } from './stand.js';
import type { Topology } from './topology.js';
import { type Contact, contact, contacts, watch } from './watch.js';

/** Values of a family's verdict, as they are in the report. */
export interface FamilyTruth {
  routed?: string;
  udp?: string;
  mapping?: string;
  filtering?: string;
  publicAddress?: RegExp | null;
}

/** What is true in a topology and must be found; what is left out is not looked at. */
export interface Truth {
  colour: string;
  natType?: string;
  sentence?: RegExp;
  ipv4?: FamilyTruth;
  ipv6?: FamilyTruth;
  portMapping?: { upnp?: string; pcp?: string; natPmp?: string };
  captivePortal?: string;
  tlsIntercepted?: string;
  upstreamNat?: string;
  preferredRelay?: RegExp | null;
  endedBy?: string;
}

/** A topology with the truth about it. The client is the host `cli`. */
export interface Case {
  name: string;
  /** For readers of docs/verdicts.md: what it is in the world. */
  about: string;
  topology: Topology;
  /** What runs in it. Default: both relays. */
  services?: readonly Service[];
  /** Default: both relays, no STUN servers, all probes but `stun`. */
  report?: ReportOptions;
  truth: Truth;
  /** Outcome by {@link ProbeRecord.ref}; what is left out is not looked at. */
  outcomes?: Readonly<Record<string, string>>;
  /** Chance has a say (what is lost, how busy this machine is): it may be built three times to be right once. */
  isByChance?: boolean;
  /** Milliseconds. Default: 4000, the deadline and a busy machine; `bench/durations` has the real numbers. */
  maxMs?: number;
  /** What else must hold, before the lab ends. */
  also?(result: CaseResult, lab: Lab): Promise<void>;
  /** Whom the client may write to besides relays, STUN servers and the gateway of a home. */
  mayContact?: readonly RegExp[];
  /**
   * How the net report of the official crate differs, by its member, each with the reason. Everything else must
   * agree. `null`: it is not asked, with the reason as a comment beside it.
   */
  official?: Readonly<Partial<Record<OfficialMember, string>>> | null;
  /** A sentence that the summary ends with or not, as chance has it; docs/verdicts.md names it as one that comes and goes. */
  mayAlsoSay?: string;
  /** Where colour and pair may disagree: the report says in its own words what was not measured. */
  oneSideCannotKnow?: OneSideCannotKnow;
  /** Where a platform that dials back cannot know what the pair does either: why. */
  platformCannotKnow?: string;
  /** Where a report that tries a peer does not say what the pair does either: why. */
  peerCannotKnow?: string;
}

/** Members of the official net report that are compared. */
export type OfficialMember =
  | 'udp_v4'
  | 'udp_v6'
  | 'mapping_varies_by_dest_ipv4'
  | 'mapping_varies_by_dest_ipv6'
  | 'global_v4'
  | 'global_v6'
  | 'preferred_relay'
  | 'captive_portal';

/** The pair does now the one, now the other: what is said of it is right where it did so once. */
export function isByChance({
  isByChance: everywhere,
  oneSideCannotKnow,
}: Pick<Case, 'isByChance' | 'oneSideCannotKnow'>): boolean {
  return everywhere === true || oneSideCannotKnow?.isByChance === true;
}

/** What came of a case. */
export interface CaseResult {
  report: LocalReport;
  /** Of `diagnose()` in a fresh process. */
  ms: number;
  colourMs: number | null;
  contacts: readonly Contact[];
}

/** With what two real endpoints then did; see {@link pairOf}. */
export interface CaseOutcome extends CaseResult {
  pair: PairResult;
}

/** Who runs the relays says that they discover addresses: their silence then means something. */
export const RELAY_TARGETS = RELAYS.map(({ url }) => ({ url, quicPort: RELAY_PORTS.quic }));

/** All probes but `stun`, which is asked for where a case names servers. */
const PROBES = [
  'route',
  'qad',
  'https',
  'https-via-proxy',
  'relay',
  'captive-portal',
  'pcp',
  'nat-pmp',
  'upnp',
] as const;

/** Networks may wait beside each other, but a report whose time counts does not share its cores with many. */
export const MEASURED = new Places(2);

/** Builds the topology, starts what runs in it, lets the client make one report, and calls `then` before it ends. */
export async function inLab<T>(
  wanted: Pick<Case, 'topology' | 'services' | 'report'> & { mostTries?: number },
  tools: { ca: RelayCa; reporter: Reporter },
  then: (result: CaseResult, lab: Lab, pair: Pair | null) => Promise<T>,
): Promise<T> {
  const { ca, reporter } = tools;
  const lab = await Lab.start(withPlatform(withFarEnd({ names: RELAY_NAMES, ...wanted.topology })));
  try {
    const services = wanted.services ?? RELAYS.map((each) => relay(each));
    await Promise.all(services.map((service) => service.start(lab, ca)));
    await watch(lab, 'cli');
    const options = reportOptions(wanted.report, ca);
    const { report, ms, colourMs } = await MEASURED.one(() => reporter.report(lab, 'cli', options));
    const relays = options.relays ?? RELAY_TARGETS;
    const pair = await Pair.start(lab, wanted.topology, relays, ca, wanted.mostTries);
    return await then({ report, ms, colourMs, contacts: await contacts(lab, 'cli') }, lab, pair);
  } finally {
    await lab.close();
  }
}

/** What the pair of a lab does; it begins now, when nothing else is measured any more. */
export function pairOf(
  wanted: Pick<Case, 'isByChance' | 'oneSideCannotKnow'>,
  pair: Pair | null,
): Promise<PairResult> {
  return pair?.outcome(isByChance(wanted)) ?? Promise.resolve(majority([]));
}

/** Fails where the colour does not say what the pair does. */
export function expectPair({ oneSideCannotKnow }: Case, { report, pair }: CaseOutcome): void {
  const wrong = disagreement(report.summary, pair.outcome, oneSideCannotKnow);
  expect(wrong, `${report.summary.sentence} ${JSON.stringify(pair.tries)}`).toBeNull();
}

export function reportOptions(options: ReportOptions = {}, ca: RelayCa): ReportOptions {
  const probes = [...PROBES, ...(options.stun === undefined ? [] : (['stun'] as const))];
  return { relays: RELAY_TARGETS, probes, ca: [ca.pem], ...options };
}

/** Fails with everything that was found where something is not as it is in truth. */
export function expectTruth(wanted: Case, { report, ms, contacts: written }: CaseResult): void {
  const { truth } = wanted;
  const evidence = report.probes.map((record) => JSON.stringify(record)).join('\n');
  expect(found(report), evidence).toMatchObject(expected(truth));
  if (truth.sentence !== undefined) expect(report.summary.sentence).toMatch(truth.sentence);
  const outcomes = Object.fromEntries(report.probes.map(({ ref, outcome }) => [ref, outcome]));
  expect(outcomes, evidence).toMatchObject(wanted.outcomes ?? {});
  expect(ms).toBeLessThan(wanted.maxMs ?? 4000);
  const strangers = written.filter((each) => !mayContact(wanted, each));
  expect(strangers, 'written to').toEqual([]);
}

/** The verdict in the shape of a {@link Truth}. */
function found({ summary, verdict, endedBy }: LocalReport): object {
  const { ipv4, ipv6, portMapping } = verdict;
  const family = ({ routed, udp, mapping, filtering, publicAddress }: typeof ipv4) => ({
    routed: routed.value,
    udp: udp.value,
    mapping: mapping.value,
    filtering: filtering.value,
    publicAddress: publicAddress.value,
  });
  return {
    colour: summary.colour,
    natType: verdict.natType.value,
    ipv4: family(ipv4),
    ipv6: family(ipv6),
    portMapping: {
      upnp: portMapping.upnp.value,
      pcp: portMapping.pcp.value,
      natPmp: portMapping.natPmp.value,
    },
    captivePortal: verdict.captivePortal.value,
    tlsIntercepted: verdict.tlsIntercepted.value,
    upstreamNat: verdict.upstreamNat.value,
    preferredRelay: verdict.preferredRelay,
    endedBy,
  };
}

function expected({ sentence: _, ...truth }: Truth): object {
  const family = ({ publicAddress, ...rest }: FamilyTruth) => ({
    ...rest,
    ...(publicAddress instanceof RegExp
      ? { publicAddress: expect.stringMatching(publicAddress) }
      : publicAddress === null
        ? { publicAddress: null }
        : {}),
  });
  const { ipv4, ipv6, preferredRelay, ...rest } = truth;
  return {
    ...rest,
    ...(ipv4 === undefined ? {} : { ipv4: family(ipv4) }),
    ...(ipv6 === undefined ? {} : { ipv6: family(ipv6) }),
    ...(preferredRelay instanceof RegExp
      ? { preferredRelay: expect.stringMatching(preferredRelay) }
      : preferredRelay === null
        ? { preferredRelay: null }
        : {}),
  };
}

/** Next hops of the client's default routes. */
function gatewaysOf({ hosts }: Topology): string[] {
  return (hosts.cli?.routes ?? []).flatMap((route) => /^default via (\S+)/.exec(route)?.[1] ?? []);
}

/** Relays, STUN servers that were listed, the gateway's port-mapping services, and the UPnP search group. */
function mayContact({ topology, report = {}, mayContact: more = [] }: Case, written: Contact): boolean {
  const relays = RELAYS.flatMap(({ ipv4, ipv6 }) =>
    [ipv4, ipv6].flatMap((ip) => [
      contact('tcp', ip, RELAY_PORTS.http),
      contact('tcp', ip, RELAY_PORTS.https),
      contact('udp', ip, RELAY_PORTS.quic),
    ]),
  );
  const servers = (report.stun ?? []).map((server) => `udp ${server}`);
  const gateway = gatewaysOf(topology).flatMap((ip) => [
    ...[5351, 1900].map((port) => contact('udp', ip, port)),
    contact('tcp', ip, 5000),
  ]);
  const search = contact('udp', '239.255.255.250', 1900);
  return (
    [...relays, ...servers, ...gateway, search].includes(written) || more.some((form) => form.test(written))
  );
}
