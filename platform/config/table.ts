/** The settings of the platform's program: one row each, from which flags, variables, the file, help and docs are made. */
import {
  bindAddrs,
  flag,
  LIMITS,
  oneOf,
  port,
  type RelayOption,
  relaysWithoutSecret,
} from 'iroh-net-diagnostics/services';
import { LOG_FORMATS, LOG_LEVELS } from '../observe/index.js';
import { OIDC_KINDS } from '../oidc-options.js';
import {
  database,
  filled,
  hostNames,
  hosts,
  identityCount,
  network,
  proxies,
  publicUrl,
  token,
} from '../option-kinds.js';
import { RETENTION_NUMBERS, type RetentionOptions, withNumber } from '../retention/index.js';
import { defaultsOf, numbers } from './numbers.js';
import { type ConfigRow, type ConfigTable, variableOf } from './row.js';

/** What is shown in the place of a secret. */
export const HIDDEN = 'hidden';

/**
 * All settings, in the order of help and docs. How to add one: an option of `Platform.start` with a kind in option-kinds.ts, and
 * a row here that names it in `to`. A secret gets its second row by {@link contentRow}.
 */
export const CONFIG = {
  data: row({
    kind: filled("a folder's path"),
    takes: '<dir>',
    about: 'its key and store; made if it is missing',
    default: './platform-data',
    to: 'dataDir',
    isPath: true,
    example: '/var/lib/iroh-platform',
  }),
  database: row({
    kind: database(),
    takes: '<url>',
    about: `a PostgreSQL database for the store, postgres://user@host:port/name; with a password only in ${variableOf('database')}, a file, or ~/.pgpass`,
    default: null,
    to: 'database',
    isSecret: true,
    mayLackSecret: true,
    show: withoutPassword,
    example: 'postgres://platform@db.example:5432/fleet?sslmode=verify-full',
  }),
  'database-file': contentRow('database', '/run/secrets/database'),
  'platform-key-file': row({
    kind: filled("a file's path"),
    takes: '<file>',
    about:
      'with --database: the key that seals the keys of the identities there. Processes that share a database need the same',
    default: 'that in IROH_PLATFORM_KEY',
    to: 'platformKeyFile',
    isPath: true,
    example: '/run/secrets/platform-key',
  }),
  identities: row({
    kind: identityCount(),
    takes: '<n>',
    about:
      'with such a key: how many identities are made where the database has none; each is held by one process at a time',
    default: '4',
    to: 'identities',
    example: '8',
  }),
  network: row({
    kind: network(),
    takes: '<name>',
    about: "minimal: nothing but what is named here; n0: also n0's relays and DNS",
    default: 'minimal',
    to: 'network',
    example: 'n0',
  }),
  relay: row({
    kind: relaysWithoutSecret(),
    takes: '<url>',
    about:
      'a relay through which apps can reach it; may be given several times. URL?quicPort=PORT says where it answers QUIC address discovery, URL?quicPort=none that it does not',
    default: null,
    to: 'relays',
    many: 'list',
    show: (relays: readonly RelayOption[]) => relays.map(({ url }) => url),
    example: 'https://relay.example',
  }),
  bind: row({
    kind: bindAddrs(),
    takes: '<ip:port>',
    about:
      'a UDP address for apps, which API secrets contain; at most one of each family. 0.0.0.0:PORT is all of IPv4',
    default: 'loopback alone',
    to: 'bindAddrs',
    many: 'list',
    example: '203.0.113.5:7777',
  }),
  port: row({
    kind: port(),
    takes: '<n>',
    about: 'UDP port, which API secrets contain, where --bind names none',
    default: 'the one used last, at first any',
    to: 'port',
    example: '7777',
  }),
  host: row({
    kind: hosts(),
    takes: '<ip>',
    about: 'an address for the dashboard and its API; at most one of each family. 0.0.0.0 is all of IPv4',
    default: 'loopback alone',
    to: 'dashboard.hosts',
    many: 'list',
    example: '0.0.0.0',
  }),
  'dashboard-port': row({
    kind: port(),
    takes: '<n>',
    about: 'TCP port of the dashboard',
    default: 'the one used last, at first any',
    to: 'dashboard.port',
    example: '8080',
  }),
  'public-url': row({
    kind: publicUrl(),
    takes: '<url>',
    about:
      'where browsers find the dashboard: that of the proxy, or a name instead of an address. Printed links begin with it',
    default: 'its address',
    to: 'dashboard.publicUrl',
    example: 'https://fleet.example/',
  }),
  'allowed-host': row({
    kind: hostNames(),
    takes: '<name>',
    about:
      'a host name, beside loopback ones, under which browsers may call the dashboard; may be given several times',
    default: 'none; with --host beyond loopback any',
    to: 'dashboard.allowedHosts',
    many: 'list',
    example: 'fleet.example',
  }),
  'tls-cert': row({
    kind: filled("a file's path"),
    takes: '<file>',
    about:
      'a certificate in PEM, and those between it and its authority: the dashboard speaks TLS. A new one is used without a restart',
    default: 'plain HTTP',
    to: 'dashboard.tls.cert',
    isPath: true,
    example: '/etc/iroh-platform/tls/fullchain.pem',
  }),
  'tls-key': row({
    kind: filled("a file's path"),
    takes: '<file>',
    about: 'the key of --tls-cert in PEM, without a passphrase',
    default: null,
    to: 'dashboard.tls.key',
    isPath: true,
    example: '/etc/iroh-platform/tls/privkey.pem',
  }),
  'trust-proxy': row({
    kind: proxies(),
    takes: '<addresses>',
    about:
      'a proxy in front: an address, a range such as 10.0.0.0/8, or loopback; may be given several times. Its X-Forwarded-For, -Proto and -Host are believed, and it has to set them',
    default: 'none',
    to: 'dashboard.trustProxy',
    many: 'list',
    example: '10.1.2.3',
  }),
  'dashboard-token': row({
    kind: token(),
    takes: '<text>',
    about: 'lets programs in, as Authorization: Bearer: at least 32 characters',
    default: 'none, API tokens alone do',
    to: 'dashboard.token',
    isSecret: true,
    example: 'pS3kVZr1Qm7yB2dN8xW4tL6cJ0hF5gAe',
  }),
  'dashboard-token-file': contentRow('dashboard-token', '/run/secrets/dashboard-token'),
  admin: row({
    kind: filled('a name'),
    takes: '<name>',
    about: 'the first account, an administrator, made where there is none; with --admin-password-file',
    default: 'whoever opens the set-up URL that serve prints makes it',
    to: 'dashboard.admin.name',
    example: 'Ana',
  }),
  'admin-password-file': row({
    kind: filled("a file's path"),
    takes: '<file>',
    about: 'with --admin: the file with its password, which is read while there is no account',
    default: null,
    to: 'dashboard.admin.passwordFile',
    isPath: true,
    example: '/run/secrets/admin-password',
  }),
  'oidc-issuer': row({
    kind: OIDC_KINDS.issuer,
    takes: '<url>',
    about: 'the OpenID Connect provider by which people sign in, as it calls itself: an https: URL',
    default: null,
    to: 'dashboard.oidc.issuer',
    example: 'https://login.example/realms/ops',
  }),
  'oidc-client-id': row({
    kind: OIDC_KINDS.clientId,
    takes: '<id>',
    about: "this platform's client id at that provider",
    default: null,
    to: 'dashboard.oidc.clientId',
    example: 'net-diagnostics',
  }),
  'oidc-client-secret-file': row({
    kind: OIDC_KINDS.clientSecretFile,
    takes: '<file>',
    about: "the file with the client's secret, read at each sign-in",
    default: 'none, a public client',
    to: 'dashboard.oidc.clientSecretFile',
    isPath: true,
    example: '/run/secrets/oidc',
  }),
  'oidc-label': row({
    kind: OIDC_KINDS.label,
    takes: '<text>',
    about: 'what the sign-in page calls it: "Sign in with …"',
    default: "the issuer's host",
    to: 'dashboard.oidc.label',
    example: 'Example Ltd.',
  }),
  'oidc-scope': row({
    kind: OIDC_KINDS.scopes,
    takes: '<scope>',
    about: 'what is asked for besides openid; may be given several times',
    default: 'profile and email',
    to: 'dashboard.oidc.scopes',
    many: 'list',
    example: 'groups',
  }),
  'oidc-groups-claim': row({
    kind: OIDC_KINDS.groupsClaim,
    takes: '<name>',
    about: "the claim that lists somebody's groups",
    default: 'groups',
    to: 'dashboard.oidc.groupsClaim',
    example: 'roles',
  }),
  'oidc-administrator': row({
    kind: OIDC_KINDS.administrators,
    takes: '<group|e-mail>',
    about:
      "a group, or a verified e-mail address, of the platform's administrators; may be given several times",
    default: 'nobody is one by the provider',
    to: 'dashboard.oidc.administrators',
    many: 'list',
    example: 'platform-admins',
  }),
  'oidc-role': row({
    kind: OIDC_KINDS.roles,
    takes: '<group=project:role>',
    about: 'the role that a group gives in a project; may be given several times',
    default: null,
    to: 'dashboard.oidc.roles',
    many: 'list',
    show: (roles) => roles.map(({ group, project, role }) => `${group}=${project}:${role}`),
    example: 'sre=default:operator',
  }),
  'oidc-default-role': row({
    kind: OIDC_KINDS.defaultRole,
    takes: '<role>',
    about: 'the role in the project default of everybody whom the provider lets in',
    default: null,
    to: 'dashboard.oidc.defaultRole',
    example: 'viewer',
  }),
  limit: row({
    kind: numbers(LIMITS, 'limit'),
    takes: '<name=number>',
    about: `how much it takes on; may be given several times. The limits and their defaults: ${defaultsOf(LIMITS)}`,
    default: null,
    to: 'limits',
    many: 'numbers',
    example: 'sessions=10000',
  }),
  keep: row({
    kind: numbers(RETENTION_NUMBERS, 'name of what is kept'),
    takes: '<name=number>',
    about: `how long and how many it keeps; may be given several times. The names and their defaults: ${defaultsOf(RETENTION_NUMBERS)}`,
    default: null,
    to: 'retention',
    many: 'numbers',
    toOption: (kept) =>
      Object.entries(kept).reduce<RetentionOptions>(
        (options, [name, value]) => withNumber(options, name, value),
        {},
      ),
    example: 'reports.days=30',
  }),
  'public-metrics': row({
    kind: flag(),
    takes: '',
    about: 'lets everybody who can connect read what Prometheus is told at /metrics',
    default: null,
    to: 'dashboard.publicMetrics',
    example: 'true',
  }),
  'fleet-metrics': row({
    kind: flag(),
    takes: '',
    about: 'says at /metrics also how many endpoints each project has, by state, colour and button',
    default: null,
    to: 'dashboard.fleetMetrics',
    example: 'true',
  }),
  'trace-statements': row({
    kind: flag(),
    takes: '',
    about: 'with an SDK of OpenTelemetry: traces also the statements of the database, without their values',
    default: null,
    to: 'traceStatements',
    example: 'true',
  }),
  'log-format': row({
    kind: oneOf(...LOG_FORMATS),
    takes: '<format>',
    about: 'text: lines for people; json: each line an object',
    default: 'text',
    to: null,
    example: 'json',
  }),
  'log-level': row({
    kind: oneOf(...LOG_LEVELS),
    takes: '<level>',
    about: `the least that is logged: ${LOG_LEVELS.join(', ')}`,
    default: 'info',
    to: null,
    example: 'warn',
  }),
  'unsafe-without-login': row({
    kind: flag(),
    takes: '',
    about: 'serves everybody who can connect, without a login',
    default: null,
    to: 'dashboard.unsafeWithoutLogin',
    example: 'true',
  }),
  'unsafe-plain-http-beyond-loopback': row({
    kind: flag(),
    takes: '',
    about: 'allows --host beyond loopback without TLS: everybody in between can read passwords along',
    default: null,
    to: 'dashboard.unsafePlainHttpBeyondLoopback',
    example: 'true',
  }),
} satisfies ConfigTable;

