import { durationText } from '../words/format.js';
import type { RelayRow } from '../words/view.js';
import { Bar } from './bar.js';

/** Relays with a bar for each latency. */
export function Relays({ relays }: { relays: readonly RelayRow[] }) {
  const samples = relays.flatMap(({ ipv4Ms, ipv6Ms, httpsMs }) => [ipv4Ms, ipv6Ms, httpsMs]);
  const slowest = Math.max(...samples.map((ms) => ms ?? 0));
  return (
    <ul class="relays">
      {relays.map((relay) => (
        <Relay key={relay.url} relay={relay} slowest={slowest} />
      ))}
    </ul>
  );
}

function Relay({ relay, slowest }: { relay: RelayRow; slowest: number }) {
  const kinds = [
    ['IPv4', relay.ipv4Ms],
    ['IPv6', relay.ipv6Ms],
    ['HTTPS', relay.httpsMs],
  ] as const;
  return (
    <li class="relay">
      <div class="name">
        <span title={relay.url}>{relay.host}</span>
        {relay.isPreferred && <span class="chip green">Preferred</span>}
      </div>
      {kinds.map(([kind, ms]) => ms !== null && <Latency key={kind} kind={kind} ms={ms} slowest={slowest} />)}
      {kinds.every(([, ms]) => ms === null) && <p class="small muted">No latency measured.</p>}
    </li>
  );
}

function Latency({ kind, ms, slowest }: { kind: string; ms: number; slowest: number }) {
  return (
    <div class="latency">
      <span class="kind">{kind}</span>
      <Bar width={slowest > 0 ? Math.max(2, (ms / slowest) * 100) : 2} />
      <span class="ms">{durationText(ms)}</span>
    </div>
  );
}
