import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../errors.js';
import { bindEndpoint, type Endpoint } from '../transport/index.js';
import type { BindAddrs, EndpointAddress, RelayOption, SecretKey } from '../wire/index.js';

/** An earlier process that is stopping needs a moment to free its port. */
const RETRY_DELAYS_MS = [200, 500, 1000];
/** A port may be taken, in one family or both. */
const ATTEMPTS = 10;
/**
 * The range for a port that is kept over restarts. It is below the ports that systems choose for other sockets (Linux
 * from 32768, others from 49152), because one of those might have the port after a restart.
 */
const LASTING_PORTS = [20_000, 30_000] as const;

/** How a platform's endpoint is bound. */
export interface BindPlatformOptions {
  /** The platform's key. */
  secretKey: SecretKey;
  /** `minimal`: only what is listed here. `n0`: n0's relays and DNS. */
  network: 'minimal' | 'n0';
  /** Relays through which endpoints can reach it; `null`: the network's relays. */
  relays: readonly (string | RelayOption)[] | null;
  /** Addresses to listen on. Their ports are ignored: both families share `port`. */
  bindAddrs: BindAddrs;
  /** UDP port, 0 for any; `null`: the remembered one, or at the first start a random one from 20000 to 29999. */
  port: number | null;
  /** The port used last, which API secrets contain; `null` at the first start. */
  remembered: number | null;
}

/** The result of {@link bindPlatform}. */
export interface BoundEndpoint {
  endpoint: Endpoint;
  port: number;
}

/**
 * Binds the platform's endpoint, with one port for both families.
 * @throws NetDiagnosticsError `ERR_BIND` when the port of the options is taken
 */
export async function bindPlatform(options: BindPlatformOptions): Promise<BoundEndpoint> {
  const wanted = options.port ?? options.remembered ?? 0;
  if (wanted > 0) {
    const endpoint = await bindPatiently(options, wanted);
    if (endpoint !== null) return { endpoint, port: wanted };
  }
  return bindAnywhere(options);
}

async function bindPatiently(options: BindPlatformOptions, port: number): Promise<Endpoint | null> {
  for (const delay of [...RETRY_DELAYS_MS, null]) {
    try {
      return await bindAt(options, port);
    } catch (error) {
      const isDemanded = options.port !== null;
      if (!hasCode(error, 'ERR_BIND') || (delay === null && isDemanded)) throw error;
      // This timer keeps the process alive: nothing else does yet, and it would end in the middle of its start.
      if (delay !== null) await sleep(delay);
    }
  }
  return null;
}

async function bindAnywhere(options: BindPlatformOptions): Promise<BoundEndpoint> {
  for (let attempt = 1; ; attempt += 1) {
    const port =
      options.port === 0
        ? await freePort(hostsOf(options.bindAddrs)[0] ?? '127.0.0.1')
        : randomInt(...LASTING_PORTS);
    try {
      return { endpoint: await bindAt(options, port), port };
    } catch (error) {
      if (!hasCode(error, 'ERR_BIND') || attempt === ATTEMPTS) throw error;
    }
  }
}

async function bindAt(options: BindPlatformOptions, port: number): Promise<Endpoint> {
  const { secretKey, network, relays } = options;
  const hosts = hostsOf(options.bindAddrs);
  const bind = (wanted: readonly string[]) =>
    bindEndpoint({
      secretKey,
      network,
      relays: relays ?? undefined,
      bindAddrs: wanted.map((ip) => ({ ip, port })),
      alpns: [],
    });
  try {
    return await bind(hosts);
  } catch (error) {
    // A machine without IPv6 has no `::1`: then loopback only means 127.0.0.1.
    const rest = hosts.filter((host) => host !== '::1');
    if (!hasCode(error, 'ERR_BIND') || rest.length === hosts.length || rest.length === 0) throw error;
    if (await canBind('::1', 0)) throw error;
    return bind(rest);
  }
}

/**
 * The address at which endpoints reach the platform; it is part of API secrets. iroh's own list has no loopback
 * addresses, so fixed addresses are taken from the sockets.
 */
export function platformAddress(endpoint: Endpoint, bindAddrs: BindAddrs): EndpointAddress {
  const hosts = hostsOf(bindAddrs);
  const address = endpoint.address();
  if (hosts.some((host) => host === '0.0.0.0' || host === '::')) return address;
  return { ...address, directAddrs: endpoint.boundSockets().filter(({ ip }) => hosts.includes(ip)) };
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(0, host, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function canBind(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind(port, host, () => socket.close(() => resolve(true)));
  });
}

function hostsOf(addrs: BindAddrs): readonly string[] {
  return addrs === 'loopback' ? ['127.0.0.1', '::1'] : addrs.map(({ ip }) => ip);
}
