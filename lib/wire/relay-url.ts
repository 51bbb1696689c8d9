import { MAX_RELAY_URL_BYTES } from './limits.js';
import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { encodeError } from './wire-error.js';

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
