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
  if (target.protocol !== 'https:' || isExcluded(target.hostname, variable(env, 'no_proxy'))) return null;
  const text = variable(env, 'https_proxy') || variable(env, 'all_proxy');
  const full = text.includes('://') ? text : `http://${text}`;
  if (text === '' || !URL.canParse(full)) return null;
  const url = new URL(full);
  return { url, label: url.host };
}

function variable(env: NodeJS.ProcessEnv, name: string): string {
  return (env[name] || env[name.toUpperCase()] || '').trim();
}

function isExcluded(hostname: string, noProxy: string): boolean {
  const host = hostname.replace(/\.$/, '');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/^\*?\./, ''))
    .some((entry) => entry !== '' && (entry === '*' || host === entry || host.endsWith(`.${entry}`)));
}
