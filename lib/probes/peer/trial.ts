import { abortable, scoped, systemSleep, TimeUp } from '../../async/index.js';
import { type Family, MIN_PATH_DATAGRAMS, type Observation, type PeerSeen } from '../../report/index.js';
import { parseSocketAddr, type SocketAddr } from '../../wire/index.js';
import { ENOUGH_MESSAGES, LONGEST_ECHO_MS, SHORTEST_ECHO_MS, TICK_MS } from './constants.js';
import { answersStrangers } from './stranger.js';
import { Talk } from './talk.js';
import type { PeerLink, PeerPath } from './types.js';
import { PathWatch } from './watch.js';

/** How a trial ended: a direct path proved itself, the time for watching was over, or something broke. */
export type Ending = 'proved' | 'watched' | { error: unknown };

/** What is known of a connection to a peer, except whose it is and how far it came. */
export type Watched = Omit<PeerSeen, 'peer' | 'reached'>;

/** One connection to a peer, watched until a direct path has come up and has kept carrying data. */
export class Trial {
  readonly #link: PeerLink;
  readonly #watch: PathWatch;
  readonly #elapsed: () => number;
  readonly #dialledMs: number;
  readonly #connectedMs: number;
  #talk: Talk | null = null;
  /** The last direct path, and when the first one came up. */
  #direct: { remoteAddr: string; ms: number } | null = null;
  /** The direct path that has proved itself. */
  #proved: string | null = null;
  /** Messages that have come back while the present direct path was in use; 0 without one. */
  #underWay = 0;
  /** Whether no other direct path is waited for. */
  #isTimeUp = false;
  #echoed = 0;
  #letsInStrangers: boolean | null = null;

  /**
   * @param elapsed - monotonic milliseconds
   * @param dialledMs - when dialling began
   */
  constructor(link: PeerLink, elapsed: () => number, dialledMs: number) {
    this.#link = link;
    this.#watch = new PathWatch(link);
    this.#elapsed = elapsed;
    this.#dialledMs = dialledMs;
    this.#connectedMs = elapsed();
  }

  /**
   * Waits for a direct path for `watchMs` milliseconds. One that carries messages by then may go on to prove itself, until
   * `longestMs` are over: iroh's second try may bring it in the last moment.
   * @throws the signal's reason when it fires
   */
  async run(watchMs: number, longestMs: number, signal: AbortSignal): Promise<Ending> {
    try {
      await scoped(signal, async (scope) => {
        const end = () => scope.abort(nothingProved());
        const atLast = setTimeout(end, longestMs).unref();
        const watched = setTimeout(() => {
          this.#isTimeUp = true;
          if (!this.isCarrying) end();
        }, watchMs).unref();
        try {
          await abortable(this.#prove(scope.signal), scope.signal);
        } finally {
          clearTimeout(watched);
          clearTimeout(atLast);
        }
      });
      return 'proved';
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof TimeUp ? 'watched' : { error };
    }
  }

  /** Whether messages come back while a direct path is in use, which has not proved itself yet. */
  get isCarrying(): boolean {
    return this.#underWay > 0;
  }

  /** Whether the peer was heard through a relay. */
  get isRelayed(): boolean {
    return this.#watch.relays.length > 0;
  }

  /** Whether the peer has said something about itself. */
  get hasTalked(): boolean {
    return (this.#talk?.facts ?? null) !== null;
  }

  get seen(): Watched {
    const isWell = this.#talk?.facts?.isWell ?? null;
    const letsInStrangers = this.#letsInStrangers;
    return {
      ...(this.#direct !== null && {
        ...familyOf(this.#direct.remoteAddr),
        remoteAddr: this.#direct.remoteAddr,
        directMs: Math.round(this.#direct.ms),
      }),
      watchedMs: Math.round(this.#elapsed() - this.#connectedMs),
      ...(this.#echoed > 0 && { echoed: this.#echoed }),
      ...(letsInStrangers !== null && { letsInStrangers }),
      ...(isWell !== null && { isPeerWell: isWell }),
    };
  }

  /** What the same paths tell other rules of the verdict. */
  get observation(): Observation {
    return { access: this.#watch.relays, paths: this.#watch.paths(this.#proved) };
  }

  async #prove(signal: AbortSignal): Promise<void> {
    const talking = Talk.begin(this.#link, signal).then((talk) => {
      this.#talk = talk;
      return talk;
    });
    const broken = talking.then((talk) => talk.failed);
    await Promise.race([broken, this.#untilProved(talking, signal)]);
  }

  async #untilProved(talking: Promise<Talk>, signal: AbortSignal): Promise<void> {
    for (;;) {
      const path = this.#look();
      if (path !== null && (await this.#carries(await talking, path, signal))) return;
      this.#underWay = 0;
      if (this.#isTimeUp) throw nothingProved();
      await systemSleep(TICK_MS, signal);
    }
  }

  #look(): PeerPath | null {
    const path = this.#watch.look();
    if (path !== null) {
      const ms = this.#direct?.ms ?? this.#elapsed() - this.#dialledMs;
      this.#direct = { remoteAddr: path.remoteAddr, ms };
    }
    return path;
  }

  /** Whether messages go there and come back over this direct path, to the end. */
  async #carries(talk: Talk, path: PeerPath, signal: AbortSignal): Promise<boolean> {
    return scoped(signal, async (scope) => {
      const address = addressOf(path.remoteAddr);
      const asked = address === null ? null : answersStrangers(address, scope.signal);
      const startedMs = this.#elapsed();
      const echoedBefore = talk.echoed;
      let last = { echoed: 0, ms: 0 };
      for (;;) {
        const ms = this.#elapsed() - startedMs;
        const now = this.#look();
        if (now?.remoteAddr !== path.remoteAddr) return false;
        const echoed = talk.echoed - echoedBefore;
        this.#underWay = echoed;
        if (echoed > last.echoed) last = { echoed, ms };
        const hasEnough = ms >= SHORTEST_ECHO_MS && echoed >= ENOUGH_MESSAGES;
        const came = (now.received ?? Number.POSITIVE_INFINITY) - (path.received ?? 0);
        // Some firewalls let the first datagrams of a flow pass: what counts is what came in the second half.
        const hasCarried = came >= MIN_PATH_DATAGRAMS && echoed > 0 && last.ms >= ms / 2;
        if ((hasEnough && hasCarried) || ms >= LONGEST_ECHO_MS) {
          scope.abort();
          if (!hasCarried) return false;
          this.#echoed = echoed;
          this.#letsInStrangers = await asked;
          this.#proved = path.remoteAddr;
          return true;
        }
        talk.send();
        await systemSleep(TICK_MS, scope.signal);
      }
    });
  }
}

function nothingProved(): TimeUp {
  return new TimeUp('nothing has proved itself');
}

function familyOf(text: string): { family?: Family } {
  const address = addressOf(text);
  return address === null ? {} : { family: address.family };
}

/** `null` for what is no `ip:port`: a path of a custom transport, or an address with a zone. */
function addressOf(text: string): SocketAddr | null {
  try {
    return parseSocketAddr(text);
  } catch {
    return null;
  }
}
