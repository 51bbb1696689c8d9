import { isIP } from 'node:net';
import { isInNetwork, withoutBrackets } from '../../wire/index.js';
import { HTTPS_PORT } from '../constants.js';

/** A proxy from the environment. */
export interface HttpProxy {
  url: URL;
  /** `host:port`, without credentials: safe to show. */
  label: string;
}

/**
 * The proxy that `HTTPS_PROXY`/`ALL_PROXY` name for a URL (lower case wins, as in curl), unless `NO_PROXY` excludes
 * its host. Null for plain HTTP, and when there is none.
 */
export function proxyFor(target: URL, env: NodeJS.ProcessEnv): HttpProxy | null {
  if (target.protocol !== 'https:' || isExcluded(target, variable(env, 'no_proxy'))) return null;
  const text = variable(env, 'https_proxy') || variable(env, 'all_proxy');
  const full = text.includes('://') ? text : `http://${text}`;
  if (text === '' || !URL.canParse(full)) return null;
  const url = new URL(full);
  return { url, label: url.host };
}

function variable(env: NodeJS.ProcessEnv, name: string): string {
  return (env[name] || env[name.toUpperCase()] || '').trim();
}

/**
 * Whether `NO_PROXY` names this host, in any of the forms that curl, Go and undici take: a name with or without a leading
 * dot or `*.`, `host:port`, an IP address with or without brackets, a CIDR block, or `*` for all.
 */
function isExcluded(target: URL, noProxy: string): boolean {
  const host = withoutBrackets(target.hostname).replace(/\.$/, '');
  const port = target.port === '' ? HTTPS_PORT : Number(target.port);
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && covers(entry.replace(/^"|"$/g, ''), host, port));
}

function covers(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [, block = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(withoutBrackets(block)) !== 0) return isInNetwork(host, withoutBrackets(block), Number(bits));
  const [, named = entry, namedPort] = isIP(entry) === 6 ? [] : (/^(.+):(\d{1,5})$/.exec(entry) ?? []);
  if (namedPort !== undefined && Number(namedPort) !== port) return false;
  const name = withoutBrackets(named)
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  if (isIP(name) !== 0) return isInNetwork(host, name, isIP(name) === 4 ? 32 : 128);
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}
