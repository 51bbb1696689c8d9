import type { ColumnType } from 'kysely';

/** PostgreSQL's driver hands out bigint as text: who reads a row converts. */
type BigInteger = ColumnType<number | string, number, number>;
/** Present in every row, but with a default in the table. */
type Defaulted = ColumnType<number | string, number | undefined, number>;

/** What is kept of a report's facts, beside a report and beside an endpoint. Booleans: 0 and 1; `null`: not measured. */
interface FactColumns {
  level: string | null;
  nat_type: string | null;
  udp_v4: number | null;
  udp_v6: number | null;
  varies_v4: number | null;
  varies_v6: number | null;
  iroh_version: string | null;
  services_version: string | null;
}

interface EndpointTable extends FactColumns {
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
  projects: { id: string; name: string; created_at: BigInteger };
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
  reports: FactColumns & {
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
    requested_by: string;
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
}
