import type { Family } from '../observation.js';
import type { ProbeRecord, ResolvedRelayTarget } from '../types.js';
import { seen } from './seen.js';

/** Why each relay that told no address of this family did not, one clause a relay; in the order of the relays. */
export function missingWitnesses(
  records: readonly ProbeRecord[],
  relays: readonly ResolvedRelayTarget[],
  family: Family,
): string[] {
  return relays.flatMap(({ url, quicPort }) => {
    const host = hostOf(url);
    const why = whyMissing(records, url, quicPort, family);
    return why === null ? [] : [`${host} ${why}`];
  });
}

function whyMissing(
  records: readonly ProbeRecord[],
  url: string,
  quicPort: number | null,
  family: Family,
): string | null {
  if (quicPort === null) return 'has no address discovery';
  const quic = seen(records, 'quic').filter(({ part }) => part.relayUrl === url && part.family === family);
  const latency = family === 4 ? 'ipv4' : 'ipv6';
  const hasTold = seen(records, 'latencies').some(
    ({ part }) => part.relayUrl === url && part.kind === latency,
  );
  if (hasTold) return null;
  const name = seen(records, 'names').find(
    ({ part }) => part.host === bareHost(url) && part.family === family,
  );
  if (name !== undefined && name.part.result !== 'found') return NAMELESS[name.part.result](family);
  const code = quic.find(({ part }) => part.code !== undefined)?.part.code;
  if (code === 'QAD_NOT_OFFERED') return 'does not discover addresses';
  if (code !== undefined) return `did not tell it (${code})`;
  const isSilent = seen(records, 'silences').some(
    ({ part }) => part.relayUrl === url && part.family === family,
  );
  return isSilent ? `was silent over QUIC (UDP port ${quicPort})` : null;
}

const NAMELESS = {
  none: (family: Family) => `has no IPv${family} address`,
  silent: () => 'could not be looked up: the name server was silent',
  failed: () => 'could not be looked up',
} as const;

/** A relay's host with its port, for people. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** As names are looked up: without brackets or port. */
export function bareHost(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : url;
}
