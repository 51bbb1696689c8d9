import { isIP, isIPv4, isIPv6 } from 'node:net';
import { STUN_PORT } from './constants.js';

/** A STUN server of the settings. */
export interface StunServer {
  /** A name, or an IP address without brackets. */
  host: string;
  port: number;
  /** `host:port`, as reports name it. */
  label: string;
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
  const host = written.replace(/^\[|\]$/g, '').toLowerCase();
  const isBracketed = written.startsWith('[');
  const isHost = isBracketed ? isIPv6(host) && !host.includes('%') : isIPv4(host) || isHostName(host);
  if (!isHost || port < 1 || port > 65_535) return null;
  return { host, port, label: `${isBracketed ? `[${host}]` : host}:${port}` };
}

function isHostName(text: string): boolean {
  // 1.2.3 and 999.1.1.1 are mistyped addresses; a top-level domain is never a number.
  return HOST_NAME.test(text) && isIP(text) === 0 && !/(^|\.)\d+\.?$/.test(text);
}
