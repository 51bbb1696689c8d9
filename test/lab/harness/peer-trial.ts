import { DEFAULT_DEADLINE_MS, PEER_DEADLINE_MS } from '../../../lib/diagnose/options.js';
import type { LocalReport } from '../../../lib/report/index.js';
import { agrees } from './agreement.js';
import { type Case, RELAY_TARGETS, reportOptions } from './case.js';
import { Compiled } from './compiled.js';
import { FAR_END, farCommand, hasFarEnd } from './far-end.js';
import type { Lab } from './lab.js';
import type { PairResult } from './pair.js';
import type { PeerHere, PeerReady } from './peer-here.js';
import { Places } from './places.js';
import type { Program } from './program.js';
import type { RelayCa } from './relays.js';
import type { Reported, Reporter } from './reporter.js';
import { BINDING_VARIABLE } from './trusting-binding.js';

/** What came of a report that tried a peer. */
export interface Tried extends Reported {
  /** The peer's address; null: there was none to try, since no relay carries to it. */
  peer: string | null;
}

/** Waits for the peer to go online and to make its own report, with the time that a busy machine takes. */
const READY_MS = 30_000;

/** Of the peer, at most. */
const STARTS = 3;

/** A trial waits for the most of its time, but what it measures in its first seconds does not share its cores with many. */
const TRIALS = new Places(3);

/** A peer behind the ordinary home router of the far end, and reports on `cli` that try it. */
export class PeerTrial {
  readonly #ca: RelayCa;
  readonly #peer: Compiled;
  readonly #reporter: Reporter;

  private constructor(ca: RelayCa, peer: Compiled, reporter: Reporter) {
    this.#ca = ca;
    this.#peer = peer;
    this.#reporter = reporter;
  }

  static async build(ca: RelayCa, reporter: Reporter): Promise<PeerTrial> {
    return new PeerTrial(ca, await Compiled.build('peer-here.ts'), reporter);
  }

  /** Its relays and STUN servers are those of the report, as an operator names them on both machines. */
  report(lab: Lab, wanted: Pick<Case, 'topology' | 'report'>): Promise<Tried> {
    return TRIALS.one(() => this.#report(lab, wanted));
  }

  remove(): Promise<void> {
    return this.#peer.remove();
  }

  async #report(lab: Lab, { topology, report = {} }: Pick<Case, 'topology' | 'report'>): Promise<Tried> {
    // Where the case needs more time to measure, it does so beside a peer as well.
    const { deadline: alone, ...rest } = report;
    const deadline = alone == null ? {} : { deadline: alone + PEER_DEADLINE_MS - DEFAULT_DEADLINE_MS };
    const { probes, ...options } = reportOptions({ ...rest, ...deadline, timesColour: true }, this.#ca);
    const { relays = RELAY_TARGETS, stun = [] } = options;
    const told: PeerHere = { relays, stun, ca: [this.#ca.pem] };
    const canMeet = relays.length > 0 && hasFarEnd(topology);
    const far = canMeet ? await this.#start(lab, farCommand(topology, this.#peer.command(told))) : null;
    const peer = far?.ready.peer ?? null;
    try {
      const wanted = {
        ...options,
        probes: [...(probes ?? []), 'peer' as const],
        peers: peer === null ? [] : [peer],
      };
      return { ...(await this.#reporter.report(lab, 'cli', wanted, this.#binding)), peer };
    } finally {
      far?.program.process.kill('SIGKILL');
    }
  }

  /** Starts the peer. On a busy machine its own report may not know its network in time: then it is started again. */
  async #start(lab: Lab, argv: readonly string[]): Promise<{ program: Program; ready: PeerReady }> {
    for (let left = STARTS; ; left -= 1) {
      const program = lab.start(FAR_END, argv, this.#binding);
      const ready = JSON.parse(await program.says(/^\{"peer".*\}$/m, READY_MS)) as PeerReady;
      if (ready.peer === null || ready.isWell !== null || left === 1) return { program, ready };
      program.process.kill('SIGKILL');
    }
  }

  get #binding(): NodeJS.ProcessEnv {
    return { [BINDING_VARIABLE]: this.#ca.binding };
  }
}

/** Whether the colour says what the pair does; where chance has a say, what it did in one of its tries. */
export function agreesWithTries(
  { summary }: Pick<LocalReport, 'summary'>,
  pair: PairResult,
  isByChance: boolean,
): boolean {
  const tries = isByChance && pair.tries.length > 0 ? pair.tries : [pair];
  return tries.some(({ outcome }) => agrees(summary.colour, outcome));
}
