import type { MetricsRegistry } from '../client/index.js';
import type { NetDiagnosticsEvent } from '../events.js';
import type { DialBack } from '../host/index.js';
import type { Logger } from '../logger.js';
import type { ProbeName } from '../probes/index.js';
import type { NativeEndpoint } from '../transport/index.js';
import type {
  ApiSecret,
  Attributes,
  BindAddrOption,
  RelayOption,
  SecretKey,
  StunServerOption,
} from '../wire/index.js';
import type { HttpAccess, HttpAuthorize } from './http-kind.js';

/** Which metrics are pushed beside the endpoint's own, and how often. */
export interface MetricsOptions {
  /** Milliseconds, 1000 to 86400000. Below 30000 is used only with a platform of this package. Default: 60000; 0: none. */
  intervalMs?: number | undefined;
  /**
   * Registries of `prom-client`, and `MetricReader`s of OpenTelemetry's metrics SDK. Counters and gauges become whole
   * numbers; a summary, or an exponential histogram, is sent by its sum and count. At most 2000 values are sent. Default: none.
   */
  registries?: readonly MetricsRegistry[] | undefined;
}

/** Where a platform is, in the form that `status()` shows. */
export interface PlatformOption {
  /** 64 hex digits. */
  id: string;
  /** URLs of relays through which it can be reached. Default: none. */
  relays?: readonly string[] | undefined;
  /** `ip:port`. Default: none. Without relays and addresses it is looked up by its id. */
  addrs?: readonly string[] | undefined;
}

/** Where a peer to try is, in the same form. */
export type PeerOption = PlatformOption;

/** Who accepts the connections of the app's own endpoint. */
export type AcceptLoop = 'router' | 'own';

/** Who may use the routes that an app mounts. Give `access` or `authorize`. Without this option all requests are refused. */
export interface HttpOptions {
  /** Where the Nest module mounts them; in Express and Fastify the app mounts them itself. Default: `/net-diagnostics`. */
  path?: string | undefined;
  /**
   * `'loopback'`: requests from this machine under a name of this machine, and none that a proxy has passed on. For
   * development only: where `NODE_ENV` is `production` it lets nobody in, since a proxy whose requests look like a
   * browser's cannot be recognised. `'public-without-authentication'`: everybody who reaches the app; reports contain
   * addresses of your network.
   */
  access?: HttpAccess | undefined;
  /**
   * Called for each request, assets included. Anything but `true` is answered 403, and so is a function that throws (which
   * is logged) or takes longer than 10 s. It gets the request as the server got it: do not read its body. A function that
   * decides by addresses must check `Host` too, or a page that points its own name at them gets in (DNS rebinding).
   */
  authorize?: HttpAuthorize | undefined;
}

/**
 * Options of `NetDiagnostics.start` and of the Nest module. Each of the first group is also an environment variable
 * (see the README's table); an explicit option wins. `undefined` means "not given"; `null` means "none" and hides
 * the variable too. Durations are milliseconds.
 */
