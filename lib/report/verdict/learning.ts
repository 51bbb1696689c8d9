import type { Fact, ProbeRecord, ResolvedRelayTarget } from '../types.js';
import { missingWitnesses } from './missing.js';
import { judged, refsOf, seen, unknown } from './seen.js';

/**
 * Whether iroh learns its public address from the relays, as we do: it tells its peers that address, and a peer that knows
 * none can only be relayed to where a NAT stands between.
 */
export function judgeLearning(records: readonly ProbeRecord[], relays: readonly ResolvedRelayTarget[]): Fact {
  const told = seen(records, 'latencies').filter(({ part }) => part.kind !== 'https');
  if (told.length > 0) return judged('yes', 'a relay told our address over QUIC', told);
  const silent = seen(records, 'silences');
  const unable = seen(records, 'quic').filter(({ part }) => part.code === 'QAD_NOT_OFFERED');
  const without = (url: string) => [...silent, ...unable].some(({ part }) => part.relayUrl === url);
  const isNone = relays.every(({ url, quicPort }) => quicPort === null || without(url));
  if (relays.length === 0 || !isNone)
    return unknown('no relay was asked for our address, or none had the time to tell it');
  const why = [
    ...new Set([4, 6].flatMap((family) => missingWitnesses(records, relays, family === 4 ? 4 : 6))),
  ];
  return { value: 'no', reason: why.join('; '), evidence: refsOf([...silent, ...unable]) };
}
