/** A relay to use or to ask: what it is, and how its text is read. As an object it is read by `lib/settings`. */
import { InvalidValue } from './invalid-value.js';
import { MAX_RELAY_URL_BYTES, MAX_U16 } from './limits.js';
import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { encodeError } from './wire-error.js';

/** The port at which iroh by default asks a relay for QUIC address discovery (its `DEFAULT_RELAY_QUIC_PORT`). */
export const DEFAULT_RELAY_QUIC_PORT = 7842;

/**
 * How to authenticate to a relay. `'services'`: it belongs to iroh services and wants a `relay:use` token, which is signed
 * with the API secret and renewed after half of its lifetime. `{ token }`: this token, which is a credential.
 */
export type RelayAuth = 'services' | { readonly token: string };

/** A relay as options take it, when its URL alone is not enough. */
export interface RelayOption {
  /** `https://relay.example`, with or without a final slash; `?quicPort=7843` or `?quicPort=none` may follow. */
  url: string;
  /**
   * UDP port of QUIC address discovery; `null`: the relay has none. Default: 7842. With the default, a missing answer is
   * not taken as blocked UDP until the relay has answered once, because relays ship with address discovery switched off.
   */
  quicPort?: number | null | undefined;
  /** How to authenticate to the relay. Probes, as in `diagnose()`, send nothing of it. Default: the relay is open. */
  auth?: RelayAuth | null | undefined;
}

/** A relay, read and checked. Every option that takes a relay takes this too. */
export interface Relay {
  /** As `new URL(url).href` writes it. */
  readonly url: string;
  /** UDP port of QUIC address discovery. `null`: it has none. `undefined`: not given, and iroh asks at 7842. */
  readonly quicPort: number | null | undefined;
  /** How to authenticate to it; `null`: not at all. */
  readonly auth: RelayAuth | null;
}

/** The parameter of a relay's URL for the port of QUIC address discovery. */
const QUIC_PORT_PARAMETER = 'quicPort';

/** Reads a relay's URL, and removes the parameter `quicPort`, which is meant for us. @throws {@link InvalidValue} */
export function relayFromUrl(text: string): Relay {
  const href = normaliseRelayUrl(text);
  if (href === null) throw new InvalidValue('no http or https URL');
  const url = new URL(href);
  // iroh would silently ignore them, and they would appear in reports.
  if (url.username !== '' || url.password !== '')
    throw new InvalidValue('a relay URL takes no user or password');
  const quicPort = takeQuicPort(url);
  return { url: url.href, quicPort, auth: null };
}

function takeQuicPort({ searchParams }: URL): Relay['quicPort'] {
  const [said, ...more] = searchParams.getAll(QUIC_PORT_PARAMETER);
  if (said === undefined) return undefined;
  if (more.length > 0) throw new InvalidValue('quicPort is said twice');
  searchParams.delete(QUIC_PORT_PARAMETER);
  if (said === 'none') return null;
  const port = /^\d{1,5}$/.test(said) ? Number(said) : 0;
  if (port < 1 || port > MAX_U16)
    throw new InvalidValue('quicPort in a URL is a port from 1 to 65535, or none');
  return port;
}

/**
 * A relay's URL as the wire and Rust's `RelayUrl` write it (`https://relay.example.` becomes
 * `https://relay.example./`). Null when it is no http or https URL: other schemes reach no relay, and a page shows the
 * URLs of a report as links.
 */
export function normaliseRelayUrl(text: string): string | null {
  if (text.length > MAX_RELAY_URL_BYTES || !URL.canParse(text)) return null;
  const url = new URL(text);
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
  return isHttp && url.href.length <= MAX_RELAY_URL_BYTES ? url.href : null;
}

export function writeRelayUrl(writer: PostcardWriter, text: string): void {
  const href = normaliseRelayUrl(text);
  if (href === null) throw encodeError('relayUrl', 'no http or https URL of at most 2048 characters');
  writer.str(href, 'relayUrl');
}

/** Reads a relay URL in any spelling and returns the normalised form. */
export function readRelayUrl(reader: PostcardReader, field: string): string {
  const start = reader.offset;
  const href = normaliseRelayUrl(reader.str(field, MAX_RELAY_URL_BYTES));
  // The message does not contain the text, because it may come from an API secret.
  return href ?? reader.fail(field, 'no http or https URL', start);
}
