/** What of people has ended on its own, and who did what long ago: removed some at a time. */
import type { Kysely } from 'kysely';
import type { Tables } from './schema.js';

const AT_ONCE = 500;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A sign-in at a provider takes so long at most. */
const ATTEMPT_MS = 10 * MINUTE_MS;
/** So long a token that cannot be used any more is still listed. */
const ENDED_TOKEN_MS = 90 * DAY_MS;
/** So much of what is kept are sign-ins that failed: anybody can make such entries. */
const FAILED_SHARE = 10;

/** Removes sign-ins, codes and tokens that have ended. @returns whether there may be more */
export async function dropEnded(tables: Kysely<Tables>, now: number): Promise<boolean> {
  const signIns = await tables
    .deleteFrom('sign_ins')
    .where('hash', 'in', (eb) =>
      eb.selectFrom('sign_ins').select('hash').where('expires_at', '<=', now).limit(AT_ONCE),
    )
    .executeTakeFirst();
  const attempts = await tables
    .deleteFrom('oidc_attempts')
    .where('hash', 'in', (eb) =>
      eb
        .selectFrom('oidc_attempts')
        .select('hash')
        .where('created_at', '<', now - ATTEMPT_MS)
        .limit(AT_ONCE),
    )
    .executeTakeFirst();
  // Nothing to be remembered: a name or an address without a row has all turns.
  const turns = await tables
    .deleteFrom('sign_in_turns')
    .where('hash', 'in', (eb) =>
      eb.selectFrom('sign_in_turns').select('hash').where('full_at', '<=', now).limit(AT_ONCE),
    )
    .executeTakeFirst();
  // There are a few of each, and of each user.
  const codes = await tables.deleteFrom('one_time_codes').where('expires_at', '<=', now).executeTakeFirst();
  const tokens = await tables
    .deleteFrom('api_tokens')
    .where(({ or, eb }) =>
      or([eb('revoked_at', '<', now - ENDED_TOKEN_MS), eb('expires_at', '<', now - ENDED_TOKEN_MS)]),
    )
    .executeTakeFirst();
  return [signIns, attempts, turns, codes, tokens].some(
    ({ numDeletedRows }) => numDeletedRows >= BigInt(AT_ONCE),
  );
}

/**
 * Removes some entries of the audit log that are older than a time, or more than so many.
 * @returns whether there may be more
 */
export async function dropAudit(tables: Kysely<Tables>, since: number, most: number): Promise<boolean> {
  const old = await tables
    .deleteFrom('audit')
    .where('id', 'in', (eb) =>
      eb.selectFrom('audit').select('id').where('id', '<', idAt(since)).orderBy('id').limit(AT_ONCE),
    )
    .executeTakeFirst();
  if (old.numDeletedRows > 0n) return true;
  const failed = Math.floor(most / FAILED_SHARE);
  return (await dropOldest(tables, failed, 'sign-in.failed')) || dropOldest(tables, most);
}

async function dropOldest(tables: Kysely<Tables>, most: number, action?: string): Promise<boolean> {
  const { count } = await tables
    .selectFrom('audit')
    .select(({ fn }) => fn.countAll().as('count'))
    .$if(action !== undefined, (all) => all.where('action', '=', action ?? ''))
    .executeTakeFirstOrThrow();
  const excess = Number(count) - most;
  if (excess <= 0) return false;
  await tables
    .deleteFrom('audit')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('audit')
        .select('id')
        .$if(action !== undefined, (all) => all.where('action', '=', action ?? ''))
        .orderBy('id')
        .limit(Math.min(excess, AT_ONCE)),
    )
    .execute();
  return excess > AT_ONCE;
}

/** Sorts before every entry of that time or later. */
function idAt(time: number): string {
  return Math.max(0, time).toString(16).padStart(12, '0');
}
