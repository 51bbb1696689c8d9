import { isIPv4, isIPv6 } from 'node:net';
import { type Clock, systemClock } from '../lib/async/index.js';
import { NetDiagnosticsError } from '../lib/errors.js';
import { isLoopbackAddress } from '../lib/http-kit/index.js';
import type { PlatformEventListener } from '../lib/services/index.js';
import type { RelayOption } from '../lib/wire/index.js';

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
  /** The login token, at least 32 characters. Default: a new random one at each start. */
  token?: string | undefined;
  /** Serves everybody who can connect, without a login. Default: false. */
  unsafeWithoutLogin?: boolean | undefined;
  /** Allows `hosts` beyond loopback although the dashboard speaks plain HTTP. Default: false. */
  unsafePlainHttpBeyondLoopback?: boolean | undefined;
}

/** Options of `Platform.start`. */
export interface PlatformOptions {
  /**
   * Folder for the key and the store, made if it is missing; the store needs the package `libsql`. `':memory:'` keeps
   * nothing, and needs none.
   */
  dataDir: string;
  /** `minimal` (default): nothing but what is listed here. `n0`: n0's relays and DNS. */
  network?: 'minimal' | 'n0' | undefined;
  /** Relays through which endpoints can reach the platform. Default: the network's. */
  relays?: readonly (string | RelayOption)[] | undefined;
  /** Addresses the iroh endpoint listens on, one per family. Default: `127.0.0.1` and `::1`. */
  hosts?: readonly string[] | undefined;
  /**
   * UDP port, 0 for any. API secrets contain it. Default: the one used last with this data folder, at first a random one
   * from 20000 to 29999.
   */
  port?: number | undefined;
  /** `false`: no dashboard. */
  dashboard?: DashboardOptions | false | undefined;
  /** Gets everything that happens, for a log. */
  onEvent?: PlatformEventListener | undefined;
  clock?: Clock | undefined;
}

/** The dashboard's options with their defaults. */
export interface DashboardSettings {
  hosts: readonly string[];
  port: number | null;
  allowedHosts: readonly string[];
  token: string | null;
  hasLogin: boolean;
}

/** The options with their defaults. A port is `null` when the remembered one is wanted. */
export interface PlatformSettings {
  dataDir: string;
  network: 'minimal' | 'n0';
  relays: readonly (string | RelayOption)[] | undefined;
  hosts: readonly string[];
  port: number | null;
  dashboard: DashboardSettings | null;
  onEvent: PlatformEventListener | undefined;
  clock: Clock;
}

const LOOPBACK = ['127.0.0.1', '::1'];
const MIN_TOKEN_LENGTH = 32;
const OPTION_NAMES = 'dataDir, network, relays, hosts, port, dashboard, onEvent, clock';
const DASHBOARD_OPTION_NAMES =
  'hosts, port, allowedHosts, token, unsafeWithoutLogin, unsafePlainHttpBeyondLoopback';

/** Checks the options. @throws NetDiagnosticsError `ERR_SETTING`, which names the option and what it should be */
export function parsePlatformOptions(options: PlatformOptions): PlatformSettings {
  refuseUnknown(options, 'Platform.start', OPTION_NAMES);
  const { dataDir, network = 'minimal', relays, dashboard = {}, onEvent, clock = systemClock } = options;
  if (typeof dataDir !== 'string' || dataDir === '')
    throw wrong('dataDir', dataDir, "a folder's path or ':memory:'");
  if (network !== 'minimal' && network !== 'n0') throw wrong('network', network, "'minimal' or 'n0'");
  if (relays !== undefined && !Array.isArray(relays)) throw wrong('relays', relays, 'a list of { url }');
  if (onEvent !== undefined && typeof onEvent !== 'function') throw wrong('onEvent', onEvent, 'a function');
  return {
    dataDir,
    network,
    relays,
    hosts: parseHosts('hosts', options.hosts),
    port: parsePort('port', options.port),
    dashboard: dashboard === false ? null : parseDashboard(dashboard),
    onEvent,
    clock,
  };
}

function parseDashboard(options: DashboardOptions): DashboardSettings {
  if (typeof options !== 'object' || options === null)
    throw wrong('dashboard', options, 'an object, or false');
  refuseUnknown(options, 'dashboard', DASHBOARD_OPTION_NAMES);
  const { token = null, allowedHosts = [] } = options;
  const hosts = parseHosts('dashboard.hosts', options.hosts);
  const isOpen = flag('dashboard.unsafePlainHttpBeyondLoopback', options.unsafePlainHttpBeyondLoopback);
  if (!isOpen && !hosts.every(isLoopbackAddress)) {
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      'dashboard.hosts goes beyond loopback, where its plain HTTP can be read along: put a TLS proxy in front of ' +
        'loopback, or set dashboard.unsafePlainHttpBeyondLoopback.',
    );
  }
  if (token !== null && (typeof token !== 'string' || token.length < MIN_TOKEN_LENGTH)) {
    // Never with the value: it is a credential.
    throw new NetDiagnosticsError(
      'ERR_SETTING',
      `dashboard.token has to have ${MIN_TOKEN_LENGTH} characters or more.`,
    );
  }
  if (
    !Array.isArray(allowedHosts) ||
    !allowedHosts.every((host) => typeof host === 'string' && host !== '')
  ) {
    throw wrong('dashboard.allowedHosts', allowedHosts, 'a list of host names');
  }
  return {
    hosts,
    port: parsePort('dashboard.port', options.port),
    allowedHosts: allowedHosts.map((host: string) => host.toLowerCase()),
    token,
    hasLogin: !flag('dashboard.unsafeWithoutLogin', options.unsafeWithoutLogin),
  };
}

function parseHosts(name: string, hosts: readonly string[] = LOOPBACK): readonly string[] {
  const expected = 'one or two IP addresses, at most one per family';
  if (!Array.isArray(hosts) || hosts.length === 0) throw wrong(name, hosts, expected);
  const v4 = hosts.filter((host) => isIPv4(host));
  const v6 = hosts.filter((host) => isIPv6(host));
  if (v4.length > 1 || v6.length > 1 || v4.length + v6.length < hosts.length)
    throw wrong(name, hosts, expected);
  return [...hosts];
}

function parsePort(name: string, port: number | undefined): number | null {
  if (port === undefined) return null;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrong(name, port, 'a port from 0 to 65535');
  return port;
}

function flag(name: string, value: boolean | undefined): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(name, value, 'true or false');
  return value ?? false;
}

function refuseUnknown(options: object, where: string, known: string): void {
  const names = known.split(', ');
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new NetDiagnosticsError('ERR_SETTING', `${where} has no option "${name}"; it has ${known}.`);
  }
}

function wrong(name: string, value: unknown, expected: string): NetDiagnosticsError {
  const was = value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value).slice(0, 100);
  return new NetDiagnosticsError('ERR_SETTING', `${name} is ${was}; it should be ${expected}.`);
}
