/**
 * The binding reports every error as text: Debug output of Rust errors, with a stack backtrace and source locations when
 * RUST_BACKTRACE is set. Only this file turns that text into values. Pure.
 */
import { messageOf } from '../errors.js';
import type { CloseReason } from './types.js';

/** What a failed call of the binding means. */
export type NativeFailure =
  | { kind: 'connection-closed'; reason: CloseReason }
  | { kind: 'endpoint-closed' }
  | { kind: 'stream-reset'; code: number }
  | { kind: 'stream-stopped'; code: number }
  | { kind: 'stream-closed' }
  | { kind: 'other'; message: string };

/** Longest message that is kept, because it may contain a stranger's text. */
const MAX_MESSAGE_LENGTH = 300;

/** What a connection sometimes reports instead of "closed", after its own endpoint was closed. */
const DRIVER_DROPPED = 'endpoint driver future was dropped';

/** The innermost cause, without backtrace and source locations, so that RUST_BACKTRACE makes no difference. */
export function normaliseMessage(text: string): string {
  const [beforeTrace = ''] = text.split('\nStack backtrace:\n');
  const [, ...causes] = beforeTrace.split(/\nCaused by:\n/);
  const innermost =
    causes
      .at(-1)
      ?.split('\n')
      .findLast((line) => line.trim() !== '') ?? beforeTrace;
  return innermost
    .trim()
    .replace(/ \([^()\n]*:\d+:\d+\)$/, '')
    .slice(0, MAX_MESSAGE_LENGTH);
}

/** What went wrong, from any error that the binding rejected with. */
export function classifyFailure(error: unknown): NativeFailure {
  const message = normaliseMessage(messageOf(error));
  // Read(ConnectionLost(…)), ConnectionLost(…), Read(Reset(9)): only the inner part matters.
  const inner = message.replace(/^(?:(?:Read|ReadError|Write|WriteError|ConnectionLost)\()+/, '');
  const closed = connectionError(inner) ?? closedText(inner);
  if (closed !== null) return { kind: 'connection-closed', reason: closed };
  if (inner === 'Endpoint is closed') return { kind: 'endpoint-closed' };
  const reset = /^Reset\((\d+)\)/.exec(inner);
  if (reset) return { kind: 'stream-reset', code: Number(reset[1]) };
  const stopped = /^Stopped\((\d+)\)/.exec(inner);
  if (stopped) return { kind: 'stream-stopped', code: Number(stopped[1]) };
  if (/^ClosedStream\b/.test(inner)) return { kind: 'stream-closed' };
  return { kind: 'other', message };
}

/** Debug output of a connection's error. */
function connectionError(text: string): CloseReason | null {
  const application =
    /^ApplicationClosed\(ApplicationClose \{ error_code: (\d+), reason: b"((?:[^"\\]|\\.)*)/.exec(text);
  if (application) {
    const [, code, reason = ''] = application;
    return { by: 'peer', code: Number(code), reason: unescapeBytes(reason) };
  }
  if (/^LocallyClosed\b/.test(text) || text.includes(DRIVER_DROPPED))
    return { by: 'local', code: null, reason: '' };
  if (/^TimedOut\b/.test(text)) return { by: 'timeout', code: null, reason: '' };
  if (/^(?:Reset$|Reset\)|TransportError\(|ConnectionClosed\(|VersionMismatch|CidsExhausted)/.test(text)) {
    return { by: 'other', code: null, reason: text };
  }
  return null;
}

/** The same text as `closeReason()` gives, in an error of a call on the connection. */
function closedText(text: string): CloseReason | null {
  return /^(?:closed|timed out)$|^closed by peer: /.test(text) ? parseCloseReason(text) : null;
}

/** The meaning of a connection's `closeReason()`. */
export function parseCloseReason(text: string): CloseReason {
  if (text === 'closed' || (!text.startsWith('closed by peer: ') && text.includes(DRIVER_DROPPED)))
    return { by: 'local', code: null, reason: '' };
  if (text === 'timed out') return { by: 'timeout', code: null, reason: '' };
  const byPeer = /^closed by peer: ([\s\S]*)$/.exec(text);
  if (!byPeer) return { by: 'other', code: null, reason: normaliseMessage(text) };
  const [, said = ''] = byPeer;
  if (/^\d+$/.test(said)) return { by: 'peer', code: Number(said), reason: '' };
  // The binding appends the code. The peer chooses the text before it, which may contain another "(code 0)".
  const withCode = /^([\s\S]*) \(code (\d+)\)$/.exec(said);
  if (!withCode) return { by: 'peer', code: null, reason: said.slice(0, MAX_MESSAGE_LENGTH) };
  const [, reason = '', code] = withCode;
  return { by: 'peer', code: Number(code), reason: reason.slice(0, MAX_MESSAGE_LENGTH) };
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '0': 0, '\\': 92, '"': 34, "'": 39 };

/** The inside of a Rust byte string as Debug writes it. */
function unescapeBytes(text: string): string {
  const bytes: number[] = [];
  for (const [token] of text.matchAll(/\\x[0-9a-fA-F]{2}|\\[\s\S]|[^\\]/g)) {
    const [first = '', second = ''] = token;
    if (first !== '\\') bytes.push(first.charCodeAt(0) & 0xff);
    else if (second === 'x') bytes.push(Number.parseInt(token.slice(2), 16));
    else bytes.push(ESCAPES[second] ?? second.charCodeAt(0) & 0xff);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
