import type { LatencyKind, NameSeen } from '../observation.js';
import type { Fact, ProbeRecord, RelayVerdict } from '../types.js';
import { onRead } from './on-read.js';
import { judged, type Seen, seen, unknown } from './seen.js';
import { bareHost, hostOf } from './witnesses.js';

const CONNECTED = 'the endpoint is connected to it';

/** iroh picks the relay that answers fastest. Another one must be so many times slower that chance has no say. */
const CLEARLY_SLOWER = 1.5;

/** Whether iroh can use one relay. It needs a relay to find its peers and to open direct paths to them. */
function judgeRelayUse(records: readonly ProbeRecord[], url: string): Fact {
  const homes = seen(records, 'homeRelays').filter(({ part }) => part.relayUrl === url);
  if (homes.length > 0) return judged('yes', CONNECTED, homes);
  const access = seen(records, 'access').filter(({ part }) => part.relayUrl === url);
  const ready = access.filter(({ part }) => part.stage === 'ready');
  if (ready.length > 0) {
    const dead = deadFirstAddresses(records, url);
    if (dead.length > 0) return unknown(FIRST_ADDRESS_DEAD, [...ready, ...dead]);
    return judged('yes', 'it takes the connection that iroh makes', ready);
  }
  const answered = seen(records, 'latencies').filter(
    ({ part }) => part.relayUrl === url && part.kind === 'https',
  );
  // HTTPS answered, through the same connection and handshake. If our attempt ran out of time there, this machine was
  // busy; and anywhere, the packets may have been lost.
  const late = losesPackets(records) ? ANY_STAGE : SHARED_STAGES;
  const telling = access.filter(
    ({ part }) => part.code !== 'DEADLINE' && (answered.length === 0 || !isLate(part, late)),
  );
  const [ended] = telling;
  if (ended !== undefined) return judged('no', endOf(ended), telling);
  const intercepted = seen(records, 'interceptions').filter(({ part }) => part.relayUrl === url);
  if (intercepted.length > 0) return judged('no', 'iroh does not trust its certificate', intercepted);
  // Used if no connection was tried, or none in time.
  if (answered.length > 0) return judged('yes', 'it answers over HTTPS as iroh trusts it', answered);
  return unknown('it was not seen in time whether it takes connections');
}

const FIRST_ADDRESS_DEAD =
  'it takes connections, but the first address of its name is dead, and iroh measures that one alone before it picks a relay';

/**
 * Families in which the first address of the relay did not answer over QUIC, but a later one did. Empty if the first
 * address of any family answered.
 */
function deadFirstAddresses(records: readonly ProbeRecord[], url: string): Seen<NameSeen>[] {
  const names = seen(records, 'names').filter(
    ({ part }) => part.host === bareHost(url) && part.ips.length > 0,
  );
  const answered = new Set(seen(records, 'addresses').map(({ part }) => part.destinationIp));
  const hasFirst = names.some(({ part }) => answered.has(part.ips[0] ?? ''));
  return hasFirst ? [] : names.filter(({ part }) => part.ips.slice(1).some((ip) => answered.has(ip)));
}

/** The steps that HTTPS needs as well. */
const SHARED_STAGES: readonly string[] = ['connect', 'tls'];
const ANY_STAGE: readonly string[] = [...SHARED_STAGES, 'upgrade'];

/** The attempt ran out of time in one of these steps. */
function isLate({ stage, code }: { stage: string; code?: string }, stages: readonly string[]): boolean {
  return code === 'NO_ANSWER' && stages.includes(stage);
}

/** Whether some of our datagrams were lost and later ones were not. TCP, which repeats what is lost, is slow there. */
function losesPackets(records: readonly ProbeRecord[]): boolean {
  return seen(records, 'quic').some(({ part }) => part.lost > 0);
}

type Ended = Seen<{ stage: string; code?: string }>;

const STAGES: Readonly<Record<string, string>> = {
  name: 'its name has no address',
  connect: 'it cannot be reached over TCP',
  tls: 'its TLS handshake fails',
  upgrade: 'it refuses the WebSocket that iroh uses it by',
};