export interface NetDiagnosticsOptions {
  /** The credential for the platform. Without it the plugin is disabled and writes one log line. Default: none. */
  apiSecret?: string | ApiSecret | null | undefined;
  /**
   * A file that holds the API secret, as Docker and Kubernetes mount it. Read once, at registration; a missing or malformed
   * file throws. Default: none.
   */
  apiSecretFile?: string | null | undefined;
  /**
   * In place of an API secret: the path of an OpenSSH ed25519 key without a passphrase, whose public half the project
   * has registered. Its sessions may do everything in the project. Needs `platform`. Default: none.
   */
  sshKeyFile?: string | null | undefined;
  /** With `sshKeyFile`: where the platform is. As text: `ID`, or `ID@ip:port,https://relay.example`. Default: none. */
  platform?: string | PlatformOption | null | undefined;
  /** Whether a missing API secret throws. Default: false. */
  required?: boolean | null | undefined;
  /** `false`: does nothing anywhere, and no other setting is read. Default: true. */
  enabled?: boolean | null | undefined;
  /** How the platform lists this endpoint: 2 to 128 bytes of UTF-8. Default: none. */
  name?: string | null | undefined;
  /** The one group it belongs to, on a platform of 2.0: 2 to 128 bytes of UTF-8. Default: none. */
  group?: string | null | undefined;
  /**
   * Its attributes, on a platform of 2.0: at most 128 entries, keys of 2 to 128 bytes of UTF-8, values of 0 to 128. An
   * empty object removes those that the platform has. Default: none are sent.
   */
  attributes?: Attributes | null | undefined;
  /** The endpoint's identity: 64 hex digits, 52 characters of base32, or 32 bytes. Default: a new one at each start. */
  secretKey?: string | Uint8Array | SecretKey | null | undefined;
  /**
   * A file that holds the identity; made once, with mode 0600, its folder with 0700. The file of the grants that `revoke()`
   * has taken back is beside it: on a read-only mount a revocation ends with the process. Default: none.
   */
  secretKeyFile?: string | null | undefined;
  /**
   * `n0`: n0's relays and DNS; `minimal`: nothing but what is listed; `services`: `n0` with a token of the project on each
   * relay, for the hosted platform's relays or those that are listed. Default: `n0`.
   */
  network?: 'n0' | 'minimal' | 'services' | null | undefined;
  /** Relays to use and to probe. Default: the network's own. */
  relays?: readonly (string | RelayOption)[] | null | undefined;
  /** `'127.0.0.1:0'`, `'[::1]:0'`: at most one per family, or `'loopback'` for these two. Default: every address. */
  bindAddrs?: readonly (string | BindAddrOption)[] | 'loopback' | null | undefined;
  /**
   * How long one diagnostics run may take. With `peers` its last 7000 are theirs alone, and all else ends before, though not
   * before 3000. Default: 3000, and 10000 with `peers`.
   */
  deadline?: number | null | undefined;
  /** A dial-back joins a running report, else gets a report at most this old. Default: 5000; 0: always a new one. */
  reuse?: number | null | undefined;
  /** Whether one report is uploaded, a few seconds after the platform was reached. Default: false. */
  reportOnStart?: boolean | null | undefined;
  /** Interval of metrics pushes, also with metrics of the app's own. Default: 60000; 0: none. */
  metrics?: number | MetricsOptions | null | undefined;
  /** `false`: connects, but does not allow the platform to dial back. Default: true. */
  grant?: boolean | null | undefined;
  /** STUN servers to ask in a report: `host[:port]` or `stun:host:port`, at most 8. Default: none. */
  stun?: readonly (string | StunServerOption)[] | null | undefined;
  /**
   * Peers that each report tries: real endpoints elsewhere, at most 4. As text `ID@https://relay.example`, as
   * `iroh-net-diagnostics peer` prints it. This endpoint itself, if it is among them, is left out. Default: none.
   */
  peers?: readonly (string | PeerOption)[] | null | undefined;
  /** Names of the probes to run. Default: all that ask only relays and the gateway. */
  probes?: readonly ProbeName[] | null | undefined;

  /**
   * The app's own endpoint, or a promise of it. It brings its identity, network and addresses; `relays` then only says
   * which relays to probe (and which of them want a token). `stop()` leaves it open. Needs `acceptLoop`.
   */
  endpoint?: NativeEndpoint | PromiseLike<NativeEndpoint> | null | undefined;
  /**
   * Who accepts the connections of `endpoint`. `router`: this package accepts all of them; other protocols are added with
   * `handle()`. `own`: the app accepts them, and passes those with `CLIENT_HOST_ALPN` to `accept()`.
   */
  acceptLoop?: AcceptLoop | null | undefined;
  /**
   * With `acceptLoop: 'own'`: every ALPN the endpoint was bound with. The binding cannot list them. Without
   * `CLIENT_HOST_ALPN` no dial-back can arrive: `ERR_ALPN`.
   */
  alpns?: readonly string[] | null | undefined;

  /** Opens the routes of the Express, Fastify and Nest integrations: page, status, report. Default: closed. */
  http?: HttpOptions | null | undefined;

  /**
   * Called before a dial-back with a valid grant gets its report; anything but `true` refuses it. When it throws, or takes
   * longer than 10 s, the caller gets an internal error. Default: all are answered.
   */
  onRequest?: ((dialBack: DialBack) => boolean | Promise<boolean>) | null | undefined;
  /** Called for every change of state and for every dial-back. What it throws is ignored. Default: none. */
  onEvent?: ((event: NetDiagnosticsEvent) => void) | null | undefined;
  /** Where log lines go; `false`: nowhere. Default: standard error (in Nest: Nest's logger). */
  logger?: Logger | false | null | undefined;
}
