import { isIP } from 'node:net';
import { abortable, Patience, TimeUp, within } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type { Family, NameSeen } from '../../report/index.js';
import { withoutBrackets } from '../../wire/index.js';
import { MAX_ADDRESSES_PER_FAMILY } from '../constants.js';
import { ProbeFailure } from '../probe-failure.js';
import type { LookupHost, ResolvedAddress } from './system-lookup.js';

export type { LookupHost, ResolvedAddress } from './system-lookup.js';

const FAMILIES = [4, 6] as const;

/** Addresses of one name and family that are kept: more than iroh ever needs. */
const MAX_ADDRESSES = 8;

/** A name without an answer after this many milliseconds counts as silent: iroh waits as long (`DNS_TIMEOUT`). */
const SILENT_MS = 3000;

/** Lookups end this long before the report, in milliseconds, so that their silence is in the report. */
const MARGIN_MS = 100;

/** A lookup that has less time than this, in milliseconds, has no fair chance: it ends with the report. */
const FAIR_CHANCE_MS = 1000;

/** Longer than any report; the longest time that a timer takes. */
const NEVER_MS = 2 ** 31 - 1;

/** How long to wait for the second family when the first is known. */
const SECOND_FAMILY = { leastMs: 1500, times: 4, than: 'first' } as const;

/**
 * The least for a family in which this machine has no route to the Internet, in milliseconds: nothing could be sent to
 * its addresses.
 */
const ROUTELESS_LEAST_MS = 500;

/** The result of looking up one family of a name. */
interface Answer {
  result: NameSeen['result'];
  addresses: readonly ResolvedAddress[];
  error?: unknown;
}

/**
 * Looks each name up once for each report, so that all probes ask the same addresses. The families never wait for
 * each other.
 */
export class Resolver {
  readonly #lookup: LookupHost;
  readonly #signal: AbortSignal;
  readonly #remaining: () => number;
  readonly #pending = new Map<string, ReadonlyMap<Family, Promise<Answer>>>();
  readonly #isRouted: (family: Family) => Promise<boolean>;
  readonly #leastMs = new Map<Family, Promise<number>>();

  /**
   * @param remaining - milliseconds until the report ends
   * @param isRouted - whether this machine has a route to the Internet in a family. Must not reject. Default: it has
   */
  constructor(
    lookupHost: LookupHost,
    signal: AbortSignal,
    remaining: () => number = () => NEVER_MS,
    isRouted: (family: Family) => Promise<boolean> = async () => true,
  ) {
    this.#lookup = lookupHost;
    this.#signal = signal;
    this.#remaining = remaining;
    this.#isRouted = isRouted;
  }

  /**
   * The addresses of one family that may be used. An empty list: it has none.
   *
   * @param host - a name or an IP literal, as in a URL (`[::1]` included)
   * @throws when nobody answered, or with an error; when the name leads nowhere; when the report ends first
   */
  async resolve(host: string, family: Family): Promise<readonly ResolvedAddress[]> {
    const { addresses, error } = await this.#answer(host, family);
    if (error !== undefined) throw error;
    const usable = addresses.filter(({ leadsNowhere }) => leadsNowhere !== true);
    if (usable.length === 0 && addresses.length > 0) throw nowhere(host, addresses);
    return usable.slice(0, MAX_ADDRESSES_PER_FAMILY);
  }

  /** What is known of one family of a name, even if that is nothing. */
  async name(host: string, family: Family): Promise<NameSeen> {
    const { result, addresses, error } = await this.#answer(host, family);
    const ips = addresses.map(({ ip }) => ip);
    return { host, family, result, ips, ...(error === undefined ? {} : { code: codeOf(error) }) };
  }

  /**
   * The addresses of both families as they become known. Each family is returned before the next is waited for.
   *
   * @throws when there is none: why
   */
  async *addresses(host: string): AsyncGenerator<readonly ResolvedAddress[]> {
    const errors: unknown[] = [];
    let total = 0;
    const waiting = new Map(
      FAMILIES.map((family) => [
        family,
        this.resolve(host, family).then(
          (addresses) => ({ family, addresses }),
          (error: unknown) => {
            errors.push(error);
            return { family, addresses: [] };
          },
        ),
      ]),
    );
    while (waiting.size > 0) {
      const { family, addresses } = await Promise.race(waiting.values());
      waiting.delete(family);
      total += addresses.length;
      if (addresses.length > 0) yield addresses;
    }
    if (total === 0) throw errors[0] ?? notFound(host);
  }

  async #answer(host: string, family: Family): Promise<Answer> {
    const bare = withoutBrackets(host);
    const version = isIP(bare);
    if (version !== 0) {
      const addresses = version === family ? [{ ip: bare, family }] : [];
      return { result: addresses.length > 0 ? 'found' : 'none', addresses };
    }
    const pending = this.#pending.get(bare) ?? this.#askBoth(bare);
    this.#pending.set(bare, pending);
    const answer = pending.get(family);
    if (answer === undefined) throw notFound(host);
    return answer;
  }

  #askBoth(host: string): ReadonlyMap<Family, Promise<Answer>> {
    const patience = new Patience(SECOND_FAMILY);
    return new Map(
      FAMILIES.map((family) => {
        const answer = this.#ask(host, family, patience);
        // Nobody may ask for the other family; its failure must not be an unhandled rejection.
        answer.catch(() => undefined);
        return [family, answer];
      }),
    );
  }

  #leastMsOf(family: Family): Promise<number> {
    const known =
      this.#leastMs.get(family) ??
      this.#isRouted(family).then((isRouted) => (isRouted ? SECOND_FAMILY.leastMs : ROUTELESS_LEAST_MS));
    this.#leastMs.set(family, known);
    return known;
  }

  async #addressesOf(host: string, family: Family, signal: AbortSignal): Promise<ResolvedAddress[]> {
    // A lookup may ignore its signal.
    const all = await abortable(this.#lookup(host, family, signal), signal);
    return all
      .filter((address) => address.family === family && isIP(address.ip) === family)
      .slice(0, MAX_ADDRESSES);
  }

  /** Rejects only when the report ends first. */
  async #ask(host: string, family: Family, patience: Patience): Promise<Answer> {
    const budgetMs = this.#remaining() - MARGIN_MS;
    const ms = budgetMs < FAIR_CHANCE_MS ? NEVER_MS : Math.min(SILENT_MS, budgetMs);
    try {
      const addresses = await within(ms, this.#signal, (signal) =>
        patience.wait(
          signal,
          (cut) => this.#addressesOf(host, family, cut),
          (found) => found.length > 0,
          this.#leastMsOf(family),
        ),
      );
      return { result: addresses.length > 0 ? 'found' : 'none', addresses };
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof TimeUp) return { result: 'silent', addresses: [], error: silent(host, family) };
      // "There is no such name" is an answer.
      const result = codeOf(error) === 'ENOTFOUND' ? 'none' : 'failed';
      return { result, addresses: [], error };
    }
  }
}

function notFound(host: string): Error {
  return new ProbeFailure('ENOTFOUND', `${host} has no address`);
}

function silent(host: string, family: Family): Error {
  const message = `no name server answered for the IPv${family} address of ${host}`;
  return new ProbeFailure('DNS_SILENT', message);
}

function nowhere(host: string, addresses: readonly ResolvedAddress[]): Error {
  const ips = addresses.map(({ ip }) => ip).join(', ');
  const message = `the name server gives ${ips} for ${host}, which leads nowhere: it filters that name`;
  return new ProbeFailure('NAME_LEADS_NOWHERE', message);
}
