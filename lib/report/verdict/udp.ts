import { parseSocketAddr, type SocketAddr } from '../../wire/index.js';
import type { IsPublicAddress } from '../address-class.js';
import { MIN_SILENT_RELAYS } from '../constants.js';
import type { Family } from '../observation.js';
import type { Fact, ProbeRecord } from '../types.js';
import { judged, seen, unknown } from './seen.js';

/** Whether UDP passes in one family. */
export function judgeUdp(
  records: readonly ProbeRecord[],
  family: Family,
  routed: Fact,
  isPublic: IsPublicAddress,
): Fact {
  const addresses = seen(records, 'addresses').filter(({ part }) => part.family === family);
  if (addresses.length > 0) return judged('yes', 'an answer over UDP told our public address', addresses);

  const paths = seen(records, 'paths').filter(
    ({ part }) => !part.isRelay && isRemotePeer(part.remoteAddr, family, isPublic),
  );
  if (paths.length > 0) return judged('yes', 'a direct path to a peer on the Internet is live', paths);

  if (routed.value === 'no') return { ...routed };
  return judgeSilence(records, family);
}

/** Nobody answered: because nothing left, because nothing came through, or for a reason that cannot be told. */
function judgeSilence(records: readonly ProbeRecord[], family: Family): Fact {
  const refused = seen(records, 'refusals').filter(({ part }) => part.family === family);
  if (new Set(refused.map(({ part }) => part.relayUrl)).size >= MIN_SILENT_RELAYS) {
    return judged('no', 'this machine itself refused to send datagrams: a firewall on it', refused);
  }
  const silent = seen(records, 'silences').filter(({ part }) => part.family === family);
  if (silent.length === 0) return unknown('no probe that speaks UDP was answered or had the time to be');
  const overHttps = seen(records, 'latencies').filter(({ part }) => part.kind === 'https');
  const reachable = new Set(overHttps.map(({ part }) => part.relayUrl));
  const telling = silent.filter(({ part }) => reachable.has(part.relayUrl));
  const relays = new Set(telling.map(({ part }) => part.relayUrl));
  if (relays.size >= MIN_SILENT_RELAYS) {
    const controls = overHttps.filter(({ part }) => relays.has(part.relayUrl));
    return judged('no', `${relays.size} relays answered over HTTPS but not over UDP`, [
      ...telling,
      ...controls,
    ]);
  }
  return unknown('too few relays were silent over UDP while they answered over HTTPS', silent);
}

function isRemotePeer(remoteAddr: string, family: Family, isPublic: IsPublicAddress): boolean {
  let addr: SocketAddr;
  try {
    addr = parseSocketAddr(remoteAddr);
  } catch {
    return false; // a peer's address in a form of its own proves nothing
  }
  const mapped = /^::ffff:([\d.]+)$/.exec(addr.ip)?.[1];
  return (mapped === undefined ? addr.family : 4) === family && isPublic(mapped ?? addr.ip);
}
