import type { LatencyKind } from '../observation.js';
import type { ProbeRecord, RelayVerdict } from '../types.js';
import { judgeRelayUse } from './relay-access.js';
import { seen } from './seen.js';

/** Every relay that was asked or answered, in the order given, with its smallest latencies. */
export function judgeRelays(records: readonly ProbeRecord[], urls: readonly string[]): RelayVerdict[] {
  const latencies = seen(records, 'latencies').map(({ part }) => part);
  const ownAnswers = new Set([
    ...latencies.map(({ relayUrl }) => relayUrl),
    ...seen(records, 'portals')
      .filter(({ part }) => part.answer === 'right')
      .map(({ part }) => part.relayUrl),
  ]);
  return urls.map((url) => {
    const smallest = (kind: LatencyKind) => {
      const ms = latencies
        .filter((seen) => seen.relayUrl === url && seen.kind === kind)
        .map((seen) => seen.ms);
      return ms.length === 0 ? null : Math.min(...ms);
    };
    return {
      url,
      ipv4Ms: smallest('ipv4'),
      ipv6Ms: smallest('ipv6'),
      httpsMs: smallest('https'),
      answered: ownAnswers.has(url),
      usable: judgeRelayUse(records, url),
    };
  });
}

/** The relay with the lowest latency over all kinds; UDP wins a tie, then the order given. */
export function preferRelay(relays: readonly RelayVerdict[]): string | null {
  const candidates = relays.flatMap(({ url, ipv4Ms, ipv6Ms, httpsMs }) => [
    { url, ms: ipv4Ms, rank: 0 },
    { url, ms: ipv6Ms, rank: 0 },
    { url, ms: httpsMs, rank: 1 },
  ]);
  const measured = candidates.flatMap(({ url, ms, rank }) => (ms === null ? [] : [{ url, ms, rank }]));
  return measured.sort((a, b) => a.ms - b.ms || a.rank - b.rank)[0]?.url ?? null;
}
