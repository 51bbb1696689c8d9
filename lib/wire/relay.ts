/** A relay to use or to ask: what it is, and how its text is read. As an object it is read by `lib/settings`. */
import { InvalidValue } from './invalid-value.js';
import { MAX_RELAY_URL_BYTES, MAX_U16 } from './limits.js';
import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { encodeError } from './wire-error.js';

/** Where iroh asks a relay for QUIC address discovery when nobody says otherwise (its `DEFAULT_RELAY_QUIC_PORT`). */
export const DEFAULT_RELAY_QUIC_PORT = 7842;

/**
 * What a relay wants to see before it serves. `'services'`: it belongs to iroh services and wants a `relay:use` token,
 * which is signed with the API secret and renewed at half of its life. `{ token }`: this one, a credential.
 */
export type RelayAuth = 'services' | { readonly token: string };

/** A relay as options take it, where its URL alone does not say enough. */
export interface RelayOption {
  /** `https://relay.example`; the final slash may lack. At the end `?quicPort=7843` or `?quicPort=none`. */
  url: string;
  /**
   * UDP port of QUIC address discovery; `null`: the relay has none. Default: 7842, and a silence there is not taken
   * for blocked UDP until the relay has answered once: relays ship with address discovery switched off.
   */
  quicPort?: number | null | undefined;
  /** What the relay wants to see; whoever only asks it, as `diagnose()` does, shows nothing. Default: it is open. */
  auth?: RelayAuth | null | undefined;
}

/** A relay, read and checked. Wherever a relay is taken, this is taken again. */
export interface Relay {
  /** As `new URL(url).href` writes it. */
  readonly url: string;
  /** UDP port of QUIC address discovery. `null`: it has none. `undefined`: nobody said, and iroh asks at 7842. */
  readonly quicPort: number | null | undefined;
  /** What it wants to see; `null`: nothing. */
  readonly auth: RelayAuth | null;
}

/** The parameter of a relay's URL that says where it answers QUIC address discovery. */
const QUIC_PORT_PARAMETER = 'quicPort';

/** Reads a relay's URL, and takes the parameter out of it that is meant for us. @throws {@link InvalidValue} */
export function relayFromUrl(text: string): Relay {
  const href = normaliseRelayUrl(text);
  if (href === null) throw new InvalidValue('no http or https URL');
  const url = new URL(href);
  // iroh would drop them silently, and they would end up in reports.
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
 * `https://relay.example./`). Null when it is no http or https URL: other schemes reach no relay, and a report's
 * URLs end up as links on a page.
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

/** Takes any spelling, returns the normalised one. */
export function readRelayUrl(reader: PostcardReader, field: string): string {
  const start = reader.offset;
  const href = normaliseRelayUrl(reader.str(field, MAX_RELAY_URL_BYTES));
  // The text stays out of the message: it may stand in an API secret.
  return href ?? reader.fail(field, 'no http or https URL', start);
}
