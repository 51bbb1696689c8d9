import type { Migration } from './sql.js';

/**
 * Version 8: people. What proves who somebody is, is kept as a hash only. Entries of the audit log refer to nothing: they
 * outlive whom and what they tell of.
 */
export const people: Migration = async (sql) => {
  const { text } = sql;
  const ofUser = `user_id ${text} NOT NULL REFERENCES users (id) ON DELETE CASCADE`;
  await sql.run(
    // From then on nobody sees it, and what it has is removed bit by bit.
    'ALTER TABLE projects ADD COLUMN removed_at BIGINT',
    `CREATE TABLE users (
       id ${text} PRIMARY KEY, name ${text} NOT NULL, name_key ${text} NOT NULL UNIQUE, email ${text},
       email_key ${text} UNIQUE, password ${text}, oidc_issuer ${text}, oidc_subject ${text},
       is_administrator SMALLINT NOT NULL, created_at BIGINT NOT NULL, disabled_at BIGINT, last_sign_in_at BIGINT,
       UNIQUE (oidc_issuer, oidc_subject))`,
    `CREATE TABLE members (
       project ${text} NOT NULL REFERENCES projects (id) ON DELETE CASCADE, ${ofUser}, role ${text} NOT NULL,
       source ${text} NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (project, user_id))`,
    `CREATE TABLE sign_ins (
       hash ${text} PRIMARY KEY, id ${text} NOT NULL UNIQUE, ${ofUser}, way ${text} NOT NULL, created_at BIGINT NOT NULL,
       seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, from_address ${text}, agent ${text} NOT NULL)`,
    // Where somebody signed in from before: strangers who guess cannot slow that one down.
    `CREATE TABLE known_addresses (
       ${ofUser}, address ${text} NOT NULL, seen_at BIGINT NOT NULL, PRIMARY KEY (user_id, address))`,
    `CREATE TABLE one_time_codes (
       hash ${text} PRIMARY KEY, kind ${text} NOT NULL, user_id ${text} REFERENCES users (id) ON DELETE CASCADE,
       created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)`,
    `CREATE TABLE api_tokens (
       id ${text} PRIMARY KEY, hash ${text} NOT NULL, project ${text} REFERENCES projects (id) ON DELETE CASCADE,
       label ${text} NOT NULL, permissions ${text} NOT NULL, created_by ${text} NOT NULL, created_at BIGINT NOT NULL,
       expires_at BIGINT, revoked_at BIGINT, last_used_at BIGINT)`,
    `CREATE TABLE oidc_attempts (
       hash ${text} PRIMARY KEY, verifier ${text} NOT NULL, nonce ${text} NOT NULL, return_to ${text} NOT NULL,
       created_at BIGINT NOT NULL)`,
    // Its id begins with its time. Of what happens over and over a row counts how often.
    `CREATE TABLE audit (
       id ${text} PRIMARY KEY, at BIGINT NOT NULL, project ${text}, actor_kind ${text} NOT NULL, actor_id ${text} NOT NULL,
       actor_name ${text} NOT NULL, action ${text} NOT NULL, target ${text}, from_address ${text}, detail ${text},
       times BIGINT NOT NULL)`,
    'CREATE INDEX members_by_user ON members (user_id)',
    'CREATE INDEX sign_ins_by_user ON sign_ins (user_id, created_at)',
    'CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at)',
    'CREATE INDEX one_time_codes_by_user ON one_time_codes (user_id)',
    'CREATE INDEX api_tokens_by_project ON api_tokens (project, created_at)',
    'CREATE INDEX oidc_attempts_by_time ON oidc_attempts (created_at)',
    'CREATE INDEX audit_by_project ON audit (project, id)',
    'CREATE INDEX audit_by_action ON audit (action, id)',
    // Who asked for it: `requested_by` says so in words.
    `ALTER TABLE runs ADD COLUMN requester_kind ${text}`,
    `ALTER TABLE runs ADD COLUMN requester_id ${text}`,
  );
};
