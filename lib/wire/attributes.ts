/** The labels of an endpoint: its name, its group, and attributes that it chooses. */
import { MAX_ATTRIBUTE_VALUE_BYTES, MAX_ATTRIBUTES, MAX_NAME_BYTES, MIN_NAME_BYTES } from './limits.js';
import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';
import { encodeError } from './wire-error.js';

/** Texts by which an endpoint describes itself, by key. Keys have 2 to 128 bytes of UTF-8, values 0 to 128; at most 128 entries. */
export type Attributes = Readonly<Record<string, string>>;

/** Bytes of the shortest entry: a length, a key of two bytes, an empty value. */
const MIN_ENTRY_SIZE = 1 + MIN_NAME_BYTES + 1;

/** On the wire it would silently become U+FFFD. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Why the platform would not take `text` as a name, a group or an attribute's key, to be put after the subject of a
 * sentence (`is too short …`); `null` when it would.
 */
export function nameFault(text: string): string | null {
  if (LONE_SURROGATE.test(text)) return 'holds half a surrogate pair';
  const size = Buffer.byteLength(text);
  if (size < MIN_NAME_BYTES)
    return `is too short (${size} bytes of UTF-8 where ${MIN_NAME_BYTES} are the least)`;
  return size > MAX_NAME_BYTES
    ? `is too long (${size} bytes of UTF-8 where ${MAX_NAME_BYTES} are the most)`
    : null;
}

/** Why the platform would not take this set of attributes, as a sentence without a full stop; `null` when it would. */
export function attributesFault(attributes: Attributes): string | null {
  const entries = Object.entries(attributes);
  if (entries.length > MAX_ATTRIBUTES) {
    return `${entries.length} attributes are too many (${MAX_ATTRIBUTES} are the most)`;
  }
  for (const [index, [key, value]] of entries.entries()) {
    const fault = nameFault(key) ?? valueFault(value);
    // Named by its number, not by its text, because a credential may have been pasted here.
    if (fault !== null)
      return `attribute ${index + 1}: the ${nameFault(key) === null ? 'value' : 'key'} ${fault}`;
  }
  return null;
}

/** Writes the entries sorted by the bytes of their keys, as in Rust's map. The order of UTF-16 would differ for some. */
export function writeAttributes(writer: PostcardWriter, attributes: Attributes): void {
  const fault = attributesFault(attributes);
  if (fault !== null) throw encodeError('attributes', fault);
  const entries = Object.entries(attributes).sort(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  writer.seq(entries, 'attributes', ([key, value]) => writer.str(key, 'attributes').str(value, 'attributes'));
}

/** Reads the entries in any order. Refuses a key that is there twice: no encoder writes that, and one value would be lost. */
export function readAttributes(reader: PostcardReader): Attributes {
  const start = reader.offset;
  const seen = new Set<string>();
  const entries = reader.seq('attributes', MIN_ENTRY_SIZE, (): [string, string] => {
    const at = reader.offset;
    const key = readName(reader, 'key');
    if (seen.has(key)) reader.fail('key', 'it stands in the map twice', at);
    seen.add(key);
    if (seen.size > MAX_ATTRIBUTES) reader.fail('', `more than ${MAX_ATTRIBUTES} attributes`, start);
    return [key, reader.str('value', MAX_ATTRIBUTE_VALUE_BYTES)];
  });
  // `fromEntries` makes an own property even of `__proto__`.
  return Object.fromEntries(entries);
}

/** A name, a group, or an attribute's key. */
export function readName(reader: PostcardReader, field: string): string {
  const start = reader.offset;
  const name = reader.str(field, MAX_NAME_BYTES);
  if (Buffer.byteLength(name) < MIN_NAME_BYTES) {
    reader.fail(field, `shorter than ${MIN_NAME_BYTES} bytes`, start);
  }
  return name;
}

function valueFault(value: string): string | null {
  if (LONE_SURROGATE.test(value)) return 'holds half a surrogate pair';
  const size = Buffer.byteLength(value);
  return size > MAX_ATTRIBUTE_VALUE_BYTES
    ? `is too long (${size} bytes of UTF-8 where ${MAX_ATTRIBUTE_VALUE_BYTES} are the most)`
    : null;
}
