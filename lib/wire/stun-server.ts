/** A STUN server to ask: what it is, and how its text is read. As an object it is read by `lib/settings`. */

import { isIP, isIPv4, isIPv6 } from 'node:net';
import { withBrackets, withoutBrackets } from './ip-address.js';
import { MAX_U16 } from './limits.js';

/** Default port of STUN over UDP (RFC 8489, section 8.1). */
const STUN_PORT = 3478;

/** A STUN server as options take it, in object form. */
export interface StunServerOption {
  /** A name, or an IP address. */
  host: string;
  /** Default: 3478. */
  port?: number | undefined;
}

/** A STUN server, read and checked. Every option that takes a STUN server takes this too. */
export interface StunServer {
  /** A name in lower case, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

const FORM = /^(?:stun:)?(\[[^\]\s]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/i;
const HOST_NAME =
  /^(?=.{1,253}\.?$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/**
 * Reads `host`, `host:port`, `[::1]:port`, each with or without `stun:` in front (RFC 7064). Default port: 3478.
 * @returns null for anything else
 */
export function parseStunServer(text: string): StunServer | null {
  const [, written = '', digits = String(STUN_PORT)] = FORM.exec(text.trim()) ?? [];
  const port = Number(digits);
  const host = withoutBrackets(written).toLowerCase();
  const isBracketed = written.startsWith('[');
  const isHost = isBracketed ? isIPv6(host) && !host.includes('%') : isIPv4(host) || isHostName(host);
  if (!isHost || port < 1 || port > MAX_U16) return null;
  return { host, port };
}

/** `host:port`, as in reports. */
export function formatStunServer({ host, port }: StunServer): string {
  return `${withBrackets(host)}:${port}`;
}

function isHostName(text: string): boolean {
  // 1.2.3 and 999.1.1.1 are mistyped addresses; a top-level domain is never a number.
  return HOST_NAME.test(text) && isIP(text) === 0 && !/(^|\.)\d+\.?$/.test(text);
}
