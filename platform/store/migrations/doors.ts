import type { Migration } from './sql.js';

/**
 * Version 11: a token ends with the user who made it, or made what made it; and processes count together who guesses
 * passwords. Ids of users have 24 digits. A user who is gone is the owner of his tokens, too: they let nobody in.
 */
export const doors: Migration = async (sql) => {
  const { text } = sql;
  await sql.run(
    `ALTER TABLE api_tokens ADD COLUMN owner ${text}`,
    `WITH RECURSIVE origins (id, owner) AS (
       SELECT id, created_by FROM api_tokens WHERE length(created_by) = 24
       UNION SELECT made.id, origins.owner FROM api_tokens made JOIN origins ON made.created_by = origins.id)
     UPDATE api_tokens SET owner = (SELECT origins.owner FROM origins WHERE origins.id = api_tokens.id)
     WHERE id IN (SELECT id FROM origins)`,
    'CREATE INDEX api_tokens_by_owner ON api_tokens (owner)',
    'CREATE INDEX api_tokens_by_maker ON api_tokens (created_by)',
    `CREATE TABLE sign_in_turns (hash ${text} PRIMARY KEY, full_at BIGINT NOT NULL)`,
    'CREATE INDEX sign_in_turns_by_time ON sign_in_turns (full_at)',
  );
};
