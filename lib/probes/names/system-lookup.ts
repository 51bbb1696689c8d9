import { lookup } from 'node:dns/promises';
import { abortable } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import type { Family } from '../../report/index.js';
import { isLocalHost, leadsNowhere } from '../../wire/index.js';
import { ProbeFailure } from '../probe-failure.js';
import { askDns } from './ask-dns.js';
import type { HostsFile } from './hosts-file.js';

/** An address of a host. */
export interface ResolvedAddress {
  ip: string;
  family: Family;
  /**
   * The address does not lead to that host: a name server that filters answers with 0.0.0.0 or a loopback address.
   */
  leadsNowhere?: true;
}

/**
 * Asks for the addresses of a host name in one family. The caller drops addresses of another family. An empty list:
 * none. Rejects with a coded error (`ENOTFOUND`, `ESERVFAIL`).
 */
export type LookupHost = (
  host: string,
  family: Family,
  signal: AbortSignal,
) => Promise<readonly ResolvedAddress[]>;

/** The parts of the system's lookup. */
export interface LookupParts {
  hostsFile: HostsFile;
  /** Name servers as `ip` or `ip:port`. Default: the system's. */
  servers?: readonly string[];
}

/**
 * Codes after which the system may still know the name: through a search domain, mDNS, or a server that only the
 * system asks.
 */
const ASK_SYSTEM: ReadonlySet<string> = new Set(['ENOTFOUND', 'ECONNREFUSED', 'EBADNAME', 'EBADQUERY']);

/** Addresses that no real host has. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

/**
 * First the hosts file, then the name servers, as iroh's own resolver does (it also reads the hosts file for each
 * family on its own). Then the system's `getaddrinfo`, for names that they do not know.
 */
export function systemLookup({ hostsFile, servers }: LookupParts): LookupHost {
  return async (host, family, signal) => {
    const name = host.replace(/\.$/, '');
    const listed = await hostsFile(name, family);
    // A loopback address in the hosts file is meant: a relay in development.
    if (listed.length > 0) return listed.map((ip) => found(ip, family, UNSPECIFIED.has(ip)));
    if (isLocalHost(name)) return [{ ip: LOOPBACK[family], family }];
    const ips = await askAll(host, family, servers, signal);
    return ips.map((ip) => found(ip, family, leadsNowhere(ip)));
  };
}

function found(ip: string, family: Family, nowhere: boolean): ResolvedAddress {
  return nowhere ? { ip, family, leadsNowhere: true } : { ip, family };
}

async function askAll(
  host: string,
  family: Family,
  servers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    // Name servers know no names without a dot, but the system may.
    if (!host.includes('.')) throw notFound(host);
    return await askDns({ host, family, servers, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) === 'ENODATA') return [];
    if (!ASK_SYSTEM.has(codeOf(error))) throw error;
    return await askSystem(host, family, signal).catch(() => {
      signal.throwIfAborted();
      throw error;
    });
  }
}

function notFound(host: string): Error {
  return new ProbeFailure('ENOTFOUND', `${host} has no address`);
}

let queue: Promise<unknown> = Promise.resolve();

/**
 * `getaddrinfo`, one call at a time in the whole process: libuv runs only a few at once, and the app needs the
 * others. It cannot be cancelled: a call that hangs goes on until the system gives up, but nobody waits for it.
 */
function askSystem(host: string, family: Family, signal: AbortSignal): Promise<readonly string[]> {
  const turn = queue.then(async () => {
    if (signal.aborted) return [];
    const all = await lookup(host, { all: true, family });
    return all.map(({ address }) => address);
  });
  queue = turn.catch(() => undefined);
  return abortable(turn, signal);
}