function endOf({ part: { stage, code } }: Ended): string {
  const what = STAGES[stage] ?? stage;
  return code === undefined ? what : `${what} (${code})`;
}

/** That the endpoint is connected to one of the relays. Whatever the others do, iroh stays with it. Null: it is not. */
export function judgeConnected(records: readonly ProbeRecord[], urls: readonly string[]): Fact | null {
  const homes = seen(records, 'homeRelays').filter(({ part }) => urls.includes(part.relayUrl));
  const [first] = homes;
  if (first === undefined) return null;
  const { relayUrl } = first.part;
  const parts = homes.filter(({ part }) => part.relayUrl === relayUrl);
  return judged('yes', `${hostOf(relayUrl)}: ${CONNECTED}`, parts);
}

/**
 * Whether iroh can use at least one relay that it may yet pick. `relays`: what was found out about each. One that can be used helps nothing
 * if iroh picks another: it stays with the fastest, whether it can connect to that one or not.
 */
export function judgeAnyRelay(relays: readonly RelayVerdict[]): Fact {
  const usable = relays.filter((relay) => relay.usable.value === 'yes');
  const [first] = usable;
  if (first !== undefined) {
    return (
      judgeChoice(relays, usable) ?? {
        ...first.usable,
        reason: `${hostOf(first.url)}: ${first.usable.reason}`,
      }
    );
  }
  if (relays.length === 0) return unknown('no relay is configured');
  const reason = relays.map((relay) => `${hostOf(relay.url)}: ${relay.usable.reason}`).join('; ');
  const evidence = [...new Set(relays.flatMap((relay) => relay.usable.evidence))];
  const value = relays.every((relay) => relay.usable.value === 'no') ? 'no' : 'unknown';
  return { value, reason, evidence };
}

/** What follows if the relay that iroh picks cannot be used. Null: it can, or nobody knows. */
function judgeChoice(relays: readonly RelayVerdict[], usable: readonly RelayVerdict[]): Fact | null {
  if (relays.every((relay) => relay.usable.value !== 'no')) return null;
  const url = preferRelay(relays);
  const picked = relays.find((relay) => relay.url === url);
  if (picked === undefined || picked.usable.value !== 'no') return null;
  const reason = `iroh picks ${hostOf(picked.url)}, which answers fastest, and cannot use it: ${picked.usable.reason}`;
  const isClear = usable.every(
    (relay) => (fastest(relay) ?? Infinity) > CLEARLY_SLOWER * (fastest(picked) ?? 0),
  );
  return { value: isClear ? 'no' : 'unknown', reason, evidence: picked.usable.evidence };
}

function fastest({ ipv4Ms, ipv6Ms, httpsMs }: RelayVerdict): number | null {
  const measured = [ipv4Ms, ipv6Ms, httpsMs].filter((ms) => ms !== null);
  return measured.length === 0 ? null : Math.min(...measured);
}

/** All relays that were asked, in the order given, each with its smallest latencies. */
export function judgeRelays(records: readonly ProbeRecord[], urls: readonly string[]): RelayVerdict[] {
  const latencies = () => seen(records, 'latencies').map(({ part }) => part);
  return urls.map((url) => {
    const smallest = (kind: LatencyKind) => {
      const ms = latencies()
        .filter((seen) => seen.relayUrl === url && seen.kind === kind)
        .map((seen) => seen.ms);
      return ms.length === 0 ? null : Math.min(...ms);
    };
    return onRead<RelayVerdict>({
      url: () => url,
      ipv4Ms: () => smallest('ipv4'),
      ipv6Ms: () => smallest('ipv6'),
      httpsMs: () => smallest('https'),
      answered: () =>
        latencies().some(({ relayUrl }) => relayUrl === url) ||
        seen(records, 'portals').some(({ part }) => part.relayUrl === url && part.answer === 'right'),
      usable: () => judgeRelayUse(records, url),
    });
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
