import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Debian packages by the program that is needed. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  turnserver: 'coturn',
  miniupnpd: 'miniupnpd',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  ss: 'iproute2',
  openssl: 'openssl',
  dnsmasq: 'dnsmasq-base',
  tayga: 'tayga',
  tc: 'iproute2',
};

/**
 * Whether the lab runs here: where it does not, a line says why. CI leaves nothing out.
 * @throws Error in CI when something is missing
 */
export function labRuns(programs: readonly string[]): boolean {
  const why = whyNoLab(programs);
  if (why === null) return true;
  if (process.env.CI) throw new Error(`${why}; CI leaves nothing out`);
  console.info(why);
  return false;
}

/** Why the lab cannot be built here, in one line; null when it can. */
export function whyNoLab(programs: readonly string[]): string | null {
  if (process.platform !== 'linux') return 'the lab is skipped: it needs Linux network namespaces';
  if (process.getuid?.() !== 0) return 'the lab is skipped: it needs root for its network namespaces';
  const missing = ['ip', 'ss', 'nft', 'unshare', 'nsenter', ...programs].filter(
    (program) => !isThere(program),
  );
  if (missing.length === 0) return null;
  const packages = [...new Set(missing.map((program) => PACKAGES[program] ?? program))].join(' ');
  return `the lab is skipped: apt-get install ${packages}`;
}

// Debian keeps them in sbin, which is not on every search path.
function isThere(program: string): boolean {
  const folders = isAbsolute(program)
    ? ['']
    : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
