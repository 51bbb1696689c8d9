// Runs inside a lab's namespace as a program of its own: what `iroh-net-diagnostics peer` runs.
import { type PeerEvent, runPeer } from '../../../lib/cli/peer/run-peer.js';
import { ephemeralKey, resolveSettings } from '../../../lib/options/index.js';
import { formatEndpointAddress, type RelayOption } from '../../../lib/wire/index.js';
import { isPublicAddress } from './lab-internet.js';

/** What the program is told, as JSON. */
export interface PeerHere {
  relays: readonly RelayOption[];
  stun: readonly string[];
  /** PEM certificates that its own report trusts. */
  ca: readonly string[];
}

/** What it says when it can be tried, as JSON. */
export interface PeerReady {
  /** Its address as `report --peer` takes it; null: no relay carries to it. */
  peer: string | null;
  /** What it tells visitors about its own network. */
  isWell: boolean | null;
}

const { relays, stun, ca } = JSON.parse(process.argv[2] ?? '') as PeerHere;
const settings = resolveSettings({ relays, stun }, {});
let peer: string | null = null;
await runPeer({
  secretKey: ephemeralKey(),
  relays: settings.relays ?? [],
  stun: settings.stun,
  signal: new AbortController().signal,
  surroundings: { ca, isPublicAddress },
  onEvent,
});

/** Its own report is made when it is online, or gave up: whoever comes before it learns nothing about its network. */
function onEvent(event: PeerEvent): void {
  if (event.type === 'online') peer = formatEndpointAddress(event.address);
  if (event.type !== 'report') return;
  const ready: PeerReady = { peer, isWell: event.isWell };
  console.log(JSON.stringify(ready));
}
