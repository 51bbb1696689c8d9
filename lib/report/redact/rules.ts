import { isIP } from 'node:net';
import { redactProse } from './prose.js';
import type { Pseudonyms } from './pseudonyms.js';
import { redactHostPort, redactSocketAddress, redactUrl } from './pseudonyms.js';

/** How texts of one kind are replaced. */
export type Rule = (text: string, pseudonyms: Pseudonyms) => string;

/** Codes and names of programs: no dots but in a version. */
const WORD = /^[A-Za-z][\w-]{0,63}(\/\d[\w.-]{0,31})?$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** By the names that the schema gives to kinds of text; what has no rule is replaced whole. */
export const RULES: Readonly<Record<string, Rule>> = {
  word: (text, pseudonyms) => (WORD.test(text) ? text : pseudonyms.token('word', text)),
  timestamp: (text, pseudonyms) => (TIMESTAMP.test(text) ? text : pseudonyms.token('time', text)),
  text: redactProse,
  foreign: (text, pseudonyms) => pseudonyms.token('name', text),
  interface: (text, pseudonyms) => pseudonyms.token('interface', text),
  ip: (text, pseudonyms) => pseudonyms.ip(text),
  socketAddress: (text, pseudonyms) =>
    redactSocketAddress(text, pseudonyms) ?? pseudonyms.token('address', text),
  host: (text, pseudonyms) => pseudonyms.host(text),
  hostPort: redactHostPort,
  url: (text, pseudonyms) => redactUrl(text, pseudonyms),
  peer: (text, pseudonyms) =>
    redactSocketAddress(text, pseudonyms) ??
    (URL.canParse(text) ? redactUrl(text, pseudonyms) : pseudonyms.token('peer', text)),
  endpointId: (text, pseudonyms) => pseudonyms.token('endpoint', text.toLowerCase()),
  detail: redactDetail,
};

/** What a probe adds for the reader is of any kind: only what says nothing stays. */
function redactDetail(text: string, pseudonyms: Pseudonyms): string {
  if (['', 'none', 'yes', 'no', 'unknown'].includes(text)) return text;
  if (isIP(text) !== 0) return pseudonyms.ip(text);
  const address = redactSocketAddress(text, pseudonyms);
  if (address !== null) return address;
  return /^https?:\/\//.test(text) ? redactUrl(text, pseudonyms) : pseudonyms.token('text', text);
}
