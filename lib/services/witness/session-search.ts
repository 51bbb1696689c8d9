import { SESSIONS_LOOKED_AT, SESSIONS_REMEMBERED } from '../constants.js';

/** Where the sessions are, and what is seen of one. */
export interface SessionSearchDeps<Session, Seen> {
  /** All live sessions, in any order. */
  sessions: () => Iterable<Session>;
  /** What is looked for in one; empty: it has none of it, or is no more. */
  see: (session: Session) => readonly Seen[];
}

/**
 * Finds sessions of a kind. A platform may have thousands of sessions, and to read the paths of one is a call of the binding: for
 * each answer a few are looked at, in turn, and those that were found before are looked at first.
 */
export class SessionSearch<Session, Seen> {
  readonly #deps: SessionSearchDeps<Session, Seen>;
  /** What is looked for was there when they were last looked at; the last found one at the end. */
  readonly #found = new Set<Session>();
  #turn: Iterator<Session> | null = null;

  constructor(deps: SessionSearchDeps<Session, Seen>) {
    this.#deps = deps;
  }

  /** Whether one counts, by what is seen of it. It may not find one that there is. */
  some(counts: (session: Session, seen: Seen) => boolean): boolean {
    const looked = (session: Session) => this.#look(session).some((seen) => counts(session, seen));
    return [...this.#found].some(looked) || this.#next().some(looked);
  }

  #look(session: Session): readonly Seen[] {
    const seen = this.#deps.see(session);
    this.#found.delete(session);
    if (seen.length > 0) this.#found.add(session);
    const [oldest] = this.#found;
    if (oldest !== undefined && this.#found.size > SESSIONS_REMEMBERED) this.#found.delete(oldest);
    return seen;
  }

  /** The next few, each once: the last ones are followed by the first ones. */
  #next(): Session[] {
    const sessions = new Set<Session>();
    for (let left = SESSIONS_LOOKED_AT; left > 0; left -= 1) {
      this.#turn ??= this.#deps.sessions()[Symbol.iterator]();
      const next = this.#turn.next();
      if (next.done === true) this.#turn = null;
      else if (sessions.has(next.value)) break;
      else sessions.add(next.value);
    }
    return [...sessions];
  }
}
