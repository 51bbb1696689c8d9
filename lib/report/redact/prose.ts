import { isIP } from 'node:net';
import type { Pseudonyms } from './pseudonyms.js';
import { redactUrl } from './pseudonyms.js';

/** What is looked for in prose, in this order. */
const FORMS: Readonly<Record<string, RegExp>> = {
  // Node's message about a certificate for another name ends with all names in it.
  names: /(?<=cert's (?:altnames|CN|list): ).+/is,
  url: /\bhttps?:\/\/[^\s'"()<>,;]+/is,
  endpoint: /\b[0-9a-f]{64}\b/is,
  ipv4: /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\w)/is,
  // Anything with two colons (an IPv6 address), with its zone.
  ipv6: /(?<![\w.:])[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(?:%[\w.-]+)?/is,
  // Words joined by dots. Which of them is a host name is decided later: doing it in this expression would look at
  // the same text again from each word.
  dotted: /(?<![\w-])[\w-]+(?:\.[\w-]+)+/is,
};

/** Prose in which every address, URL, endpoint id and host name is replaced. */
export function redactProse(text: string, pseudonyms: Pseudonyms): string {
  const known = pseudonyms.hosts().map((host) => host.replace(/[^\w]/g, String.raw`\$&`));
  const forms = Object.entries(FORMS).map(([kind, { source }]) => `(?<${kind}>${source})`);
  const shortIds = pseudonyms.shortIds();
  if (shortIds.length > 0) forms.push(String.raw`(?<shortId>\b(?:${shortIds.join('|')})\b)`);
  if (known.length > 0) forms.push(String.raw`(?<host>(?<![\w-])(?:${known.join('|')})(?![\w-]))`);
  // One pass, so that tokens are not replaced again.
  return text.replace(new RegExp(forms.join('|'), 'gis'), (...match: unknown[]) => {
    const groups = match.at(-1) as Readonly<Record<string, string | undefined>>;
    const [kind, found] = Object.entries(groups).find(([, part]) => part !== undefined) ?? [];
    return kind === undefined || found === undefined ? '' : replacement(kind, found, pseudonyms);
  });
}

function replacement(kind: string, found: string, pseudonyms: Pseudonyms): string {
  switch (kind) {
    case 'url':
      return redactUrl(found, pseudonyms);
    case 'ipv4':
      return isIP(found) === 4 ? pseudonyms.ip(found) : found;
    case 'ipv6':
      return redactIpv6(found, pseudonyms);
    case 'dotted':
      return redactDomain(found, pseudonyms);
    case 'host':
      return pseudonyms.host(found);
    case 'endpoint':
    case 'shortId':
      return pseudonyms.endpoint(found);
    default:
      return pseudonyms.token(kind, found.toLowerCase());
  }
}

/** The last part of a domain is not a number. */
const LAST_PART = /^[a-z][\w-]*[a-z0-9]/i;

/** Words after the last part that can end a domain do not belong to it. */
function redactDomain(found: string, pseudonyms: Pseudonyms): string {
  const parts = found.split('.');
  const last = parts.findLastIndex((part, index) => index > 0 && LAST_PART.test(part));
  if (last < 0) return found;
  const [ending = ''] = LAST_PART.exec(parts[last] ?? '') ?? [];
  const domain = [...parts.slice(0, last), ending].join('.');
  return pseudonyms.host(domain) + found.slice(domain.length);
}

/** An address may be followed by a port or a full stop; a time of day looks like one. */
function redactIpv6(found: string, pseudonyms: Pseudonyms): string {
  const [, start = '', end = ''] = /^(.*?)([.:]?)$/.exec(found) ?? [];
  if (isIP(found) === 6) return pseudonyms.ip(found);
  if (isIP(start) === 6) return `${pseudonyms.ip(start)}${end}`;
  const [, host = '', port = ''] = /^(.*):(\d{1,5})\.?$/.exec(found) ?? [];
  if (isIP(host) === 6) return `${pseudonyms.ip(host)}:${port}`;
  // A hardware address, or something broken. With two colons only it is a time of day.
  return found.split(':').length > 3 ? pseudonyms.token('address', found.toLowerCase()) : found;
}
