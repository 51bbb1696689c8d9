/** Options that name relays, STUN servers and local addresses: one reader for every room that takes them. */
import { messageOf } from '../errors.js';
import {
  type BindAddrs,
  type EndpointAddress,
  type EndpointId,
  formatSocketAddr,
  formatStunServer,
  InvalidValue,
  parseEndpointId,
  parseSocketAddr,
  parseStunServer,
  type Relay,
  type RelayAuth,
  relayFromUrl,
  type SocketAddr,
  type StunServer,
  withBrackets,
} from '../wire/index.js';
import { type Kind, listOf, oneOf, port, type TextKind, textKind } from './kind.js';
import { group, needed, option, type Values } from './table.js';

/** Most relays of one report: all are asked at the same time. iroh's networks have a handful. */
export const MAX_RELAYS = 64;

/** Most peers of one report: each is dialled and watched for seconds. */
export const MAX_PEERS = 4;

/** Most STUN servers of one report. Two at different IP addresses already show everything that can be found out. */
export const MAX_STUN_SERVERS = 8;

const TOKEN_AUTH = group('{ token }', {
  token: { ...needed(textKind('a text', (text) => text)), isSecret: true },
});

/** How to authenticate to a relay. */
function relayAuth(): Kind<RelayAuth> {
  const services = oneOf('services');
  return {
    should: '"services" or { token }',
    fromValue: (value) => (typeof value === 'object' ? TOKEN_AUTH : services).fromValue(value),
  };
}

const quicPort: Kind<number> = {
  ...port(1),
  should: 'a port from 1 to 65535, or null',
};

const RELAY = group('a URL, or { url, quicPort, auth }', {
  url: needed(textKind('a URL', relayFromUrl)),
  quicPort: option(quicPort, null),
  // A user may put the token itself into `auth`; an error must not show it.
  auth: { ...option(relayAuth(), null), isSecret: true },
});

function relayFromValue(value: unknown): Relay {
  if (typeof value === 'string') return relayFromUrl(value);
  if (typeof value !== 'object' || value === null) throw new InvalidValue('neither a URL nor an object');
  const { url: fromUrl, quicPort: said, auth } = RELAY.fromValue(value);
  // "Not given" and `null` mean different things here.
  const quicPort = (value as { quicPort?: unknown }).quicPort === undefined ? undefined : said;
  if (fromUrl.quicPort !== undefined && quicPort !== undefined)
    throw new InvalidValue('quicPort is said twice');
  return { url: fromUrl.url, quicPort: quicPort === undefined ? fromUrl.quicPort : quicPort, auth };
}

/** Relays: URLs, or objects in code. */
export function relays(): TextKind<readonly Relay[]> {
  return listOf(
    'a list of relay URLs (https://…, ?quicPort=PORT or ?quicPort=none at the end); in code also { url, quicPort, auth: "services" }',
    { fromText: relayFromUrl, fromValue: relayFromValue },
    fewAndDistinct,
  );
}

/** A relay, where there is no API secret that could sign a token. */
export function relayWithoutSecret(): Kind<Relay> {
  return {
    should: 'a relay URL (https://…), or { url, quicPort, auth: { token } }',
    fromValue: (value) => {
      const relay = relayFromValue(value);
      if (relay.auth !== 'services') return relay;
      throw new InvalidValue('auth "services" needs the API secret of an app; give { token }');
    },
  };
}

/** As `relays`, where there is no API secret that could sign a token. */
export function relaysWithoutSecret(): TextKind<readonly Relay[]> {
  const { fromValue } = relayWithoutSecret();
  return listOf(
    'a list of relay URLs (https://…), or of { url, quicPort, auth: { token } }',
    { fromText: fromValue, fromValue },
    fewAndDistinct,
  );
}

function fewAndDistinct(entries: readonly Relay[]): void {
  if (entries.length > MAX_RELAYS) throw new InvalidValue(`${entries.length} relays; at most ${MAX_RELAYS}`);
  refuseTwins(entries.map(({ url }) => url));
}

const STUN_SERVER = group('"host[:port]", or { host, port }', {
  host: needed(textKind('a host name or an IP address', (host) => host)),
  port: option(port(1), null),
});

function stunServer(value: unknown): StunServer {
  if (typeof value === 'object' && value !== null) {
    const { host, port } = STUN_SERVER.fromValue(value);
    const bracketed = withBrackets(host);
    return stunServer(port === null ? bracketed : `${bracketed}:${port}`);
  }
  if (typeof value !== 'string') throw new InvalidValue('no text');
  if (/^(stuns|turns?):/i.test(value)) throw new InvalidValue('only plain STUN over UDP is asked');
  const parsed = parseStunServer(value);
  if (parsed === null) throw new InvalidValue('neither host[:port] nor [IPv6 address][:port]');
  return parsed;
}

/** STUN servers: `host[:port]`, or objects in code. */
export function stunServers(): TextKind<readonly StunServer[]> {
  const should = `a list of at most ${MAX_STUN_SERVERS} STUN servers ("stun.example:3478"); in code also { host, port }`;
  return listOf(should, { fromText: stunServer, fromValue: stunServer }, (servers) => {
    if (servers.length > MAX_STUN_SERVERS) throw new InvalidValue(`${servers.length} servers`);
    refuseTwins(servers.map(formatStunServer));
  });
}

/** With two entries for the same name it is not clear which one is meant. */
function refuseTwins(names: readonly string[]): void {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw new InvalidValue(`${repeated} is listed twice`);
}

const SOCKET_ADDR = group('"ip:port", or { ip, port }', {
  ip: needed(textKind('an IP address', (ip) => ip)),
  port: needed(port()),
  // A checked `SocketAddr` has it. It is not used: the address itself shows the family.
  family: option<4 | 6, null>({ should: '4 or 6', fromValue: (value) => value as 4 | 6 }, null),
});

