import type { IsPublicAddress } from '../../wire/index.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, refsOf, seen, unknown } from './seen.js';
import { type Given, missingWitnesses } from './witnesses.js';

const MISLED = 'iroh may believe a relay that is wrong about it';

/** Whether some relay told iroh its address, and another one told it a wrong one. */
export function isMisled({ value, reason }: Fact): boolean {
  return value === 'no' && reason.startsWith(MISLED);
}

/**
 * Whether iroh learns its public address from the relays. It sends that address to its peers; a peer that has none
 * can reach it only through a relay, if a NAT stands between them.
 */
export function judgeLearning({ records, relays, isPublic, witnesses: all }: Given): Fact {
  const witnesses = [all[4], all[6]];
  const told = witnesses.flatMap(({ outside }) => outside).filter(({ part }) => part.by === 'quic');
  const useless = witnesses.flatMap((each) => each.useless);
  const misleading = useless.filter(({ witness, isInside }) => !isInside && witness.part.by === 'quic');
  if (told.length > 0 && misleading.length > 0) {
    const flaws = misleading.map(({ witness, why }) => `${witness.part.destinationIp} ${why}`);
    const parts = misleading.map(({ witness }) => witness);
    return judged('no', `${MISLED}: ${flaws.join('; ')}`, parts);
  }
  if (told.length > 0) return judged('yes', 'a relay told our address over QUIC', told);
  // A relay that answered and is not in `told` gave an answer that cannot be used.
  const answered = seen(records, 'latencies').filter(({ part }) => part.kind !== 'https');
  const silent = seen(records, 'silences');
  const unable = seen(records, 'quic').filter(({ part }) => part.code === 'QAD_NOT_OFFERED');
  const tellsNothing = (url: string) =>
    [...silent, ...unable, ...answered].some(({ part }) => part.relayUrl === url);
  const isNone = relays.every(({ url, quicPort }) => quicPort === null || tellsNothing(url));
  if (relays.length === 0 || !isNone) {
    return unknown('no relay was asked for our address, or none had the time to tell it');
  }
  const own = publicSources(records, isPublic).map(
    (ip) => `its own address ${ip} is public: iroh knows that one without being told`,
  );
  const missing = ([4, 6] as const).flatMap((family) => missingWitnesses(records, relays, family));
  const flaws = useless.map(({ witness, why }) => `${witness.part.destinationIp} ${why}`);
  return {
    value: 'no',
    reason: [...new Set([...flaws, ...missing, ...own])].join('; '),
    evidence: refsOf([...silent, ...unable, ...useless.map(({ witness }) => witness)]),
  };
}

/** Public addresses that the kernel would use as the source of what it sends to the Internet. */
function publicSources(records: readonly ProbeRecord[], isPublic: IsPublicAddress): string[] {
  const sources = seen(records, 'routes').flatMap(({ part }) => part.sourceIp ?? []);
  return [...new Set(sources)].filter(isPublic);
}
