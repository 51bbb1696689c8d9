import { createHash } from 'node:crypto';
import { type PeopleDeps, SKEW_MS } from './deps.js';

/** A sign-in that is under way at an OpenID provider. */
export interface OidcAttempt {
  /** Goes with the browser to the provider and back. */
  state: string;
  /** In a cookie of the browser that began it: no other one can end it. */
  browser: string;
  /** Of PKCE. */
  verifier: string;
  nonce: string;
  /** The page that was asked for. */
  returnTo: string;
}

/** How long somebody may take at the provider. */
export const ATTEMPT_MS = 10 * 60_000;
/** Under way at once, for all browsers. Anybody can begin one; one more ends the oldest. */
const MAX_ATTEMPTS = 10_000;

/** Sign-ins that are under way: begun at one process of a platform they may end at another. */
export class OidcAttempts {
  readonly #deps: PeopleDeps;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  async begin(attempt: OidcAttempt): Promise<void> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const { verifier, nonce, returnTo } = attempt;
    await store.write(async (tables) => {
      await tables
        .deleteFrom('oidc_attempts')
        .where(({ or, eb }) =>
          or([eb('created_at', '<', now - ATTEMPT_MS), eb('created_at', '>', now + SKEW_MS)]),
        )
        .execute();
      await tables
        .deleteFrom('oidc_attempts')
        .where('created_at', '<=', ({ selectFrom }) =>
          selectFrom('oidc_attempts')
            .select('created_at')
            .orderBy('created_at', 'desc')
            .offset(MAX_ATTEMPTS - 1)
            .limit(1),
        )
        .execute();
      await tables
        .insertInto('oidc_attempts')
        .values({ hash: hashOf(attempt), verifier, nonce, return_to: returnTo, created_at: now })
        .execute();
    });
  }

  /** Ends one: of several who try at once one gets it. @returns `null`: there is none, for that browser, any more */
  async take(
    state: string,
    browser: string,
  ): Promise<Pick<OidcAttempt, 'verifier' | 'nonce' | 'returnTo'> | null> {
    const { store, clock } = this.#deps;
    const row = await store.write((tables) =>
      tables
        .deleteFrom('oidc_attempts')
        .where('hash', '=', hashOf({ state, browser }))
        .returning(['verifier', 'nonce', 'return_to', 'created_at'])
        .executeTakeFirst(),
    );
    if (row === undefined || Math.abs(clock.now() - Number(row.created_at)) > ATTEMPT_MS) return null;
    return { verifier: row.verifier, nonce: row.nonce, returnTo: row.return_to };
  }
}

/** Both have to be right, and neither can be read in the database. */
function hashOf({ state, browser }: Pick<OidcAttempt, 'state' | 'browser'>): string {
  return createHash('sha256')
    .update(JSON.stringify([state, browser]))
    .digest('hex');
}
