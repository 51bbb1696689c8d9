// Runs inside a lab's namespace as a program of its own: apps with a session each, and nothing else.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** A file: once it is there, the first of them makes a report for itself. Default: none does. */
  reportsAt?: string | undefined;
}

/** What it says of that report, as JSON. */
export interface GuestReport {
  /** Milliseconds until the colour was final, and until the report was whole. */
  colourMs: number;
  ms: number;
  colour: string;
}

const POLL_MS = 100;

const { guests, roots, env, reportsAt } = JSON.parse(process.argv[2] ?? '') as GuestsHere;
const surroundings = { isPublicAddress, environment: { bundledRoots: roots, env } };
const [first] = guests.map((guest) =>
  NetDiagnostics.start({ ...guest, network: 'minimal', reuse: 0, metrics: 0 }, {}, { surroundings }),
);
if (first !== undefined && reportsAt !== undefined) {
  while (!existsSync(reportsAt)) await sleep(POLL_MS);
  console.log(JSON.stringify(await ownReport(first)));
}

async function ownReport(guest: NetDiagnostics): Promise<GuestReport> {
  const started = performance.now();
  const passed = () => performance.now() - started;
  let colourMs: number | null = null;
  const report = await guest.run({
    onProbe: ({ soFar }) => {
      if (soFar?.isFinal === true) colourMs ??= passed();
    },
  });
  const ms = passed();
  return { colourMs: colourMs ?? ms, ms, colour: report.summary.colour };
}
