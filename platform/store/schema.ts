import type { ColumnType } from 'kysely';

/** PostgreSQL's driver hands out bigint as text: who reads a row converts. */
type BigInteger = ColumnType<number | string, number, number>;
/** Present in every row, but with a default in the table. */
type Defaulted = ColumnType<number | string, number | undefined, number>;

/** What is kept of a report's facts, beside a report and beside an endpoint. Booleans: 0 and 1; `null`: not measured. */
interface FactColumns {
  level: string | null;
  nat_type: string | null;
  /** NULL: a report of an earlier version, and its own word. */
  nat_type_by: string | null;
  udp_v4: number | null;
  udp_v6: number | null;
  varies_v4: number | null;
  varies_v6: number | null;
  iroh_version: string | null;
  services_version: string | null;
}

/** What the platform itself saw when a report came. All NULL: nothing. */
interface SightingColumns {
  seen_path: string | null;
  seen_address: string | null;
  seen_relay_path: number | null;
  relays_elsewhere: number | null;
  others_direct: number | null;
}

interface EndpointTable extends FactColumns, SightingColumns {
  project: string;
  id: string;
  /** The identity that it opened its last session with. */
  identity: string;
  name: string | null;
  /** `group` is a word of SQL's own. */
  group_name: string | null;
  /** A JSON object; NULL for none. For filters there is `endpoint_attributes`. */
  attributes: string | null;
  /** The name in lower case, empty for none: to sort and to search by. */
  name_key: string;
  issuer: string;
  expires_at: BigInteger | null;
  first_seen_at: BigInteger;
  last_seen_at: BigInteger;
  is_online: number;
  /** JSON. */
  address: string | null;
  shared_identity_at: BigInteger | null;
  /** Of its grants the one that is shown; separated by spaces. NULL: none. */
  grant_caps: string | null;
  grant_expires_at: BigInteger | null;
  granted_at: BigInteger | null;
  /** Whether that one allows a dial-back, as long as it has not expired. */
  can_dial_back: Defaulted;
  /** Its newest report; NULL: none. */
  report_id: string | null;
  report_at: BigInteger | null;
  report_source: string | null;
  report_duration_ms: BigInteger | null;
  /** Its reports that are kept, and their bytes. */
  report_count: BigInteger;
  stored_bytes: BigInteger;
  /** The same of its metrics, as counted when they were last looked after. */
  point_count: Defaulted;
  point_bytes: Defaulted;
}