function bindAddr(value: unknown): SocketAddr {
  if (typeof value === 'object' && value !== null) {
    const { ip, port } = SOCKET_ADDR.fromValue(value);
    return bindAddr(formatSocketAddr({ family: ip.includes(':') ? 6 : 4, ip, port }));
  }
  if (typeof value !== 'string') throw new InvalidValue('no text');
  try {
    return parseSocketAddr(value);
  } catch (error) {
    throw new InvalidValue('no IP address with port (host names are not taken)', { cause: error });
  }
}

/** Local addresses to listen on. */
export function bindAddrs(): TextKind<BindAddrs> {
  const list = listOf(
    'a list of at most one IPv4 and one IPv6 address with port ("127.0.0.1:0", "[::1]:0"), or "loopback"',
    { fromText: bindAddr, fromValue: bindAddr },
    (addrs) => {
      if (addrs.length === 0) throw new InvalidValue('the list is empty');
      if (new Set(addrs.map(({ family }) => family)).size < addrs.length)
        throw new InvalidValue('iroh listens on one address per family');
    },
  );
  const read = (value: unknown) => {
    const words = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
    if (!Array.isArray(words) || !words.includes('loopback')) return list.fromValue(words);
    if (words.length > 1) throw new InvalidValue('"loopback" means both families and stands alone');
    return 'loopback';
  };
  return {
    should: list.should,
    fromText: read,
    fromValue: (value) => {
      if (typeof value === 'string' && value !== 'loopback') throw new InvalidValue();
      return read(value);
    },
  };
}

/** The ALPNs that an endpoint was bound with. */
export function alpnNames(): Kind<readonly string[]> {
  const check = (value: unknown) => {
    const size = typeof value === 'string' ? Buffer.byteLength(value) : 0;
    // RFC 7301, section 3.1: one byte holds the length.
    if (typeof value !== 'string' || size < 1 || size > 255)
      throw new InvalidValue('an ALPN has 1 to 255 bytes');
    return value;
  };
  const { should, fromValue } = listOf('a list of ALPNs', { fromText: check, fromValue: check });
  return { should, fromValue };
}

/** An endpoint's id. */
export function endpointId(): TextKind<EndpointId> {
  return textKind('64 hex digits', (text) => {
    try {
      return parseEndpointId(text);
    } catch (error) {
      throw new InvalidValue(messageOf(error), { cause: error });
    }
  });
}

const ADDRESS_TABLE = {
  id: needed(textKind('64 hex digits', (text) => text)),
  relays: option(texts('a list of relay URLs'), []),
  addrs: option(texts('a list of addresses with port'), []),
};
const ADDRESS = group(
  '"ID" or "ID@ip:port,https://relay.example"; in code also { id, relays, addrs }',
  ADDRESS_TABLE,
);

function texts(what: string): TextKind<readonly string[]> {
  return listOf(
    what,
    textKind('a text', (text) => text),
  );
}

/** Where an endpoint is: `ID`, or `ID@ip:port,https://relay.example`; in code also an object. */
export function endpointAddress(): TextKind<EndpointAddress> {
  const fromText = (value: string) => {
    const [id = '', rest = ''] = value.split('@');
    const ways = rest === '' ? [] : rest.split(',').map((way) => way.trim());
    const isUrl = (way: string) => /^https?:/i.test(way);
    return addressOf({
      id: id.trim(),
      relays: ways.filter(isUrl),
      addrs: ways.filter((way) => !isUrl(way)),
    });
  };
  return {
    should: ADDRESS.should,
    fromText,
    fromValue: (value) => (typeof value === 'string' ? fromText(value) : addressOf(ADDRESS.fromValue(value))),
  };
}

function addressOf({ id, relays, addrs }: Values<typeof ADDRESS_TABLE>): EndpointAddress {
  try {
    return {
      id: parseEndpointId(id),
      relayUrls: relays.map((url) => relayFromUrl(url).url),
      directAddrs: addrs.map(parseSocketAddr),
    };
  } catch (error) {
    if (error instanceof InvalidValue) throw error;
    throw new InvalidValue(messageOf(error), { cause: error });
  }
}

/** Peers to try: each as `ID@https://relay.example`, or an object in code. */
export function peerAddresses(): TextKind<readonly EndpointAddress[]> {
  const { should, fromText, fromValue } = endpointAddress();
  const list = listOf(
    `a list of at most ${MAX_PEERS} peers, each ${should}`,
    { fromText, fromValue },
    fewPeers,
  );
  return { ...list, fromText: (text) => list.fromValue(peerTexts(text)) };
}

/** The peers in one text: commas stand between them, and between the ways to each of them. */
function peerTexts(text: string): string[] {
  const isWay = (part: string) => /^https?:/i.test(part) || (part.includes(':') && !part.includes('@'));
  const peers: string[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    const last = peers.at(-1);
    if (last === undefined || !isWay(part)) peers.push(part);
    else peers[peers.length - 1] = `${last}${last.includes('@') ? ',' : '@'}${part}`;
  }
  return peers;
}

/** For lists of peers. @throws {@link InvalidValue} for too many, or the same one twice */
export function fewPeers(peers: readonly { id: EndpointId }[]): void {
  if (peers.length > MAX_PEERS) throw new InvalidValue(`${peers.length} peers; at most ${MAX_PEERS}`);
  refuseTwins(peers.map(({ id }) => id));
}

/** The addresses as text for people. */
export function formatBindAddrs(addrs: BindAddrs): string {
  return addrs === 'loopback' ? addrs : addrs.map(formatSocketAddr).join(' and ');
}
