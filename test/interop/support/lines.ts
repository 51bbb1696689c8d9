import type { EndpointId } from '../../../lib/wire/index.js';

/** The lines a peer writes, as `test/interop/src` makes them; see the README beside it. */

export interface ClosedLine {
  by: 'peer' | 'local' | 'timeout' | 'other';
  code: number | null;
  reason: string;
}

export interface TokenLine {
  /** 64 hex digits. */
  issuer: string;
  audience: string;
  /** `issuer`, or the id of the delegation's root. */
  origin: string;
  caps: string[];
  /** Unix seconds; null: never. */
  expires_at: number | null;
  /** Stand-alone form (version byte first) as hex. */
  bytes: string;
}

export interface RustDuration {
  secs: number;
  nanos: number;
}

export interface RustReport {
  endpoint_id: string;
  net_report: {
    udp_v4: boolean;
    udp_v6: boolean;
    mapping_varies_by_dest_ipv4: boolean | null;
    mapping_varies_by_dest_ipv6: boolean | null;
    preferred_relay: string | null;
    relay_latency: Record<'ipv4' | 'ipv6' | 'https', Record<string, RustDuration>>;
    global_v4: string | null;
    global_v6: string | null;
    captive_portal: boolean | null;
  } | null;
  direct_addrs: string[];
  portmap_probe: { upnp: boolean; pcp: boolean; nat_pmp: boolean } | null;
  iroh_version: string;
  iroh_services_version: string;
}

export type AnswerKind =
  | 'ok'
  | 'close'
  | 'auth-error'
  | 'missing-capability'
  | 'internal-server-error'
  | 'drop'
  | 'silent';

interface FromClient {
  /** Counts the connections the platform took, from 1. */
  connection: number;
  remote: string;
}

interface Request extends FromClient {
  answer: AnswerKind;
}

/** Every event a peer can tell, by its name. */
export interface Lines {
  // platform
  connected: FromClient & { addrs: string[] };
  disconnected: FromClient & { closed: ClosedLine | null; error: string | null };
  auth: Request & { problem: string | null; token: TokenLine };
  name: Request & { name: string };
  ping: Request & { id: string };
  put_metrics: Request & {
    session: string;
    count: number;
    /** OpenMetrics names; null when the update brought no schema. */
    names: string[] | null;
    help: number | null;
    values: Record<string, unknown>[];
  };
  grant_cap: Request & { token: TokenLine };
  put_network_diagnostics: Request & { report: RustReport };
  // client-host
  granted: object;
  'grant-failed': { error: string };
  'dialled-back': { remote: string };
  'dial-back-over': { remote: string; closed: ClosedLine | null; error: string | null };
  // both
  done: { cmd: string; ref: unknown };
  failed: { cmd: string; ref: unknown; error: string };
  fatal: { error: string };
}

export interface PlatformReady {
  role: 'platform';
  id: string;
  addrs: string[];
  secret_id: string;
  api_secret: string;
}

export interface ClientHostReady {
  role: 'client-host';
  id: EndpointId;
  addrs: string[];
  platform: string;
}

export type DialBackStep =
  | 'auth'
  | 'run'
  | { wait_ms: number }
  | { raw: string; pad?: number; finish?: boolean; answer?: boolean };

/** A token to make; without a field: issued by the stub, to the stub, for get-any, for an hour. */
export interface TokenWish {
  issuer_seed?: string;
  audience?: string;
  caps?: string[];
  expires_at?: number | 'never';
  delegated_from?: string;
  /** Instead of all others: a token in its stand-alone form, as hex. */
  bytes?: string;
}

export interface DialBackOptions {
  /** Default: whoever granted last. */
  to?: string;
  /** Default: where its messages came from. */
  addrs?: string[];
  /** Default: the stored grant. */
  token?: TokenWish;
  tamper?: 'signature' | 'payload';
  /** Default: `['auth', 'run']`. */
  steps?: DialBackStep[];
  keep_going?: boolean;
  /** For connecting and for each step; default 60,000. */
  timeout_ms?: number;
}

export interface DialBackResult {
  ok: boolean;
  remote: string;
  connect_ms: number;
  total_ms: number;
  steps: {
    step: DialBackStep;
    ms: number;
    error?: string;
    remote_error?: { kind: string; caps?: string[]; message?: string };
    report?: RustReport;
    answer?: string;
  }[];
  /** How the connection ended; null: it was open until the stub closed it. */
  closed: ClosedLine | null;
}

export interface FloodResult {
  wanted: number;
  connected: number;
  still_open: number;
  connect_ms: number;
}
