import type { Chapter } from '../harness/verdicts-page.js';
import { BOXES } from './boxes.js';
import { DISCOVERY } from './discovery.js';
import { FAMILIES } from './families.js';
import { FIREWALLS } from './firewall.js';
import { GATEWAYS } from './gateway.js';
import { FIELD_GATEWAYS } from './gateways.js';
import { INSIDE } from './inside.js';
import { IPV6 } from './ipv6.js';
import { MACHINES } from './machines.js';
import { MAPPINGS } from './mapping.js';
import { NAMES } from './names.js';
import { NATS } from './nat.js';
import { NOT_OFFLINE, OFFLINE } from './offline.js';
import { OVERLAYS } from './overlay.js';
import { PORTALS } from './portal.js';
import { PORTS } from './ports.js';
import { PROXIES } from './proxies.js';
import { QUALITY } from './quality.js';
import { QUIC } from './quic.js';
import { RELAY_SETS } from './relays.js';
import { STUN_SETS } from './stun.js';
import { TRUST } from './trust.js';

/** All topologies, in the order of docs/verdicts.md. */
export const CHAPTERS: readonly Chapter[] = [
  { title: 'NATs', cases: NATS },
  { title: 'NATs that show themselves to some', cases: MAPPINGS },
  { title: 'Firewalls', cases: FIREWALLS },
  { title: 'Firewalls that know ports or addresses', cases: PORTS },
  { title: 'Boxes that treat peers, or iroh, in another way', cases: BOXES },
  { title: 'QUIC and what passes for UDP', cases: QUIC },
  { title: 'Home gateways', cases: [...GATEWAYS, ...FIELD_GATEWAYS] },
  { title: 'IPv6', cases: IPV6 },
  { title: 'One family of two', cases: FAMILIES },
  { title: 'Captive portals and name servers', cases: PORTALS },
  { title: 'Name servers', cases: NAMES },
  { title: 'TCP and TLS to the relays', cases: TRUST },
  { title: 'HTTP proxies', cases: PROXIES },
  { title: 'Sets of relays', cases: RELAY_SETS },
  { title: 'Relays with address discovery off', cases: DISCOVERY },
  { title: 'Relays inside, and behind balancers', cases: INSIDE },
  { title: 'Containers, VPNs and several uplinks', cases: OVERLAYS },
  { title: 'Machines of a kind of their own', cases: MACHINES },
  { title: 'Bad links', cases: QUALITY },
  { title: 'STUN servers without relays', cases: STUN_SETS },
  { title: 'Routes', cases: NOT_OFFLINE },
  { title: 'Offline', cases: OFFLINE },
];
