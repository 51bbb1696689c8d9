import {
  type AskedRelay,
  judge,
  type LocalReport,
  type Observation,
  type PeerSeen,
  type ProbeRecord,
  type QuicReached,
  type RelayStage,
  summarise,
} from '../../../lib/report/index.js';
import { isPublicAddress } from '../../../lib/wire/index.js';

/** Documentation ranges play the Internet. */
export const isPublicHere = (ip: string): boolean =>
  /^(203\.0\.113\.|198\.51\.100\.|2001:db8:)/.test(ip) || isPublicAddress(ip);

/** Records as probes leave them: one per observation, named a, b, c… */
export function records(...observations: Observation[]): ProbeRecord[] {
  return observations.map((observation, index) => ({
    ref: String.fromCharCode(97 + index),
    probe: 'test',
    outcome: 'ok',
    startedMs: index,
    durationMs: 1,
    observation,
  }));
}

export const R1 = 'https://relay1.example./';
export const R2 = 'https://relay2.example./';

/** A kernel that has a route, or (with a code) has none. */
export function route(family: 4 | 6, refusal?: string): Observation {
  const destination = family === 4 ? '192.0.2.1' : '2001:db8::1';
  const sourceIp = family === 4 ? '192.168.1.100' : '2001:db8:1::100';
  return {
    routes: [
      refusal === undefined
        ? { family, destination, sourceIp }
        : { family, destination, sourceIp: null, refusal },
    ],
  };
}

export function https(relayUrl: string, ms = 20): Observation {
  return { latencies: [{ relayUrl, kind: 'https', ms }] };
}

export function silence(family: 4 | 6, relayUrl: string): Observation {
  return { silences: [{ family, relayUrl, isKnown: true }] };
}

export function refusal(family: 4 | 6, relayUrl: string): Observation {
  return { refusals: [{ family, relayUrl, code: 'EPERM' }] };
}

/** An IPv4 address as seen by `destinationIp`. */
export function seenAs(
  observed: string,
  destinationIp = '203.0.113.10',
  more: { local?: string; again?: string } = {},
): Observation {
  const local = more.local ?? '192.168.1.100:5000';
  const again = more.again === undefined ? {} : { again: more.again };
  return {
    addresses: [{ family: 4, local, destinationIp, destinationPort: 7842, by: 'quic', observed, ...again }],
  };
}

/** QUIC with a relay that came so far. */
export function quic(
  reached: QuicReached = 'sustained',
  relayUrl = R1,
  more: { family?: 4 | 6; code?: string; destinationIp?: string } = {},
): Observation {
  const { family = 4, code, destinationIp = family === 4 ? '203.0.113.10' : '2001:db8:a::10' } = more;
  const part = { family, relayUrl, destinationIp, destinationPort: 7842, reached };
  const counts =
    reached === 'sustained'
      ? { sent: 8, acknowledged: 8, lost: 0, spanMs: 280 }
      : { sent: 8, acknowledged: 0, lost: 0, spanMs: 0 };
  return { quic: [{ ...part, ...counts, ...(code === undefined ? {} : { code }) }] };
}

/** QUIC over a path that loses datagrams and carries on. */
export function lossyQuic(acknowledged: number, lost: number, relayUrl = R1, spanMs = 330): Observation {
  const [seen] = quic('sustained', relayUrl).quic ?? [];
  return {
    quic: seen === undefined ? [] : [{ ...seen, sent: acknowledged + lost, acknowledged, lost, spanMs }],
  };
}

/** A relay that iroh can use, or where that ends. */
export function access(relayUrl: string, stage: RelayStage = 'ready', code?: string): Observation {
  return { access: [{ relayUrl, stage, ...(code === undefined ? {} : { code }) }] };
}

/** What STUN servers did. */
export function stun(result: 'answered' | 'silent', server: string): Observation {
  return { stun: [{ server, family: 4, result }] };
}

export const PEER = '3f'.repeat(32);
export const PEER2 = 'a7'.repeat(32);

/** A direct path to a peer behind an ordinary router, and what the probe saw beside it. */
export function directPeer(more: Partial<PeerSeen> = {}): Observation {
  const { family = 4, remoteAddr = family === 4 ? '198.51.100.77:50000' : '[2001:db8:77::2]:50000' } = more;
  const direct = { family, remoteAddr, directMs: 34, watchedMs: 1300, echoed: 60, letsInStrangers: false };
  return {
    peers: [{ peer: PEER, reached: 'direct', ...direct, ...more }],
    paths: [{ remoteAddr, isRelay: false, received: 70 }],
  };
}

/** A peer that was not reached directly: by default relayed to the end, and well by its own report. */
export function otherPeer(more: Partial<PeerSeen> = {}): Observation {
  return { peers: [{ peer: PEER, reached: 'relayed', watchedMs: 6010, isPeerWell: true, ...more }] };
}

/** An IPv6 host without NAT. */
export function openV6(destinationIp = '2001:db8:a::10'): Observation {
  const addr = '[2001:db8:1::100]:6000';
  return {
    addresses: [{ family: 6, local: addr, destinationIp, destinationPort: 7842, by: 'quic', observed: addr }],
  };
}

/** Relays that are known to discover addresses. */
export function targets(urls: readonly string[]): AskedRelay[] {
  return urls.map((url) => ({ url, quicPort: 7842, isQuicPortKnown: true }));
}

/** A whole report around some observations. */
export function reportOf(
  observations: readonly Observation[],
  relays: readonly string[] = [R1, R2],
  endpoint: LocalReport['endpoint'] = null,
): LocalReport {
  const probes = records(...observations);
  const verdict = judge(probes, targets(relays), isPublicHere);
  return {
    version: 1,
    generator: 'test',
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 123.456,
    deadlineMs: 3000,
    endedBy: 'finished',
    settings: {
      relays: targets(relays),
      relaysFrom: 'settings',
      stunServers: [],
      probes: [],
    },
    endpoint,
    notes: [],
    probes,
    verdict,
    summary: summarise(verdict),
  };
}