/** The tables as the last migration leaves them. A column that may be NULL may be left out of a new row. */
export interface Tables {
  schema_version: { version: BigInteger };
  settings: { key: string; value: string };
  projects: {
    id: string;
    name: string;
    created_at: BigInteger;
    /** From then on it is not shown any more, and what it has is removed bit by bit. */
    removed_at: BigInteger | null;
  };
  identities: {
    id: string;
    /** NULL: the key lies in the data folder. */
    sealed_key: string | null;
    created_at: BigInteger;
    /** The process that has it; NULL: nobody. */
    holder: string | null;
    /** Grows with each holder: what an earlier one still writes is refused. */
    token: Defaulted;
    /** Grows with each sign of life. */
    beat: Defaulted;
    beat_at: Defaulted;
  };
  api_secrets: {
    key_id: string;
    project: string;
    /** The identity it names. */
    identity: string;
    label: string;
    created_at: BigInteger;
    revoked_at: BigInteger | null;
  };
  endpoints: EndpointTable;
  endpoint_attributes: { project: string; endpoint_id: string; key: string; value: string };
  grants: {
    project: string;
    endpoint_id: string;
    /** Whom the grant lets dial back. */
    identity: string;
    /** Separated by spaces. */
    caps: string;
    /** Hex. */
    token: string;
    expires_at: BigInteger | null;
    granted_at: BigInteger;
  };
  reports: FactColumns &
    SightingColumns & {
      id: string;
      project: string;
      endpoint_id: string;
      source: string;
      received_at: BigInteger;
      duration_ms: BigInteger | null;
      bytes: BigInteger;
      /** JSON. */
      report: string;
    };
  metric_schemas: {
    project: string;
    /** Of `schema_json`: each schema is kept once. */
    hash: string;
    /** What pushes need of the schema without reading it. */
    types: string;
    schema_json: string;
  };
  /** The latest values of each session. */
  metrics: {
    project: string;
    endpoint_id: string;
    session_id: string;
    schema_hash: string;
    values_json: string;
    updated_at: BigInteger;
  };
  /** One session with one schema, and one more when the clock was set back behind what is rolled up. */
  metric_series: {
    /** Random: nothing counts up on both databases. */
    id: BigInteger;
    project: string;
    endpoint_id: string;
    session_id: string;
    schema_hash: string;
    began_at: BigInteger;
    /** Pushes before this time are rolled up, and no more are taken. */
    rolled_at: BigInteger;
    /** When it is to be looked after next. */
    due_at: BigInteger;
    /** As counted when it was last looked after. */
    points: BigInteger;
    bytes: BigInteger;
  };
  metric_points: {
    series: BigInteger;
    /** See `TIERS`. */
    tier: number;
    /** When its span began. */
    at: BigInteger;
    /** Pushes that are in it. */
    samples: BigInteger;
    point: string;
  };
  runs: {
    id: string;
    project: string;
    endpoint_id: string;
    identity: string;
    /** In words. */
    requested_by: string;
    /** A kind of caller; NULL: a program, or a run of an earlier version. */
    requester_kind: string | null;
    requester_id: string | null;
    /** Where who asked stands in his trace, as a W3C `traceparent`; NULL: in none. */
    trace: string | null;
    requested_at: BigInteger;
    deadline_at: BigInteger;
    /** `queued`, `running`, `done` or `failed`. */
    state: string;
    phase: string | null;
    /** Under which token of the identity it was claimed. */
    token: BigInteger | null;
    updated_at: BigInteger;
    ended_at: BigInteger | null;
    report_id: string | null;
    failure_kind: string | null;
    failure_message: string | null;
    cancel: Defaulted;
  };
  users: {
    id: string;
    name: string;
    /** What makes a name the same as another. */
    name_key: string;
    email: string | null;
    email_key: string | null;
    /** Its hash, with the parameters of that; NULL: none. */
    password: string | null;
    /** Who he is with a provider of OpenID Connect. */
    oidc_issuer: string | null;
    oidc_subject: string | null;
    is_administrator: number;
    created_at: BigInteger;
    disabled_at: BigInteger | null;
    last_sign_in_at: BigInteger | null;
  };
  members: {
    project: string;
    user_id: string;
    role: string;
    /** `local`: somebody made him one; `oidc`: a group of his provider did, and the next sign-in may take it back. */
    source: string;
    created_at: BigInteger;
  };
  /** Browsers that are signed in. */
  sign_ins: {
    /** Of the cookie's value. */
    hash: string;
    /** To name it in a list. */
    id: string;
    user_id: string;
    /** `password`, `code` or `oidc`. */
    way: string;
    created_at: BigInteger;
    /** To the minute. */
    seen_at: BigInteger;
    expires_at: BigInteger;
    from_address: string | null;
    agent: string;
  };
  known_addresses: { user_id: string; address: string; seen_at: BigInteger };
  one_time_codes: {
    hash: string;
    /** `set-up` or `sign-in`. */
    kind: string;
    user_id: string | null;
    created_at: BigInteger;
    expires_at: BigInteger;
  };
  api_tokens: {
    /** The part of its text by which it is found. */
    id: string;
    /** Of the secret part. */
    hash: string;
    /** NULL: of the whole platform. */
    project: string | null;
    label: string;
    /** Separated by spaces. */
    permissions: string;
    /** Who made it: a user's id, a token's id, or the kind of another caller. */
    created_by: string;
    /** The user with whom it ends: who made it, or made what made it; NULL: none. */
    owner: string | null;
    created_at: BigInteger;
    expires_at: BigInteger | null;
    revoked_at: BigInteger | null;
    /** To the minute. */
    last_used_at: BigInteger | null;
  };
  /** Tries to sign in, counted by all processes together. */
  sign_in_turns: {
    /** Of an address, a name, or both. */
    hash: string;
    /** When all turns are back. */
    full_at: BigInteger;
  };
  /** Sign-ins by OpenID Connect that are under way. */
  oidc_attempts: {
    hash: string;
    verifier: string;
    nonce: string;
    return_to: string;
    created_at: BigInteger;
  };
  audit: {
    /** Begins with its time. */
    id: string;
    at: BigInteger;
    /** NULL: of the whole platform. Of one that was removed: its id after a `~`. */
    project: string | null;
    actor_kind: string;
    actor_id: string;
    actor_name: string;
    action: string;
    target: string | null;
    from_address: string | null;
    /** A JSON object. */
    detail: string | null;
    /** More than 1: the same happened as often, from `at` on. */
    times: BigInteger;
  };
}
