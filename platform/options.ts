import {
  type BindAddrOption,
  type BindAddrs,
  bindAddrs,
  type Clock,
  callback,
  flag,
  group,
  InvalidField,
  isLoopbackAddress,
  type Kind,
  limitsOption,
  needed,
  objectWith,
  option,
  type PlatformEventListener,
  port,
  type RelayOption,
  type Row,
  readOptions,
  relaysWithoutSecret,
  type ServicesLimitOptions,
  SettingError,
  systemClock,
  type Values,
} from 'iroh-net-diagnostics/services';
import type { RequestRecord } from './observe/index.js';
import { type OidcOptions, oidc } from './oidc-options.js';
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
} from './option-kinds.js';
import { type RetentionOptions, retention } from './retention/index.js';

/** The files of a certificate, both PEM. They are read again when they change. */
export interface TlsOptions {
  /** The certificate, and behind it those between it and its authority. */
  cert: string;
  /** Its key, without a passphrase. */
  key: string;
}

/** {@link TlsOptions} as they were checked. */
export type TlsSettings = Values<typeof TLS_FILES>;

/** The dashboard's options. */
export interface DashboardOptions {
  /** Addresses to listen on, one per family. Default: `127.0.0.1` and `::1`. */
  hosts?: readonly string[] | undefined;
  /** TCP port, 0 for any. Default: the one used last with this data folder, at first any. */
  port?: number | undefined;
  /**
   * Host names, beside loopback ones, under which a browser may call it (a proxy's). Default: none; with hosts beyond
   * loopback: any.
   */
  allowedHosts?: readonly string[] | undefined;
  /**
   * Speaks TLS (1.2 or 1.3), and no plain HTTP. A certificate that changes is used without a restart; what is wrong with a new
   * one is told as a warning, and the old one stays. Default: plain HTTP.
   */
  tls?: TlsOptions | undefined;
  /**
   * Proxies in front: addresses, ranges such as `10.0.0.0/8`, or `loopback`. Of these alone `X-Forwarded-For`, `-Proto` and `-Host`
   * are believed, which they have to set. Default: none.
   */
  trustProxy?: readonly string[] | undefined;
  /** Where browsers find it: `https://fleet.example/`. Links that are printed begin with it. Default: its address. */
  publicUrl?: string | undefined;
  /** Lets programs in, as `Authorization: Bearer`: at least 32 characters. Default: none, API tokens alone do. */
  token?: string | undefined;
  /** Sign-in by an OpenID Connect provider, beside names and passwords. Default: none. */
  oidc?: OidcOptions | undefined;
  /**
   * The first account, an administrator's, made where there is none: its name, and the file with its password. Default: whoever
   * has the set-up code makes it.
   */
  admin?: FirstAdministratorOptions | undefined;
  /**
   * Serves everybody who can connect, without a login. Beyond loopback it is found by its address, or by a name in `allowedHosts`: a
   * page of another site could make its own name lead here. Default: false.
   */
  unsafeWithoutLogin?: boolean | undefined;
  /** Allows `hosts` beyond loopback with plain HTTP, although no `trustProxy` is in front. Default: false. */
  unsafePlainHttpBeyondLoopback?: boolean | undefined;
  /**
   * Everybody who can connect may read what Prometheus is told at `/metrics`. Default: false, that is with `token`, or an API
   * token that has the permission `platform:read`.
   */
  publicMetrics?: boolean | undefined;
  /**
   * Says there also how many endpoints each project has, by state, colour and button; the hundred largest by name. Default:
   * false.
   */
  fleetMetrics?: boolean | undefined;
}

/** The option `dashboard.admin`. */
export interface FirstAdministratorOptions {
  name: string;
  /** The end of its last line is not part of the password. */
  passwordFile: string;
}

/** Options of `Platform.start`. */
export interface PlatformOptions {
  /** Folder for the key and the store (SQLite), made if it is missing. `':memory:'` keeps nothing. */
  dataDir: string;
  /**
   * A PostgreSQL database for the store, in the place of the file in `dataDir`: `postgres://user:password@host:port/name`.
   * The user has to own it. Default: the file.
   */
  database?: string | undefined;
  /**
   * With `database`: the file with the key that seals the keys of identities there, 32 bytes in hex or base64. Default: the
   * environment variable `IROH_PLATFORM_KEY`. Without both, `dataDir` holds the key of the one identity.
   */
  platformKeyFile?: string | undefined;
  /**
   * With sealed keys: how many identities are made where the database has none, 1 to 64. API secrets name one each, and one
   * process at a time holds it, so more of them spread endpoints over more processes. Default: 4.
   */
  identities?: number | undefined;
  /** `minimal` (default): nothing but what is listed here. `n0`: n0's relays and DNS. */
  network?: 'minimal' | 'n0' | undefined;
  /** Relays through which endpoints can reach the platform, at most 64. Default: the network's. */
  relays?: readonly (string | RelayOption)[] | undefined;
  /**
   * Addresses the iroh endpoint listens on, at most one per family: `'203.0.113.5:7777'`; with port 0 they get `port`.
   * Default: `'loopback'`, that is `127.0.0.1` and, where there is one, `::1`.
   */
  bindAddrs?: readonly (string | BindAddrOption)[] | 'loopback' | undefined;
  /**
   * UDP port of both families, 0 for any, where `bindAddrs` names none. API secrets contain it. Default: the one used
   * last with this data folder, at first a random one from 20000 to 29999. With `database`: for one identity of this
   * process, while it is free; default: any.
   */
  port?: number | undefined;
  /** How long reports and metrics are kept, and how many. */
  retention?: RetentionOptions | undefined;
  /** How much it takes on, and how much of that one API secret and one endpoint may have. Default: as for some thousand apps. */
  limits?: ServicesLimitOptions | undefined;
  /** `false`: no dashboard. */
  dashboard?: DashboardOptions | false | undefined;
  /**
   * With an SDK of OpenTelemetry in the process: traces also the statements of the database, without their values. Default:
   * false.
   */
  traceStatements?: boolean | undefined;
  /** Gets everything that happens, for a log. */
  onEvent?: PlatformEventListener | undefined;
  /** Gets each request of the dashboard when it is over, for a log. */
  onRequest?: ((request: RequestRecord) => void) | undefined;
  /** @internal For tests. */
  clock?: Clock | undefined;
}

