import { readFile } from 'node:fs/promises';
import type { Exchanged } from './connection/exchange.js';
import type { Session } from './discover.js';

/**
 * After so many milliseconds without a result the next relay is tried as well, even if this one has no trouble. Not
 * sooner: a slow line would only have to carry more.
 */
const NEXT_AFTER_MS = 1200;

/** What full-size datagrams to one relay showed. */
export type Proof = Exchanged & {
  /** This machine had to cut them into fragments: the path does not carry them whole. */
  isFragmented: boolean;
};

/**
 * Sends full-size datagrams to one relay of a family, and to the next only if they do not pass, or their
 * acknowledgements are late: most of the path is the same. But relays that see another IP address of ours are tried as well, because one of them may stand in our
 * own network. So there is one proof for each address.
 */
export class Exchanges {
  /** Resolves when datagrams pass for each address, or no relay is left. */
  readonly done: Promise<void>;
  readonly proofs = new Map<Session, Proof | { error: unknown }>();
  readonly #family: 4 | 6;
  readonly #remainingMs: () => number;
  readonly #sinceAnswerMs: () => number;
  readonly #waiting: Session[] = [];
  readonly #running = new Set<Session>();
  /** IP addresses of ours from which datagrams pass. */
  readonly #proven = new Set<string>();
  /** IP addresses of ours from which other things pass while datagrams do not. */
  readonly #selective = new Set<string>();
  readonly #finish: () => void;
  #hasAll = false;

  /** @param sinceAnswerMs - how many milliseconds ago the path was seen to live, by another probe */
  constructor(
    family: 4 | 6,
    remainingMs: () => number,
    sinceAnswerMs: () => number = () => Number.POSITIVE_INFINITY,
  ) {
    this.#family = family;
    this.#remainingMs = remainingMs;
    this.#sinceAnswerMs = sinceAnswerMs;
    const { promise, resolve } = deferred();
    this.done = promise;
    this.#finish = resolve;
  }

  /** A relay that can be tried. */
  add(session: Session): void {
    this.#waiting.push(session);
    const { ip } = session.observed;
    if (![...this.#running].some(({ observed }) => observed.ip === ip)) this.#next(ip);
  }

  /** No more relays will come. */
  close(): void {
    this.#hasAll = true;
    this.#settle();
  }

  /** Tries the next relay that sees us at this address. */
  #next(ip: string): void {
    if (this.#proven.has(ip)) return;
    const place = this.#waiting.findIndex(({ observed }) => observed.ip === ip);
    const [session] = place === -1 ? [] : this.#waiting.splice(place, 1);
    if (session !== undefined) void this.#run(session);
  }

  async #run(session: Session): Promise<void> {
    this.#running.add(session);
    const { ip } = session.observed;
    let hasGoneOn = false;
    const goOn = () => {
      if (!hasGoneOn) this.#next(ip);
      hasGoneOn = true;
    };
    const impatience = setTimeout(goOn, NEXT_AFTER_MS).unref();
    try {
      const before = await datagramsFragmented(this.#family);
      const exchanged = await session.exchange(this.#remainingMs(), {
        livedInSilence: (silentMs, leastMs) => this.#livedInSilence(ip, silentMs, leastMs),
        onTrouble: goOn,
      });
      const after = await datagramsFragmented(this.#family);
      const cut = before === null || after === null ? 0 : after - before;
      this.proofs.set(session, { ...exchanged, isFragmented: exchanged.sent > 0 && cut >= exchanged.sent });
      if (exchanged.end === 'sustained') this.#proven.add(ip);
    } catch (error) {
      this.proofs.set(session, { error });
    }
    hasGoneOn = true;
    clearTimeout(impatience);
    this.#running.delete(session);
    this.#next(ip);
    this.#settle();
  }

  /**
   * Whether the path lived while datagrams to a relay were not acknowledged. Then the relays that see us at the same
   * address are not silent because the path carries nothing at all.
   */
  #livedInSilence(ip: string, silentMs: number, leastMs: number): boolean {
    if (silentMs - this.#sinceAnswerMs() >= leastMs) this.#selective.add(ip);
    return this.#selective.has(ip);
  }

  #settle(): void {
    const open = [...this.#waiting, ...this.#running].filter(
      ({ observed }) => !this.#proven.has(observed.ip),
    );
    if (this.#hasAll && open.length === 0) this.#finish();
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/**
 * How many datagrams this machine has cut into fragments. Node cannot forbid that, but iroh's QUIC does, so a path
 * that carries only fragments does not work for iroh. Null: this system does not tell.
 */
async function datagramsFragmented(family: 4 | 6): Promise<number | null> {
  try {
    const text = await readFile(family === 4 ? '/proc/net/snmp' : '/proc/net/snmp6', 'utf8');
    const found = family === 4 ? valueBelow(text, 'Ip:', 'FragOKs') : /^Ip6FragOKs\s+(\d+)/m.exec(text)?.[1];
    return found === undefined ? null : Number(found);
  } catch {
    return null;
  }
}

/** A table of two lines: names above, numbers below. */
function valueBelow(text: string, start: string, name: string): string | undefined {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith(start))
    .map((line) => line.split(/\s+/));
  const at = names.indexOf(name);
  return at < 0 ? undefined : values[at];
}