/** The name of a setting. */
export type ConfigName = keyof typeof CONFIG;

/** The names of all settings. */
export const CONFIG_NAMES = Object.keys(CONFIG) as ConfigName[];

/** The value of a setting. */
export type ConfigValue<Name extends ConfigName> =
  (typeof CONFIG)[Name] extends ConfigRow<infer T> ? T : never;

/** Whether there is a setting of that name. */
export function isConfigName(name: string): name is ConfigName {
  return Object.hasOwn(CONFIG, name);
}

/** The row of a setting, as one of all. */
export function rowOf(name: ConfigName): ConfigRow {
  return CONFIG[name];
}

function row<T>(one: ConfigRow<T>): ConfigRow<T> {
  return one;
}

/** The second row of a secret: a file that holds it. */
function contentRow(name: string, example: string): ConfigRow<string> {
  return {
    kind: filled("a file's path"),
    takes: '<file>',
    about: `a file that holds what ${name} is`,
    default: null,
    to: null,
    isPath: true,
    contentOf: name,
    example,
  };
}

function withoutPassword(url: string): string {
  // A socket's URL has no host, which the standard for URLs does not know.
  if (!URL.canParse(url)) return HIDDEN;
  const shown = new URL(url);
  if (shown.password !== '') shown.password = HIDDEN;
  if (shown.searchParams.has('password')) shown.searchParams.set('password', HIDDEN);
  return shown.href;
}
