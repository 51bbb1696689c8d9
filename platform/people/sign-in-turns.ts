import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { locking } from '../store/dialect.js';
import type { PeopleDeps, Tables } from './deps.js';

/** How often something may be tried: so many times at once, and so many more a minute. */
export interface Pace {
  burst: number;
  perMinute: number;
}

/** What tries are counted by. */
export interface Counted {
  /** An address or a name, with a word for which of them. */
  key: string;
  pace: Pace;
}

/** Rows at most, but for those of one round. Who used up his turns is forgotten last. */
const MAX_ROWS = 20_000;
/** So many turns of this process are a round. */
const ROUND = 500;

/**
 * Tries to sign in, as all processes of a platform count them: who guesses at several has no more turns than at one. A row says
 * when all turns are back, and one whose time has come is as good as none.
 */
export class SignInTurns {
  readonly #deps: Pick<PeopleDeps, 'store' | 'clock'>;
  #taken = 0;

  constructor(deps: Pick<PeopleDeps, 'store' | 'clock'>) {
    this.#deps = deps;
  }

  /** Whether there may be other processes: a file has one, whose own count is all that there is. */
  get areShared(): boolean {
    return this.#deps.store.dialect === 'postgres';
  }

  /** Takes a turn of each, or of none. @returns milliseconds until there is one of each; 0: they were taken */
  async take(counted: readonly Counted[]): Promise<number> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const wait = await store.write(async (tables) => {
      const known = await this.#known(tables, counted);
      const next = counted.map(({ key, pace }) => {
        const spacing = spacingOf(pace);
        const most = now + pace.burst * spacing;
        // Another process's clock may be ahead: nobody waits for longer than for all turns.
        const fullAt = Math.min(Math.max(known.get(hashOf(key)) ?? 0, now), most) + spacing;
        return { hash: hashOf(key), fullAt, spacing, wait: fullAt - most };
      });
      const longest = Math.max(...next.map(({ wait }) => wait));
      if (longest > 0) return longest;
      for (const { hash, fullAt, spacing } of next.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))) {
        // One that was not there a moment ago is another process's try of the same moment.
        if (known.has(hash))
          await tables
            .updateTable('sign_in_turns')
            .set({ full_at: fullAt })
            .where('hash', '=', hash)
            .execute();
        else
          await tables
            .insertInto('sign_in_turns')
            .values({ hash, full_at: fullAt })
            .onConflict((conflict) =>
              conflict
                .column('hash')
                .doUpdateSet({ full_at: sql<number>`sign_in_turns.full_at + ${spacing}` }),
            )
            .execute();
      }
      return 0;
    });
    this.#taken += 1;
    if (this.#taken % ROUND === 0) await this.#forget(now);
    return wait;
  }

  /** Gives turns back: it was no guess. */
  async giveBack(counted: readonly Counted[]): Promise<void> {
    await this.#deps.store.write(async (tables) => {
      await this.#known(tables, counted);
      for (const { key, pace } of counted)
        await tables
          .updateTable('sign_in_turns')
          .set({ full_at: sql<number>`full_at - ${spacingOf(pace)}` })
          .where('hash', '=', hashOf(key))
          .execute();
    });
  }

  /** Locked, in one order: nobody else counts these meanwhile. */
  async #known(tables: Tables, counted: readonly Counted[]): Promise<Map<string, number>> {
    const query = tables
      .selectFrom('sign_in_turns')
      .select(['hash', 'full_at'])
      .where(
        'hash',
        'in',
        counted.map(({ key }) => hashOf(key)),
      )
      .orderBy('hash');
    const rows = await locking(this.#deps.store.dialect, query).execute();
    return new Map(rows.map(({ hash, full_at: fullAt }) => [hash, Number(fullAt)]));
  }

  async #forget(now: number): Promise<void> {
    await this.#deps.store.write(async (tables) => {
      await tables.deleteFrom('sign_in_turns').where('full_at', '<=', now).execute();
      await tables
        .deleteFrom('sign_in_turns')
        .where('hash', 'not in', ({ selectFrom }) =>
          selectFrom('sign_in_turns')
            .select('hash')
            .orderBy('full_at', 'desc')
            .orderBy('hash')
            .limit(MAX_ROWS),
        )
        .execute();
    });
  }
}

/** Milliseconds until the next turn is back. */
function spacingOf({ perMinute }: Pace): number {
  return Math.ceil(60_000 / perMinute);
}

/** Strangers choose how long a key is, and the table shall hold no names. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
