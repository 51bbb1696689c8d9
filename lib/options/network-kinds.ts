/** Settings that name relays and addresses. */
import { messageOf } from '../errors.js';
import { MAX_STUN_SERVERS, parseStunServer } from '../probes/index.js';
import { type EndpointAddress, normaliseRelayUrl, parseEndpointId, parseSocketAddr } from '../wire/index.js';
import { InvalidValue, type Kind, listOf } from './kind.js';

/** A relay of the settings. */
export interface RelaySetting {
  /** As `new URL(url).href` writes it. */
  url: string;
  /**
   * `null`: the relay has no QUIC address discovery. `undefined`: nobody said. Then iroh asks at its default port, but a
   * silence there tells a report nothing: relays ship with address discovery switched off.
   */
  quicPort: number | null | undefined;
  /** `services`: it wants a token that is signed with the API secret. */
  auth: 'services' | null;
}

/** The keyword of `bindAddrs` for both loopback addresses; the transport knows it too, and copes without IPv6. */
const LOOPBACK = 'loopback';

const RELAY_KEYS = ['url', 'quicPort', 'auth'];

/** The parameter of a relay's URL that says where it answers QUIC address discovery. */
const QUIC_PORT_PARAMETER = 'quicPort';

/** Relays: URLs, or objects in code. */
export function relays(): Kind<readonly RelaySetting[]> {
  return listOf(
    'a list of relay URLs (https://…, ?quicPort=PORT or ?quicPort=none at the end); in code also { url, quicPort, auth: "services" }',
    { fromText: relayFromUrl, fromValue: relayFromValue },
    (entries) => {
      const repeated = entries.find(({ url }, i) => entries.findIndex((other) => other.url === url) !== i);
      if (repeated !== undefined) throw new InvalidValue(`${repeated.url} is listed twice`);
    },
  );
}

/** Reads a relay's URL, without the parameter that is meant for us. @throws {@link InvalidValue} */
export function relayFromUrl(text: string): RelaySetting {
  const href = normaliseRelayUrl(text);
  if (href === null) throw new InvalidValue('no http or https URL');
  const url = new URL(href);
  // iroh would drop them silently, and they would end up in reports.
  if (url.username !== '' || url.password !== '')
    throw new InvalidValue('a relay URL takes no user or password');
  const quicPort = takeQuicPort(url);
  return { url: url.href, quicPort, auth: null };
}

function takeQuicPort({ searchParams }: URL): RelaySetting['quicPort'] {
  const [said, ...more] = searchParams.getAll(QUIC_PORT_PARAMETER);
  if (said === undefined) return undefined;
  if (more.length > 0) throw new InvalidValue('quicPort is said twice');
  searchParams.delete(QUIC_PORT_PARAMETER);
  if (said === 'none') return null;
  const port = /^\d{1,5}$/.test(said) ? Number(said) : null;
  if (!isPort(port)) throw new InvalidValue('quicPort in a URL is a port from 1 to 65535, or none');
  return port;
}

