import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Family } from '../../report/index.js';
import { readText } from '../read-bounded.js';

/** Bytes of a hosts file that are read. Files that block advertisements have a few megabytes. */
const MAX_HOSTS_FILE_BYTES = 16 * 1024 * 1024;

/** The addresses that a machine's own hosts file gives a name, in one family. */
export type HostsFile = (host: string, family: Family) => Promise<readonly string[]>;

/** Where this machine has it. */
export function hostsPath(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (platform !== 'win32') return '/etc/hosts';
  return join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts');
}

/**
 * Reads the file once, at the first question. A missing or endless file counts as empty. If no more files can be
 * opened, it throws: otherwise that would look like a name that does not exist.
 */
export function hostsFile(path: string): HostsFile {
  let text: Promise<string> | undefined;
  return async (host, family) => {
    text ??= readText(path, MAX_HOSTS_FILE_BYTES).then((read) => (read ?? '').toLowerCase());
    return addressesIn(await text, host.toLowerCase(), family);
  };
}

// Only lines that contain the name are parsed: there may be several hundred thousand others.
function addressesIn(text: string, host: string, family: Family): string[] {
  const ips = new Set<string>();
  // Goes on after the line: a line that contains the name ten thousand times is parsed once.
  for (let at = text.indexOf(host), end = 0; at >= 0; at = text.indexOf(host, end)) {
    const feed = text.indexOf('\n', at);
    end = feed < 0 ? text.length : feed;
    const line = text.slice(text.lastIndexOf('\n', at) + 1, end);
    const [ip = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(ip) === family && names.includes(host)) ips.add(ip);
  }
  return [...ips];
}
