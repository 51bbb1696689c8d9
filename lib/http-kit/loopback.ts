import { isLoopbackAddress, withoutBrackets } from '../wire/index.js';

/** The name in a `Host` header, in lower case and without brackets; `null` when the header is malformed. */
export function hostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '');
  return match?.[1] === undefined ? null : withoutBrackets(match[1].toLowerCase());
}

/**
 * Whether a `Host` header names this machine. A page of another site can make its own name resolve to 127.0.0.1 (DNS
 * rebinding), but it cannot change the name that the browser sends. The port may differ: `ssh -L` changes it.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = hostName(host);
  return name !== null && (name === 'localhost' || isLoopbackAddress(name));
}