/** The dashboard's options with their defaults. A port is `null` when the remembered one is wanted. */
export interface DashboardSettings
  extends Omit<Values<typeof DASHBOARD>, 'unsafeWithoutLogin' | 'unsafePlainHttpBeyondLoopback'> {
  hasLogin: boolean;
}

/** The options with their defaults. A port is `null` when the remembered one is wanted. */
export type PlatformSettings = Values<typeof PLATFORM>;

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

const ADMIN = {
  name: needed(filled('a name')),
  passwordFile: needed(filled("a file's path")),
} satisfies Rows<FirstAdministratorOptions>;
const TLS_FILES = { cert: needed(filled("a file's path")), key: needed(filled("a file's path")) };

const DASHBOARD = {
  hosts: option(hosts(), LOOPBACK),
  port: option(port(), null),
  allowedHosts: option(hostNames(), []),
  tls: option(group('{ cert, key }', TLS_FILES), null),
  trustProxy: option(proxies(), []),
  publicUrl: option(publicUrl(), null),
  token: { ...option(token(), null), isSecret: true },
  oidc: option(oidc(), null),
  admin: option(group('an object with name and passwordFile', ADMIN), null),
  unsafeWithoutLogin: option(flag(), false),
  unsafePlainHttpBeyondLoopback: option(flag(), false),
  publicMetrics: option(flag(), false),
  fleetMetrics: option(flag(), false),
} satisfies Rows<DashboardOptions>;

const DASHBOARD_GROUP = group('an object of options, or false', DASHBOARD);

const PLATFORM = {
  dataDir: needed(filled("a folder's path or ':memory:'")),
  database: { ...option(database(), null), isSecret: true },
  platformKeyFile: option(filled("a file's path"), null),
  identities: option(identityCount(), 4),
  network: option(network(), 'minimal'),
  relays: option(relaysWithoutSecret(), null),
  bindAddrs: option(bindAddrs(), 'loopback' as BindAddrs),
  port: option(port(), null),
  retention: retention(),
  limits: limitsOption(),
  dashboard: option(dashboard(), dashboard().fromValue({})),
  traceStatements: option(flag(), false),
  onEvent: option(callback<PlatformEventListener>(), null),
  onRequest: option(callback<(request: RequestRecord) => void>(), null),
  clock: option(objectWith<Clock>('a Clock', 'now'), systemClock),
} satisfies Rows<PlatformOptions>;

type Rows<T> = { [Name in keyof Required<T>]: Row<unknown, unknown> };

/** @throws SettingError (`ERR_SETTING`), which names the option and what it should be */
export function parsePlatformOptions(options: PlatformOptions): PlatformSettings {
  const of = 'Platform.start()';
  const settings = readOptions(of, PLATFORM, options);
  const named = namedPorts(settings.bindAddrs);
  if (named.length === 0) return settings;
  const all = new Set([settings.port ?? 0, ...named].filter((number) => number !== 0));
  if (all.size > 1) {
    throw new SettingError(
      { option: 'port', of, variable: null, from: 'option' },
      `and \`bindAddrs\` name more than one port (${[...all].join(', ')}): both families share one.`,
    );
  }
  return { ...settings, port: named[0] ?? null };
}

function mayBeAnyHost({
  hosts,
  allowedHosts,
  publicUrl,
}: Pick<Values<typeof DASHBOARD>, 'hosts' | 'allowedHosts' | 'publicUrl'>): boolean {
  return publicUrl === null && allowedHosts.length === 0 && !hosts.every(isLoopbackAddress);
}

function namedPorts(addrs: BindAddrs): readonly number[] {
  return addrs === 'loopback' ? [] : addrs.map((addr) => addr.port).filter((number) => number !== 0);
}

/** Whether somebody in between can read along what browsers and the dashboard tell each other. */
export function isReadable({
  hosts,
  tls,
  trustProxy,
}: Pick<DashboardSettings, 'hosts' | 'tls' | 'trustProxy'>): boolean {
  return tls === null && trustProxy.length === 0 && !hosts.every(isLoopbackAddress);
}

function dashboard(): Kind<DashboardSettings | null> {
  return {
    should: DASHBOARD_GROUP.should,
    fromValue: (value) => {
      if (value === false) return null;
      const { unsafeWithoutLogin, unsafePlainHttpBeyondLoopback, ...settings } =
        DASHBOARD_GROUP.fromValue(value);
      if (!unsafePlainHttpBeyondLoopback && isReadable(settings)) {
        throw new InvalidField(
          'hosts',
          'goes beyond loopback, where its plain HTTP can be read along: give `dashboard.tls`, put a TLS proxy in front and ' +
            'name its address in `dashboard.trustProxy`, or set `dashboard.unsafePlainHttpBeyondLoopback`.',
        );
      }
      if (settings.oidc !== null && mayBeAnyHost(settings)) {
        throw new InvalidField(
          'publicUrl',
          'is missing: with `dashboard.oidc` and hosts beyond loopback it says where the provider sends browsers back to.',
        );
      }
      return { ...settings, hasLogin: !unsafeWithoutLogin };
    },
  };
}
