import type { PathSeen, RelayAccessSeen } from '../../report/index.js';
import { normaliseRelayUrl } from '../../wire/index.js';
import type { PeerLink, PeerPath } from './types.js';

/** Follows the paths of one connection: each of them as it was when it was last there. */
export class PathWatch {
  readonly #link: Pick<PeerLink, 'paths'>;
  readonly #paths = new Map<string, PeerPath>();

  constructor(link: Pick<PeerLink, 'paths'>) {
    this.#link = link;
  }

  /** Looks at the paths now. @returns the direct path that data uses; `null`: it uses none, or a relay */
  look(): PeerPath | null {
    const now = this.#link.paths();
    for (const path of now) this.#paths.set(path.remoteAddr, path);
    return now.find(({ isRelay, isSelected }) => isSelected && !isRelay) ?? null;
  }

  /** Relays over which the peer was heard. */
  get relays(): RelayAccessSeen[] {
    const heard = [...this.#paths.values()].filter(({ isRelay, received = 1 }) => isRelay && received > 0);
    const urls = heard.flatMap(({ remoteAddr }) => normaliseRelayUrl(remoteAddr) ?? []);
    return [...new Set(urls)].map((relayUrl) => ({ relayUrl, stage: 'ready' }));
  }

  /**
   * The relayed paths, and the direct one that proved itself. Others are no proof that UDP passes, however much came by
   * them: some firewalls let a flow's first datagrams pass.
   *
   * @param proved - its `ip:port`; `null`: none did
   */
  paths(proved: string | null): PathSeen[] {
    const kept = [...this.#paths.values()].filter(
      ({ remoteAddr, isRelay }) => isRelay || remoteAddr === proved,
    );
    return kept.map(({ remoteAddr, isRelay, received }) => ({
      ...{ remoteAddr, isRelay },
      ...(received !== undefined && { received }),
    }));
  }
}
