/** The one table of all settings: it validates them, documents them, and generates the README's table. */

import { DEFAULT_DEADLINE_MS, PEER_DEADLINE_MS, probeNames } from '../diagnose/index.js';
import type { NetDiagnosticsEvent } from '../events.js';
import type { DialBack } from '../host/index.js';
import { stderrLogger } from '../logger.js';
import { PROBE_NAMES } from '../probes/index.js';
import {
  alpnNames,
  bindAddrs,
  callback,
  endpointAddress,
  flag,
  milliseconds,
  oneOf,
  peerAddresses,
  relays,
  stunServers,
  type Values,
} from '../settings/index.js';
import { API_SECRET_ENV_VAR_NAME } from '../wire/index.js';
import { logger, nativeEndpoint } from './code-kinds.js';
import { httpRoutes } from './http-kind.js';
import { apiSecret, attributes, endpointName, filePath, secretKey } from './identity-kinds.js';
import { metricsSetting } from './metrics-kind.js';
import { optional, type Setting, withDefault } from './setting.js';
import type { NetDiagnosticsOptions } from './types.js';

/** In less time not even a relay on the same continent answers twice. */
const MIN_DEADLINE_MS = 100;
/** The platform waits about this long for the answer to a dial-back. */
const MAX_DEADLINE_MS = 60_000;
/** Older reports say nothing about the present network. */
const MAX_REUSE_MS = 3_600_000;
/** A shorter interval would load the platform and give no new information. */
const MIN_METRICS_MS = 1_000;
const MAX_METRICS_MS = 86_400_000;
const DEFAULT_METRICS_MS = 60_000;

/** How long one run may take. */
export const DEADLINE = milliseconds(MIN_DEADLINE_MS, MAX_DEADLINE_MS);

