// Runs inside a lab's namespace as a program of its own: a platform that says what it thinks of one app's network.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EndpointView,
  messageOf,
  type RelayOption,
  type ReportFacts,
  type ReportRecord,
  reportFacts,
} from '../../../lib/services/index.js';
import { Platform } from '../../../platform/index.js';
import { isPublicAddress } from './lab-internet.js';

/** What the program is told, as JSON. */
export interface WitnessHere {
  /** Of the Internet, one of each family: where its endpoint listens. */
  addresses: readonly string[];
  relays: readonly RelayOption[];
  /** The name of the app whose network is looked at. */
  subject: string;
  /** Those of others, which show that this platform can be reached directly. */
  others: readonly string[];
}

/** What it says when apps may come, as JSON. */
export interface WitnessReady {
  apiSecret: string;
}

/** What it says in the end, as JSON. */
export type WitnessSaid =
  | { state: 'reported'; facts: ReportFacts; sighting: ReportRecord['sighting'] }
  /** The app never came. */
  | { state: 'offline' }
  /** It came, and its report did not. */
  | { state: 'failed'; why: string };

/** The others have good ways: they are late only where the machine is busy. */
const OTHERS_MS = 60_000;
/** Who was started with them and has not come so long after them is not online. Three times as long as a pair is given. */
const PATIENCE_MS = 15_000;
/** Milliseconds of a session after which a platform believes that one on a relay stays there; iroh's own report has ended, too. */
const SETTLED_MS = 11_000;
/** A young session, one that has settled, and once more where a report did not come. */
const TRIES = 3;
const POLL_MS = 50;

const { addresses, relays, subject, others } = JSON.parse(process.argv[2] ?? '') as WitnessHere;
const platform = await Platform.start(
  {
    dataDir: ':memory:',
    relays,
    bindAddrs: addresses.map((ip) => ({ ip, port: 0 })),
    dashboard: false,
  },
  { isPublicAddress },
);
say<WitnessReady>({ apiSecret: (await platform.createApiSecret('the lab')).reveal() });
for (const other of others) {
  if ((await arrival(other, OTHERS_MS)) === null) throw new Error(`${other} did not come`);
}
const app = await arrival(subject, PATIENCE_MS);
say<WitnessSaid>(app === null ? { state: 'offline' } : await opinion(app));

/** An app that may be dialled back; null: it did not come in time. */
async function arrival(name: string, withinMs: number): Promise<EndpointView | null> {
  const end = performance.now() + withinMs;
  while (performance.now() < end) {
    const { endpoints } = await platform.endpoints();
    const found = endpoints.find((endpoint) => endpoint.name === name && endpoint.button.enabled);
    if (found !== undefined) return found;
    await sleep(POLL_MS);
  }
  return null;
}

async function opinion({ id, lastSeenAt }: EndpointView): Promise<WitnessSaid> {
  let said: WitnessSaid = { state: 'failed', why: '' };
  for (let left = TRIES; left > 0; left -= 1) {
    const rest = lastSeenAt + SETTLED_MS - Date.now();
    try {
      const { report, sighting } = await platform.dialBack(id);
      const facts = reportFacts(report, sighting);
      said = { state: 'reported', facts, sighting };
      if (rest <= 0 || isAllThatCanBeSeen(said)) return said;
    } catch (error) {
      said = { state: 'failed', why: messageOf(error) };
    }
    await sleep(Math.max(0, rest));
  }
  return said;
}

/** Not when a path has not settled yet, or no relay has told the app its address so far. */
function isAllThatCanBeSeen({ facts, sighting }: Extract<WitnessSaid, { state: 'reported' }>): boolean {
  if (sighting === null || sighting.relayPath === null) return false;
  // The NAT is known and the level does not follow: the app does not know its address yet, while iroh waits for a dead relay.
  return (
    facts.natType !== 'Unknown' && !(facts.level === 'orange' && facts.natType === 'Endpoint-Independent')
  );
}

function say<Said>(what: Said): void {
  console.log(JSON.stringify(what));
}
