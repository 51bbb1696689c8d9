import {
  buildPeer,
  measurementsOf,
  type PairLine,
  type PairOptions,
  type PairReadyLine,
  pairAcceptArguments,
  pairDialArguments,
} from '../../interop/support/index.js';
import { FAR_END, farCommand, hasFarEnd } from './far-end.js';
import type { Lab } from './lab.js';
import type { Program } from './program.js';
import type { RelayCa } from './relays.js';
import type { ReportOptions } from './reporter.js';
import type { Topology } from './topology.js';

/** What two real endpoints then do. `no relay`: there is none that they could meet at. */
export type PairOutcome = 'direct' | 'relayed' | 'not connected' | 'not online' | 'no relay';

export interface PairTry {
  outcome: PairOutcome;
  /** Of the direct path. */
  family?: 4 | 6;
  /** From dialling to the direct path. */
  ms?: number;
}

/** The outcome of most tries, the first of them with it, and all of them, so that chance shows. */
export interface PairResult extends PairTry {
  tries: readonly PairTry[];
}

/** A third try only where the first two differ, or chance has a say. */
const TRIES = 3;

/** Where the pair does now the one, now the other, more of them show both, if somebody is to be held against it. */
export const CHANCE_TRIES = 6;

/** A far end takes its time until it is online; one that never is, until it gives up. */
const READY_MS = 20_000;

/** One endpoint in the network under test, and one behind an ordinary home router, through the relays of the lab. */
export class Pair {
  readonly #lab: Lab;
  readonly #options: PairOptions;
  readonly #far: Program;

  private constructor(lab: Lab, options: PairOptions, far: Program) {
    this.#lab = lab;
    this.#options = options;
    this.#far = far;
  }

  /** Starts the far end, which goes online meanwhile. null: there is no relay, or no Internet, to meet at. */
  static async start(
    lab: Lab,
    topology: Topology,
    relays: NonNullable<ReportOptions['relays']>,
    ca: RelayCa,
    mostTries: number = TRIES,
  ): Promise<Pair | null> {
    if (relays.length === 0 || !hasFarEnd(topology)) return null;
    const options = { relays, caFile: ca.file };
    const argv = [await buildPeer(), ...pairAcceptArguments({ ...options, tries: mostTries })];
    return new Pair(lab, options, lab.start(FAR_END, farCommand(topology, argv)));
  }

  async outcome(isByChance: boolean): Promise<PairResult> {
    const said = await this.#far.says(/^\{.*"event":"(pair-ready|fatal)".*\}$/m, READY_MS);
    const [ready] = measurementsOf<PairReadyLine>(said);
    const tries: PairTry[] = [];
    for (const { id, relay } of ready?.peers ?? []) {
      tries.push(await this.#try(relay === null ? null : { id, relay }));
      if (tries.length === 2 && !isByChance && tries[0]?.outcome === tries[1]?.outcome) break;
      if (tries.length >= TRIES && new Set(tries.map((each) => each.outcome === 'direct')).size > 1) break;
    }
    this.#far.process.kill('SIGKILL');
    return majority(tries);
  }

  async #try(peer: { id: string; relay: string } | null): Promise<PairTry> {
    const args = pairDialArguments({ ...this.#options, ...(peer === null ? {} : { peer }) });
    const [line] = measurementsOf<PairLine>(await this.#lab.run('cli', [await buildPeer(), ...args]));
    if (line === undefined || !line.online) return { outcome: 'not online' };
    if (!line.connected) return { outcome: 'not connected' };
    if (!line.direct) return { outcome: 'relayed' };
    return { outcome: 'direct', family: line.family, ms: line.ms };
  }
}

/** Where all differ, the last: it is not the best of them that counts. */
export function majority(tries: readonly PairTry[]): PairResult {
  const most = tries.find(({ outcome }) => tries.filter((other) => other.outcome === outcome).length > 1);
  return { ...(most ?? tries.at(-1) ?? { outcome: 'no relay' }), tries };
}