export const SETTINGS = {
  apiSecret: optional(
    apiSecret(),
    'Opens the platform. Without it: disabled, one log line, `status().reason` is `no-secret`. Malformed: throws at registration. Project-wide: only on machines you operate.',
    { variable: API_SECRET_ENV_VAR_NAME, isSecret: true },
  ),
  apiSecretFile: optional(
    filePath(),
    'A file that holds the API secret, as Docker and Kubernetes mount it: alone, or in a line of an env file. Read once, at registration; missing or malformed: throws.',
    { variable: `${API_SECRET_ENV_VAR_NAME}_FILE` },
  ),
  sshKeyFile: optional(
    filePath(),
    'In place of an API secret: an OpenSSH ed25519 key without a passphrase whose public half the project has registered. It may do everything in the project. Needs `platform`.',
    { variable: 'NET_DIAGNOSTICS_SSH_KEY_FILE' },
  ),
  platform: optional(
    endpointAddress(),
    'With `sshKeyFile`: where the platform is. `ID`, or `ID@ip:port,https://relay.example`; in code also `{ id, relays, addrs }`.',
    { variable: 'NET_DIAGNOSTICS_PLATFORM' },
  ),
  required: withDefault(flag(), false, 'Without an API secret it throws.', {
    variable: 'NET_DIAGNOSTICS_REQUIRED',
  }),
  enabled: withDefault(flag(), true, '`false`: a no-op everywhere; no other setting is looked at.', {
    variable: 'NET_DIAGNOSTICS_ENABLED',
  }),
  name: optional(endpointName(), 'How the platform lists this endpoint: 2 to 128 bytes of UTF-8.', {
    variable: 'NET_DIAGNOSTICS_NAME',
  }),
  group: optional(
    endpointName(),
    'The one group it belongs to, on a platform of 2.0: 2 to 128 bytes of UTF-8.',
    {
      variable: 'NET_DIAGNOSTICS_GROUP',
    },
  ),
  attributes: optional(
    attributes(),
    'What else it says of itself, on a platform of 2.0: `region=eu,tier=web`, in code an object. At most 128; keys of 2 to 128 bytes, values of at most 128. An empty object takes away what the platform has.',
    { variable: 'NET_DIAGNOSTICS_ATTRIBUTES' },
  ),
  secretKey: optional(
    secretKey(),
    "The endpoint's identity: 64 hex digits or 52 characters of base32. Without it and `secretKeyFile` each restart lists a new endpoint.",
    { variable: 'IROH_SECRET_KEY', isSecret: true, defaultText: 'ephemeral' },
  ),
  secretKeyFile: optional(
    filePath(),
    'A file that holds the identity; made once, with mode 0600, its folder with 0700. Beside it stands what `revoke()` has taken back, so let the folder be writable: on a read-only mount a revocation ends with the process, and `revoke()` says so.',
    {
      variable: 'IROH_SECRET_KEY_FILE',
    },
  ),
  network: withDefault(
    oneOf('n0', 'minimal', 'services'),
    'n0',
    "`n0`: n0's relays and DNS; `minimal`: nothing but what is listed; `services`: as the official preset, `n0` with a `relay:use` token of the project on each relay. For the hosted platform's relays, or those that are listed.",
    {
      variable: 'NET_DIAGNOSTICS_NETWORK',
    },
  ),
  relays: optional(
    relays(),
    'Relays to use and to probe, in place of the network\'s own. `https://relay.example/?quicPort=7843` says where it answers QUIC address discovery, `?quicPort=none` that it does not. At most 64. In code also `{ url, quicPort, auth }`: with `auth: "services"` a relay of iroh services gets a `relay:use` token, renewed at half of its life; with `auth: { token }` that one.',
    { variable: 'NET_DIAGNOSTICS_RELAYS', defaultText: "the network's" },
  ),
  bindAddrs: optional(
    bindAddrs(),
    'Local addresses, at most one per family: `127.0.0.1:0,[::1]:0`. One family alone leaves the other on every address. `loopback` means both. In code also `{ ip, port }`.',
    { variable: 'NET_DIAGNOSTICS_BIND', defaultText: 'any' },
  ),
  deadline: withDefault(
    DEADLINE,
    DEFAULT_DEADLINE_MS,
    'How long one run of the probes may take. With `peers` its last 7000 are theirs alone, and all else ends before, though not before 3000. No dial-back waits for peers.',
    {
      variable: 'NET_DIAGNOSTICS_DEADLINE',
      defaultText: `\`${DEFAULT_DEADLINE_MS}\`, with \`peers\` \`${PEER_DEADLINE_MS}\``,
    },
  ),
  reuse: withDefault(
    milliseconds(1, MAX_REUSE_MS, 'never'),
    5_000,
    'A dial-back joins a running report, else gets one at most this old.',
    { variable: 'NET_DIAGNOSTICS_REUSE' },
  ),
  reportOnStart: withDefault(flag(), false, 'Uploads one report when online, within some seconds.', {
    variable: 'NET_DIAGNOSTICS_REPORT_ON_START',
  }),
  metrics: withDefault(
    metricsSetting(milliseconds(MIN_METRICS_MS, MAX_METRICS_MS, 'off'), DEFAULT_METRICS_MS),
    { intervalMs: DEFAULT_METRICS_MS, registries: [] },
    'Push interval; 0: off. Below 30 s only to a platform of this package, which keeps all. In code also `{ intervalMs, registries }`: metrics of your own, from `prom-client` registries and OpenTelemetry `MetricReader`s.',
    { variable: 'NET_DIAGNOSTICS_METRICS', defaultText: '`60000`' },
  ),
  grant: withDefault(flag(), true, '`false`: connects, but does not open the button.', {
    variable: 'NET_DIAGNOSTICS_GRANT',
  }),
  probes: optional(
    probeNames(),
    `Names of the probes to run, of ${PROBE_NAMES.map((name) => `\`${name}\``).join(', ')}.`,
    {
      variable: 'NET_DIAGNOSTICS_PROBES',
      defaultText: 'all',
    },
  ),
  stun: withDefault(
    stunServers(),
    [],
    'STUN servers to ask in a report: `host[:port]` or `stun:host:port`, in code also `{ host, port }`, at most 8. Two at different IP addresses tell the NAT mapping without relays; one that can answer from another address tells the filtering.',
    { variable: 'NET_DIAGNOSTICS_STUN', defaultText: 'none' },
  ),
  peers: withDefault(
    peerAddresses(),
    [],
    'Real endpoints elsewhere that each report tries: does a direct path come up, and does it keep carrying data? At most 4, each `ID@https://relay.example` as `iroh-net-diagnostics peer` prints it; in code also `{ id, relays, addrs }`. Nobody else is dialled, and no platform hears of it.',
    { variable: 'NET_DIAGNOSTICS_PEERS', defaultText: 'none' },
  ),
  endpoint: optional(
    nativeEndpoint(),
    'An endpoint of your own, or a promise of it: its identity and network are yours, `stop()` leaves it open. Needs `acceptLoop`.',
    { defaultText: 'own' },
  ),
  acceptLoop: optional(
    oneOf('router', 'own'),
    'With `endpoint`: who accepts its connections. `router`: this package, all of them. `own`: your loop, which hands those with `CLIENT_HOST_ALPN` to `accept()`.',
  ),
  alpns: optional(
    alpnNames(),
    'With `acceptLoop: "own"`: the ALPNs your endpoint was bound with. `CLIENT_HOST_ALPN` missing: `ERR_ALPN`.',
  ),
  http: optional(
    httpRoutes(),
    'Opens the page and its routes (Express, Fastify, Nest). `{ access: "loopback" }`: this machine alone, in development alone (`NODE_ENV=production` closes it); `{ authorize: (request) => … }`: whom your function lets in; `{ access: "public-without-authentication" }`: everybody, and reports name addresses of your network. In Nest also `path`, by default `/net-diagnostics`.',
    { defaultText: 'closed' },
  ),
  onRequest: optional(
    callback<(dialBack: DialBack) => boolean | Promise<boolean>>(),
    'Vetoes a dial-back (`false`: answered `AuthError`).',
  ),
  onEvent: optional(callback<(event: NetDiagnosticsEvent) => void>(), 'Audit and state events.'),
  logger: withDefault(logger(), stderrLogger, "Log sink; `false`: none. In Nest: Nest's logger.", {
    defaultText: 'standard error',
  }),
} satisfies { [Option in keyof Required<NetDiagnosticsOptions>]: Setting<unknown, unknown> };

/** The value each setting has once it is resolved. */
export type SettingValues = Values<typeof SETTINGS>;

/** The settings table as Markdown, for the README. */
export function settingsMarkdown(): string {
  const rows = Object.entries<Setting<unknown, unknown>>(SETTINGS).map(([option, setting]) => {
    const variable = setting.variable === null ? '–' : `\`${setting.variable}\``;
    return [`\`${option}\``, variable, setting.defaultText, setting.description];
  });
  return [['option', 'variable', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}
