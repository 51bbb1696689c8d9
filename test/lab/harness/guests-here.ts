// Runs inside a lab's namespace as a program of its own: apps with a session each, and nothing else.
import { NetDiagnostics, type NetDiagnosticsOptions } from '../../../lib/index.js';
import { isPublicAddress } from './lab-internet.js';

/** What the program is told, as JSON. */
export interface GuestsHere {
  guests: readonly Pick<
    NetDiagnosticsOptions,
    'name' | 'apiSecret' | 'relays' | 'stun' | 'deadline' | 'bindAddrs'
  >[];
  /** PEM certificates in the place of Mozilla's roots. */
  roots: readonly string[];
  /** Environment variables that their reports look at. */
  env: Readonly<Record<string, string>>;
}

const { guests, roots, env } = JSON.parse(process.argv[2] ?? '') as GuestsHere;
const surroundings = { isPublicAddress, environment: { bundledRoots: roots, env } };
for (const guest of guests) {
  NetDiagnostics.start({ ...guest, network: 'minimal', reuse: 0, metrics: 0 }, {}, { surroundings });
}
