import type { EndpointId, SocketAddr } from '../../wire/index.js';
import { DIRECT_PEERS_KEPT, SESSIONS_LOOKED_AT } from '../constants.js';

/** A session, as far as it is looked at here. */
export interface Peer {
  readonly remoteId: EndpointId;
}

/** Where the sessions are, and what is seen of one. */
export interface DirectPeersDeps<Session extends Peer> {
  /** All live sessions, in any order. */
  sessions: () => Iterable<Session>;
  isLive: (session: Session) => boolean;
  /** Its direct paths to public addresses. */
  directOf: (session: Session) => readonly SocketAddr[];
}

/**
 * Finds endpoints with direct sessions. A platform may have thousands of sessions, and to read the paths of one is a call of the
 * binding: for each answer a few are looked at, in turn, and those that were found are asked first.
 */
export class DirectPeers<Session extends Peer> {
  readonly #deps: DirectPeersDeps<Session>;
  /** Direct when they were last looked at; the last found one at the end. */
  readonly #found = new Set<Session>();
  #turn: Iterator<Session> | null = null;

  constructor(deps: DirectPeersDeps<Session>) {
    this.#deps = deps;
  }

  /**
   * Whether another endpoint has a direct path in this family, at none of these addresses. It may not see one that there is.
   * @param but - whose own sessions and IP addresses do not count
   */
  has(family: 4 | 6, but: { id: EndpointId; ips: ReadonlySet<string> }): boolean {
    const counts = (session: Session) => {
      const direct = this.#look(session);
      if (session.remoteId === but.id) return false;
      return direct.some((addr) => addr.family === family && !but.ips.has(addr.ip));
    };
    return [...this.#found].some(counts) || this.#next().some(counts);
  }

  #look(session: Session): readonly SocketAddr[] {
    const direct = this.#deps.isLive(session) ? this.#deps.directOf(session) : [];
    this.#found.delete(session);
    if (direct.length > 0) this.#found.add(session);
    const [oldest] = this.#found;
    if (oldest !== undefined && this.#found.size > DIRECT_PEERS_KEPT) this.#found.delete(oldest);
    return direct;
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