function relayFromValue(value: unknown): RelaySetting {
  if (typeof value === 'string') return relayFromUrl(value);
  if (typeof value !== 'object' || value === null) throw new InvalidValue('neither a URL nor an object');
  const { url, quicPort, auth } = value as Record<string, unknown>;
  const unknownKey = Object.keys(value).find((key) => !RELAY_KEYS.includes(key));
  if (unknownKey !== undefined) throw new InvalidValue(`"${unknownKey}" is no key of a relay`);
  if (typeof url !== 'string') throw new InvalidValue('url is missing');
  if (quicPort !== undefined && quicPort !== null && !isPort(quicPort))
    throw new InvalidValue('quicPort is a port from 1 to 65535, or null');
  if (auth !== undefined && auth !== 'services') throw new InvalidValue('auth is "services" or left out');
  const fromUrl = relayFromUrl(url);
  if (fromUrl.quicPort !== undefined && quicPort !== undefined)
    throw new InvalidValue('quicPort is said twice');
  return {
    url: fromUrl.url,
    quicPort: quicPort === undefined ? fromUrl.quicPort : quicPort,
    auth: auth ?? null,
  };
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

/** STUN servers, as `host:port`. */
export function stunServers(): Kind<readonly string[]> {
  const server = (value: unknown) => {
    if (typeof value !== 'string') throw new InvalidValue('no text');
    if (/^(stuns|turns?):/i.test(value)) throw new InvalidValue('only plain STUN over UDP is asked');
    const parsed = parseStunServer(value);
    if (parsed === null) throw new InvalidValue('neither host[:port] nor [IPv6 address][:port]');
    return parsed.label;
  };
  const should = `a list of at most ${MAX_STUN_SERVERS} STUN servers ("stun.example:3478")`;
  return listOf(should, { fromText: server, fromValue: server }, (labels) => {
    if (labels.length > MAX_STUN_SERVERS) throw new InvalidValue(`${labels.length} servers`);
    const repeated = labels.find((label, i) => labels.indexOf(label) !== i);
    if (repeated !== undefined) throw new InvalidValue(`${repeated} is listed twice`);
  });
}

/** Local addresses to listen on. */
export function bindAddresses(): Kind<readonly string[]> {
  const list = listOf(
    'a list of at most one IPv4 and one IPv6 address with port ("127.0.0.1:0", "[::1]:0"), or "loopback"',
    { fromText: bindAddress, fromValue: bindAddress },
  );
  const expand = (entries: readonly string[]) => {
    if (entries.length === 0) throw new InvalidValue('the list is empty');
    const families = entries.map((entry) => (entry === LOOPBACK ? LOOPBACK : parseSocketAddr(entry).family));
    if (families.includes(LOOPBACK)) {
      if (entries.length > 1) throw new InvalidValue('"loopback" means both families and stands alone');
      return entries;
    }
    if (new Set(families).size < families.length)
      throw new InvalidValue('iroh listens on one address per family');
    return entries;
  };
  return {
    should: list.should,
    fromText: (text) => expand(list.fromText?.(text) ?? []),
    fromValue: (value) => expand(list.fromValue(value === LOOPBACK ? [value] : value)),
  };
}

function bindAddress(value: unknown): string {
  if (value === LOOPBACK) return value;
  if (typeof value !== 'string') throw new InvalidValue('no text');
  try {
    parseSocketAddr(value);
  } catch (error) {
    throw new InvalidValue('no IP address with port (host names are not taken)', { cause: error });
  }
  return value;
}

/** Where a platform is. */
export function platformAddress(): Kind<EndpointAddress> {
  const fromText = (text: string) => {
    const [id = '', rest = ''] = text.split('@');
    const ways = rest === '' ? [] : rest.split(',').map((way) => way.trim());
    const isUrl = (way: string) => /^https?:/i.test(way);
    return addressOf(
      id.trim(),
      ways.filter(isUrl),
      ways.filter((way) => !isUrl(way)),
    );
  };
  return {
    should: '"ID" or "ID@ip:port,https://relay.example"; in code also { id, relays, addrs }',
    fromText,
    fromValue: (value) => {
      if (typeof value === 'string') return fromText(value);
      if (typeof value !== 'object' || value === null) throw new InvalidValue();
      const { id, relays = [], addrs = [] } = value as { id?: unknown; relays?: unknown; addrs?: unknown };
      if (typeof id !== 'string' || !isTexts(relays) || !isTexts(addrs)) throw new InvalidValue();
      return addressOf(id, relays, addrs);
    },
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function addressOf(id: string, relayUrls: readonly string[], addrs: readonly string[]): EndpointAddress {
  try {
    return {
      id: parseEndpointId(id),
      relayUrls: relayUrls.map((url) => relayFromUrl(url).url),
      directAddrs: addrs.map(parseSocketAddr),
    };
  } catch (error) {
    if (error instanceof InvalidValue) throw error;
    throw new InvalidValue(messageOf(error), { cause: error });
  }
}
