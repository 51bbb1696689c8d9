import { isIP } from 'node:net';
import { redactUrl } from './addresses.js';
import type { Pseudonyms } from './pseudonyms.js';

/** What may stand in prose, in the order in which it is looked for. */
const FORMS: Readonly<Record<string, string>> = {
  // Node's words about a certificate of another name end with all names in it.
  names: `(?<=cert's (?:altnames|CN|list): ).+`,
  url: String.raw`\bhttps?:\/\/[^\s'"()<>,;]+`,
  endpoint: String.raw`\b[0-9a-f]{64}\b`,
  ipv4: String.raw`(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\w)`,
  // Anything with two colons, and its zone.
  ipv6: String.raw`(?<![\w.:])[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(?:%[\w.-]+)?`,
  // Names with a dot whose last part is no number.
  domain: String.raw`(?<![\w-])(?:[\w-]+\.)+[a-z][\w-]*[a-z0-9]`,
};

/** Prose with everything in it replaced that is an address, a URL, an endpoint id, or a host's name. */
export function redactProse(text: string, pseudonyms: Pseudonyms): string {
  const known = pseudonyms.hosts().map((host) => host.replace(/[^\w]/g, String.raw`\$&`));
  const forms = Object.entries(FORMS).map(([kind, form]) => `(?<${kind}>${form})`);
  if (known.length > 0) forms.push(String.raw`(?<host>(?<![\w-])(?:${known.join('|')})(?![\w-]))`);
  // One pass: what was put in is not looked at again.
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
    case 'domain':
    case 'host':
      return pseudonyms.host(found);
    default:
      return pseudonyms.token(kind, found.toLowerCase());
  }
}

/** With a port behind it, with the end of a sentence, or a time of day. */
function redactIpv6(found: string, pseudonyms: Pseudonyms): string {
  const [, start = '', end = ''] = /^(.*?)([.:]?)$/.exec(found) ?? [];
  if (isIP(found) === 6) return pseudonyms.ip(found);
  if (isIP(start) === 6) return `${pseudonyms.ip(start)}${end}`;
  const [, host = '', port = ''] = /^(.*):(\d{1,5})\.?$/.exec(found) ?? [];
  if (isIP(host) === 6) return `${pseudonyms.ip(host)}:${port}`;
  // A hardware address, or something broken. Two colons alone are a time of day.
  return found.split(':').length > 3 ? pseudonyms.token('address', found.toLowerCase()) : found;
}
